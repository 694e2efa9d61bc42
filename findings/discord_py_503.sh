#!/usr/bin/env bash
# discord.py repeats a request after 500, 502, 504 and 524, and not after 503; its webhooks repeat all.
#
# Guess: 503, by which a server says that it is unavailable for a moment, is the first status that a
# client with built-in retries repeats, and an edit of a message is repeated after the same statuses
# whether it goes by the bot's token or by an interaction's.
#
# Seen (discord.py 2.7.1): with the bot's token 500, 502, 504 and 524 are repeated, 503, 520 and 522 are
# raised at once. The adapter of webhooks, which answers to interactions use, repeats every status from
# 500. So the same outage loses messages of one kind and not of the other, and code that is to survive
# it has to repeat 503 itself for one half of the library only.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check discord.py==2.7.1 aiohttp==3.14.5
cd "$folder"

cat > ask.py <<'PY'
import asyncio
import json
import sys
import warnings

warnings.simplefilter("ignore")  # voice needs audioop, which newer versions of Python lack

import aiohttp
import discord
from aiohttp import web
from discord.http import Route

STATUSES = (500, 502, 503, 504, 520, 522, 524)
REPEATED = {
    "bot's token": {500, 502, 504, 524},
    "interaction's token": set(STATUSES),
}
MESSAGE = {
    "id": "1", "channel_id": "1", "type": 0, "content": "", "author": {
        "id": "2", "username": "bot", "discriminator": "0", "avatar": None,
    },
    "timestamp": "2026-01-01T00:00:00+00:00", "edited_timestamp": None, "tts": False,
    "mention_everyone": False, "mentions": [], "mention_roles": [], "attachments": [],
    "embeds": [], "pinned": False, "components": [],
}


async def main():
    asked = []

    async def once_ill(request):
        asked.append(request.path)
        status = next(each for each in STATUSES if f"/{each}" in request.path)
        ill = asked.count(request.path) == 1
        return web.Response(
            body=json.dumps({"message": "ill", "code": 0} if ill else MESSAGE).encode(),
            status=status if ill else 200,
            content_type="application/json",
            headers={"Via": "1.1 here"},
        )

    app = web.Application()
    app.router.add_route("*", "/{rest:.*}", once_ill)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    Route.BASE = f"http://127.0.0.1:{runner.addresses[0][1]}"
    found = {way: set() for way in REPEATED}
    async with discord.Client(intents=discord.Intents.none()) as client:
        client.http.token = "token"
        client.http._HTTPClient__session = aiohttp.ClientSession()  # what logging in would open
        client.http._global_over = asyncio.Event()
        client.http._global_over.set()
        webhook = discord.Webhook.partial(1, "token", client=client)

        async def tries(way, status, call):
            try:
                await call
            except discord.DiscordServerError as error:
                assert error.status == status
            else:
                found[way].add(status)

        await asyncio.gather(
            *(
                tries("bot's token", each, client.http.edit_message(1, each, params=EMPTY))
                for each in STATUSES
            ),
            *(
                tries("interaction's token", each, webhook.edit_message(each, content="a"))
                for each in STATUSES
            ),
        )
    await runner.cleanup()
    return found


EMPTY = discord.http.MultipartParameters(payload={"content": "a"}, multipart=None, files=None)
found = asyncio.run(main())
print("discord.py", discord.__version__)
for way, statuses in found.items():
    once = sorted(set(STATUSES) - statuses)
    print(f"edit by the {way}: repeated after {sorted(statuses)}, raised at once after {once}")
sys.exit(0 if found == REPEATED else "this has changed")
PY
venv/bin/python ask.py
