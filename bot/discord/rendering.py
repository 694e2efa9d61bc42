"""Turns a message of ours into arguments of discord.py's send and edit methods."""

import asyncio
import contextlib
import io
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import discord

from bot.messages.form import Field, Form
from bot.messages.message import File, Message, Option, Select, Style

STYLES: Final = {
    Style.PLAIN: discord.ButtonStyle.secondary,
    Style.CALL: discord.ButtonStyle.primary,
    Style.DANGER: discord.ButtonStyle.danger,
}

NOTHING_OPENED: Final[Mapping[Path, io.BufferedReader]] = MappingProxyType({})
Opened = Mapping[Path, io.BufferedReader]


@contextlib.asynccontextmanager
async def rendered(message: Message, *, editing: bool = False) -> AsyncIterator[dict[str, Any]]:
    """Yield what `render` returns for a message whose files may lie on the disk.

    They are opened outside the event loop, and closed after the block.
    """
    paths = [file.path for file in message.files if file.path is not None]
    with contextlib.ExitStack() as stack:
        opened = await asyncio.to_thread(_open, paths)
        for stream in opened.values():
            stack.enter_context(stream)
        yield render(message, editing=editing, opened=opened)


def _open(paths: Sequence[Path]) -> dict[Path, io.BufferedReader]:
    opened: dict[Path, io.BufferedReader] = {}
    try:
        for path in paths:
            opened[path] = path.open("rb")
    except OSError:
        for stream in opened.values():
            stream.close()
        raise
    return opened


def render(
    message: Message, *, editing: bool = False, opened: Opened = NOTHING_OPENED
) -> dict[str, Any]:
    """Return the message as keyword arguments of discord.py's send and edit methods.

    The view is stopped at once: presses are matched by their `custom_id`, so discord.py has nothing
    to remember. Must be called inside a running event loop. Files with a path are in `opened`.
    """
    kwargs: dict[str, Any] = {"allowed_mentions": _mentions(message)}
    if message.content or editing:
        kwargs["content"] = message.content or None
    if message.body or message.title:
        embed = discord.Embed(
            title=message.title, description=message.body, colour=int(message.colour)
        )
        if message.footer:  # without one discord.py sends `{}`, which not every server takes
            embed.set_footer(text=message.footer)
        kwargs["embed"] = embed
    elif editing:
        kwargs["embed"] = None
    if message.buttons or message.select:
        kwargs["view"] = _view(message)
    elif editing:
        kwargs["view"] = None
    files = [_file(file, opened) for file in message.files]
    if editing:
        kwargs["attachments"] = files
    elif files:
        kwargs["files"] = files
    return kwargs


def _mentions(message: Message) -> discord.AllowedMentions:
    mentioned = [message.mention] if message.mention is not None else []
    users = [discord.Object(member) for member in (*mentioned, *message.also)]
    return discord.AllowedMentions(
        everyone=False, users=users or False, roles=False, replied_user=False
    )


def _view(message: Message) -> discord.ui.View:
    view = discord.ui.View(timeout=None)
    buttons = [
        discord.ui.Button[discord.ui.View](
            custom_id=button.custom_id, label=button.label, style=STYLES[button.style]
        )
        for button in message.buttons
    ]
    menu = [_menu(message.select)] if message.select else []
    below = message.select is not None and message.select.below
    for item in (*buttons, *menu) if below else (*menu, *buttons):
        view.add_item(item)
    view.stop()
    return view


def _menu(select: Select) -> discord.ui.Select[discord.ui.View]:
    return discord.ui.Select(
        custom_id=select.custom_id,
        placeholder=select.placeholder,
        options=[_option(option) for option in select.options],
    )


def render_form(form: Form) -> discord.ui.Modal:
    """Return the form as discord.py's modal. Must be called inside a running event loop.

    It is stopped at once, as the views are: what is filled in is matched by its `custom_id`.
    """
    modal = discord.ui.Modal(title=form.title, custom_id=form.custom_id, timeout=None)
    for field in form.fields:
        modal.add_item(discord.ui.Label(text=field.label, component=_field(field)))
    modal.stop()
    return modal


def _field(field: Field) -> discord.ui.Item[Any]:
    if field.is_file:
        least = 1 if field.required else 0
        return discord.ui.FileUpload(
            custom_id=field.name, required=field.required, min_values=least, max_values=1
        )
    if field.options and field.radio:
        return discord.ui.RadioGroup(
            custom_id=field.name,
            required=field.required,
            options=[
                discord.RadioGroupOption(
                    label=one.label, value=one.value, default=one.value == field.value
                )
                for one in field.options
            ],
        )
    if field.options:
        return discord.ui.Select(
            custom_id=field.name,
            required=field.required,
            options=[_option(one, default=one.value == field.value) for one in field.options],
        )
    style = discord.TextStyle.paragraph if field.paragraph else discord.TextStyle.short
    return discord.ui.TextInput(
        custom_id=field.name,
        style=style,
        default=field.value or None,
        required=field.required,
        max_length=field.characters_max,
    )


def _option(option: Option, *, default: bool = False) -> discord.SelectOption:
    return discord.SelectOption(
        value=option.value,
        label=option.label,
        description=option.description or None,
        default=default,
    )


def _file(file: File, opened: Opened) -> discord.File:
    source = opened[file.path] if file.path is not None else io.BytesIO(file.data or b"")
    return discord.File(source, filename=file.filename, description=file.alt or None)
