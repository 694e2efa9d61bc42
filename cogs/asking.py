"""Submits a command that makes something."""

import discord

from bot.domain.requests import Offered, Request
from bot.domain.rules.defaults import with_defaults
from bot.jobs.checks import Asked
from cogs.entrance import rules_of
from cogs.interactions import InteractionAnswer, origin_of, services_of


async def ask(
    interaction: discord.Interaction, request: Request, offered: dict[str, Offered]
) -> None:
    """Submit a command and answer it; what was left out is filled in as it was set here."""
    services, rules = services_of(interaction), rules_of(interaction)
    request = with_defaults(
        services.catalogue, request, offered, lambda name: rules.value(name).value
    )
    asked = Asked(request, offered, origin_of(interaction), interaction.token, rules=rules)
    await services.orders.order(asked, InteractionAnswer(interaction))


def default_model(interaction: discord.Interaction, name: str, otherwise: str) -> str:
    """Return the model that is sent if the member chooses none: as it was set here, or ours."""
    return rules_of(interaction).value(name).value or otherwise
