"""Turns a message of ours into arguments of discord.py's send and edit methods."""

import io
from typing import Any, Final

import discord

from bot.messages.message import File, Message, Style

STYLES: Final = {
    Style.PLAIN: discord.ButtonStyle.secondary,
    Style.CALL: discord.ButtonStyle.primary,
    Style.DANGER: discord.ButtonStyle.danger,
}


def render(message: Message, *, editing: bool = False) -> dict[str, Any]:
    """Return the message as keyword arguments of discord.py's send and edit methods.

    The view is stopped at once: presses are matched by their `custom_id`, so discord.py has nothing
    to remember. Must be called inside a running event loop.
    """
    kwargs: dict[str, Any] = {"allowed_mentions": _mentions(message)}
    if message.content or editing:
        kwargs["content"] = message.content or None
    if message.body or message.title:
        embed = discord.Embed(
            title=message.title, description=message.body, colour=int(message.colour)
        )
        embed.set_footer(text=message.footer or None)
        kwargs["embed"] = embed
    elif editing:
        kwargs["embed"] = None
    if message.buttons or message.select:
        kwargs["view"] = _view(message)
    elif editing:
        kwargs["view"] = None
    files = [_file(file) for file in message.files]
    if editing:
        kwargs["attachments"] = files
    elif files:
        kwargs["files"] = files
    return kwargs


def _mentions(message: Message) -> discord.AllowedMentions:
    users = [discord.Object(message.mention)] if message.mention is not None else False
    return discord.AllowedMentions(everyone=False, users=users, roles=False, replied_user=False)


def _view(message: Message) -> discord.ui.View:
    view = discord.ui.View(timeout=None)
    if message.select:
        options = [
            discord.SelectOption(value=o.value, label=o.label, description=o.description or None)
            for o in message.select.options
        ]
        view.add_item(
            discord.ui.Select(
                custom_id=message.select.custom_id,
                placeholder=message.select.placeholder,
                options=options,
            )
        )
    for button in message.buttons:
        view.add_item(
            discord.ui.Button(
                custom_id=button.custom_id, label=button.label, style=STYLES[button.style]
            )
        )
    view.stop()
    return view


def _file(file: File) -> discord.File:
    source = file.path if file.path is not None else io.BytesIO(file.data or b"")
    return discord.File(source, filename=file.filename, description=file.alt or None)
