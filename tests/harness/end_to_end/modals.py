"""Forms as a member's client shows and sends them."""

from typing import Any

from sandbox.discord import Interaction, User
from sandbox.discord.components import INPUTS, STRING_SELECT, walk
from tests.harness.town import Town


def prefilled(opened: Interaction) -> dict[str, Any]:
    """Return what the form shows in each field before anything is typed, by field."""
    assert opened.modal is not None
    found: dict[str, Any] = {}
    for _, part in walk(opened.modal["components"]):
        if part["type"] == STRING_SELECT:
            found[part["custom_id"]] = [o["value"] for o in part["options"] if o.get("default")]
        elif part["type"] in INPUTS:
            found[part["custom_id"]] = part.get("value") or ""
    return found


def filled(opened: Interaction, **typed: str) -> dict[str, Any]:
    """Return what a client sends: the fields as they are shown, but for those that were typed."""
    fields = prefilled(opened)
    for name, value in typed.items():
        is_menu = isinstance(fields[name], list)
        fields[name] = ([value] if value else []) if is_menu else value
    return fields


async def send_form(
    town: Town, opened: Interaction, by: User | None = None, **typed: str
) -> Interaction:
    """Send the form with these fields changed, and return the interaction once it is recorded."""
    opened.user = by or opened.user
    sent = await town.discord.submit_modal(opened, filled(opened, **typed))
    return await town.recorded(await sent.answered())
