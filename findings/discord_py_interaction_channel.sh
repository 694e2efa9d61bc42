#!/usr/bin/env bash
# discord.py's `Interaction.channel_id` is not the interaction's `channel_id`.
#
# Guess: the payload of an interaction has `channel_id`, an id of its own beside the `channel` object,
# and `Interaction.channel_id` is that number, whatever the library makes of the object.
#
# Seen (discord.py 2.7.1): `channel_id` of the payload is never read. The property is the id of
# `Interaction.channel`, and that is made of the object alone: without the object, which Discord's
# documentation calls optional, or with a kind of channel that came after the library, both are None for
# an interaction that says twice where it comes from. The line in the log for an unknown kind goes to the
# root logger instead of discord's.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check discord.py==2.7.1 aiohttp==3.14.5
cd "$folder"

cat > ask.py <<'PY'
import asyncio
import logging
import sys
import warnings

warnings.simplefilter("ignore")  # voice needs audioop, which newer versions of Python lack

import discord

CHANNEL_ID = 40
NEW_KIND = 99
CHANNELS = {
    "text channel": {"id": str(CHANNEL_ID), "type": 0, "name": "general", "position": 0},
    "without the object": None,
    "kind that is not known": {"id": str(CHANNEL_ID), "type": NEW_KIND, "name": "new"},
}
EXPECTED = {
    "text channel": CHANNEL_ID,
    "without the object": None,
    "kind that is not known": None,
}


def payload(channel):
    user = {"id": "2", "username": "mia", "discriminator": "0", "avatar": None}
    member = {"user": user, "roles": [], "joined_at": None, "deaf": False, "mute": False, "flags": 0}
    data = {
        "id": "1", "application_id": "3", "type": 2, "token": "t", "version": 1,
        "guild_id": "10", "channel_id": str(CHANNEL_ID), "app_permissions": "0",
        "attachment_size_limit": 0, "entitlements": [], "authorizing_integration_owners": {},
        "data": {"id": "5", "name": "ping", "type": 1}, "member": member,
    }
    return data if channel is None else data | {"channel": channel}


async def main():
    found = {}
    async with discord.Client(intents=discord.Intents.none()) as client:
        me = {"id": "3", "username": "bot", "discriminator": "0", "avatar": None}
        client._connection.user = discord.ClientUser(state=client._connection, data=me)  # as by login
        for name, channel in CHANNELS.items():
            interaction = discord.Interaction(data=payload(channel), state=client._connection)
            found[name] = interaction.channel_id
    return found


logged = []
handler = logging.Handler(logging.INFO)
handler.emit = lambda record: logged.append(record.name)
logging.getLogger().addHandler(handler)
logging.getLogger().setLevel(logging.INFO)
found = asyncio.run(main())
print("discord.py", discord.__version__, "for interactions with channel_id", CHANNEL_ID)
for name, channel_id in found.items():
    print(f"{name}: Interaction.channel_id is {channel_id}")
print("loggers:", sorted(set(logged)))
sys.exit(0 if found == EXPECTED and "root" in logged else "this has changed")
PY
venv/bin/python ask.py
