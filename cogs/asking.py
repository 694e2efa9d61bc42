"""Submits a command that makes something."""

from collections.abc import Callable

import discord

from bot.domain.requests import Offered, Request
from bot.domain.rules import check
from bot.domain.rules.defaults import with_defaults
from bot.jobs.checks import Asked
from cogs.entrance import rules_of
from cogs.interactions import InteractionAnswer, origin_of, services_of


async def ask(
    interaction: discord.Interaction,
    request: Request,
    offered: dict[str, Offered],
    *,
    model_by: str = "",
) -> None:
    """Submit a command and answer it; what was left out is filled in as it was set here.

    `model_by` is the setting from which the model may be, if the member did not choose one.
    """
    services, rules = services_of(interaction), rules_of(interaction)
    request, used = with_defaults(services.catalogue, request, offered, rules.value)
    model = rules.value(model_by) if model_by else None
    if model is not None and model.source is not None and model.value == request.model:
        used = {"model": model.source.value, **used}
    asked = Asked(
        request, offered, origin_of(interaction), interaction.token, rules=rules, defaulted=used
    )
    await services.orders.order(asked, InteractionAnswer(interaction))


def with_default_model(
    interaction: discord.Interaction,
    name: str,
    ours: str,
    offered: dict[str, Offered],
    make: Callable[[str], Request],
) -> Request:
    """Return the request that `make` makes of a model that the member did not choose.

    That is the model that was set here, unless ours can do what was asked for and it can't.
    """
    plain, value = make(ours), rules_of(interaction).value(name).value
    if not value:
        return plain
    catalogue, as_set = services_of(interaction).catalogue, make(value)
    fits = len(check(catalogue, as_set, offered)) <= len(check(catalogue, plain, offered))
    return as_set if fits else plain
