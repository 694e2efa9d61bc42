#!/usr/bin/env bash
# discord.py's `max_ratelimit_timeout` does not hold for answers to interactions.
#
# Guess: a client opened with `max_ratelimit_timeout=30` never sleeps longer than 30 s for a rate
# limit: every call that would have to raises `discord.RateLimited`, as the documentation of the
# client's option says.
#
# Seen (discord.py 2.7.1): that is so for calls with the bot's token. Webhooks have an adapter of their
# own that doesn't know the option, and edits of an interaction's answer, follow-ups and
# `Interaction.edit_original_response` are webhook calls: told to come again in 45 s, the edit sleeps
# 45 s, while the message with the bot's token is refused at once.
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

WAIT_S = 45.0
PATIENCE_S = 5.0  # far less than the wait, far more than a request on loopback


async def limited(_request):
    body = {"message": "You are being rate limited.", "retry_after": WAIT_S, "global": False}
    # Without a charset: discord.py reads JSON only where the type is `application/json` and no more.
    return web.Response(
        body=json.dumps(body).encode(),
        status=429,
        content_type="application/json",
        headers={"Via": "1.1 here"},
    )


async def outcome(call):
    try:
        await asyncio.wait_for(call, PATIENCE_S)
    except asyncio.TimeoutError:
        return "sleeps"
    except discord.RateLimited as refused:
        return f"RateLimited({refused.retry_after:.0f})"
    return "returned"


async def main():
    app = web.Application()
    app.router.add_route("*", "/{rest:.*}", limited)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    Route.BASE = f"http://127.0.0.1:{runner.addresses[0][1]}"
    async with discord.Client(
        intents=discord.Intents.none(), max_ratelimit_timeout=30.0
    ) as client:
        client.http.token = "token"
        client.http._HTTPClient__session = aiohttp.ClientSession()  # what logging in would open
        client.http._global_over = asyncio.Event()
        client.http._global_over.set()
        channel = client.get_partial_messageable(1)
        webhook = discord.Webhook.partial(1, "token", client=client)
        found = {
            "message by the bot's token": await outcome(channel.send("a")),
            "edit of an interaction's answer": await outcome(webhook.edit_message(1, content="a")),
        }
    await runner.cleanup()
    return found


found = asyncio.run(main())
print("discord.py", discord.__version__, "max_ratelimit_timeout=30, told to wait", WAIT_S, "s")
for call, what in found.items():
    print(f"{call}: {what}")
sys.exit(0 if list(found.values()) == ["RateLimited(45)", "sleeps"] else "this has changed")
PY
venv/bin/python ask.py
