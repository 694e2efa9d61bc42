"""Marks the files of a message as spoilers, by the field that discord.py does not know.

Discord accepts `is_spoiler` for the files that a message keeps (API change log, 2026-06-24).
"""

import contextlib

import discord
from discord.http import MultipartParameters


async def hide_files(client: discord.Client, channel_id: int, message_id: int) -> None:
    """Have all files of a message of ours behind spoilers; one that is gone has none.

    Raises what discord.py raises.
    """
    channel = client.get_partial_messageable(channel_id)
    with contextlib.suppress(discord.NotFound):
        message = await channel.fetch_message(message_id)
        if all(file.is_spoiler() for file in message.attachments):
            return
        kept = [
            {"id": str(file.id), "description": file.description, "is_spoiler": True}
            for file in message.attachments
        ]
        body = MultipartParameters(payload={"attachments": kept}, multipart=None, files=None)
        await client.http.edit_message(channel_id, message_id, params=body)
