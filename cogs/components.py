"""Presses, choices and sent forms: read here, handled by `bot.controls`."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import discord
import structlog
from discord.ext import commands

from bot.client import KlingBot
from bot.controls.control import Press
from bot.errors import PostError
from bot.jobs.actions import Told
from bot.messages.message import CUSTOM_ID
from cogs.entrance import read_rules
from cogs.interactions import (
    InteractionAnswer,
    managed_server,
    origin_of,
    services_of,
    whisper,
)

HANDLED: Final = (discord.InteractionType.component, discord.InteractionType.modal_submit)
DEPTH_MAX: Final = 4
"""A field of a form is in a label or in a row; Discord nests nothing deeper."""

log = structlog.get_logger(__name__)


class Components(commands.Cog):
    """Buttons, menus and forms under any message of ours, however old."""

    @commands.Cog.listener()
    async def on_interaction(self, interaction: discord.Interaction) -> None:
        """Hand on what was pressed; an unknown or foreign id gets "not found"."""
        if interaction.type not in HANDLED:
            return
        services = services_of(interaction)
        data: Mapping[str, Any] = interaction.data or {}
        match = CUSTOM_ID.fullmatch(str(data.get("custom_id", "")))
        if match is None:
            await whisper(interaction, services.words.say(Told.NOT_FOUND, interaction.locale.value))
            return
        try:
            await services.presses.take(
                Press(
                    action=match["action"],
                    about=match["job_id"],
                    tag=match["tag"] or "",
                    origin=origin_of(interaction),
                    token=interaction.token,
                    answer=InteractionAnswer(interaction),
                    rules=await read_rules(interaction),
                    manages=managed_server(interaction),
                    chosen=_first(data.get("values")),
                    fields=_fields(interaction.type, data),
                )
            )
        except PostError as failure:
            log.info("press.not_answered", reason=str(failure))
        except Exception:
            log.exception("press.failed")
            await whisper(
                interaction, services.words.say("internal_error", interaction.locale.value)
            )


def _first(values: Any) -> str:
    return str(values[0]) if isinstance(values, list) and values else ""


def _fields(kind: discord.InteractionType, data: Mapping[str, Any]) -> dict[str, str] | None:
    """Return what was filled in, by field; None if no form was sent."""
    if kind is not discord.InteractionType.modal_submit:
        return None
    return dict(_filled_in(data.get("components"), DEPTH_MAX))


def _filled_in(parts: Any, depth: int) -> Iterator[tuple[str, str]]:
    for part in parts if isinstance(parts, list) and depth else ():
        if not isinstance(part, dict):
            continue
        if "custom_id" in part:
            value = part.get("value")
            given = _first(part.get("values")) if value is None else str(value)
            yield str(part["custom_id"]), given
        yield from _filled_in(part.get("components"), depth - 1)
        yield from _filled_in([part.get("component")], depth - 1)


async def setup(bot: KlingBot) -> None:
    """Add the listener."""
    await bot.add_cog(Components())
