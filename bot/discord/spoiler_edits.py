"""Hides what a message shows: its files, by a field that discord.py does not know, and previews.

Discord accepts `is_spoiler` for the files that a message keeps (API change log, 2026-06-24). Of a
bare link it shows what it leads to, unless the message has the flag SUPPRESS_EMBEDS. An edit sets
all flags, so those that are there go along (API documentation, Edit Message).
"""

import contextlib
from typing import Any

import discord
from discord.http import MultipartParameters


async def hide_files(client: discord.Client, channel_id: int, message_id: int) -> None:
    """Have all files of a message of ours behind spoilers, and no link of it previewed.

    One that is gone shows nothing. Raises what discord.py raises.
    """
    channel = client.get_partial_messageable(channel_id)
    with contextlib.suppress(discord.NotFound):
        message = await channel.fetch_message(message_id)
        covered = all(file.is_spoiler() for file in message.attachments)
        if covered and message.flags.suppress_embeds:
            return
        flags = discord.MessageFlags(suppress_embeds=True).value
        changes: dict[str, Any] = {"flags": message.flags.value | flags}
        if not covered:
            changes["attachments"] = [
                {"id": str(file.id), "description": file.description, "is_spoiler": True}
                for file in message.attachments
            ]
        body = MultipartParameters(payload=changes, multipart=None, files=None)
        await client.http.edit_message(channel_id, message_id, params=body)
