#!/usr/bin/env bash
# discord.py reads a response as JSON only if its type is `application/json` and not a letter more.
#
# Guess: `application/json; charset=utf-8`, which is what aiohttp's own `web.json_response` sends and
# what many proxies make of it, is JSON to every client; the parameter only repeats what JSON is anyway.
#
# Seen (discord.py 2.7.1): the header is compared as a whole with ==. With the parameter the body comes
# back as text, and what needs it ends in a TypeError far from the cause: at login "string indices must
# be integers". The same library sends `application/json` itself, uses aiohttp, whose
# `response.content_type` leaves parameters out, and never compares it. hikari 2.7.0 takes all three.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check discord.py==2.7.1 hikari==2.7.0 aiohttp==3.14.5
cd "$folder"

cat > ask.py <<'PY'
import asyncio
import json
import sys
import warnings

warnings.simplefilter("ignore")  # voice needs audioop, which newer versions of Python lack

import aiohttp
import discord
import hikari
from aiohttp import web
from discord.http import Route

TYPES = ("application/json", "application/json; charset=utf-8", "application/json;charset=UTF-8")
ME = {
    "id": "1", "username": "bot", "discriminator": "0", "global_name": None, "avatar": None,
    "bot": True, "flags": 0, "public_flags": 0, "mfa_enabled": False, "locale": "en-US",
    "verified": True, "email": None, "premium_type": 0,
}
EXPECTED = {
    ("discord.py", TYPES[0]): "bot",
    ("discord.py", TYPES[1]): "TypeError",
    ("discord.py", TYPES[2]): "TypeError",
    **{("hikari", kind): "bot" for kind in TYPES},
}


async def name_in_discord_py(url):
    Route.BASE = url
    async with discord.Client(intents=discord.Intents.none()) as client:
        data = await client.http.static_login("token")
        return data["username"]


async def name_in_hikari(url):
    app = hikari.RESTApp(url=url)
    await app.start()
    try:
        async with app.acquire("token", hikari.TokenType.BOT) as client:
            return (await client.fetch_my_user()).username
    finally:
        await app.close()


async def main():
    kind = TYPES[0]

    async def me(_request):
        return web.Response(
            body=json.dumps(ME).encode(), headers={"Content-Type": kind, "Via": "1.1 here"}
        )

    app = web.Application()
    app.router.add_get("/users/@me", me)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    found = {}
    for kind in TYPES:
        for library, ask in (("discord.py", name_in_discord_py), ("hikari", name_in_hikari)):
            try:
                found[library, kind] = await ask(url)
            except TypeError as error:
                found[library, kind] = type(error).__name__
    await runner.cleanup()
    return found


found = asyncio.run(main())
print("discord.py", discord.__version__, "hikari", hikari.__version__, "aiohttp", aiohttp.__version__)
for (library, kind), outcome in found.items():
    print(f"{library}, {kind}: {outcome}")
sys.exit(0 if found == EXPECTED else "this has changed")
PY
venv/bin/python ask.py
