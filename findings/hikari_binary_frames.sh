#!/usr/bin/env bash
# hikari sends its JSON to Discord's gateway in binary websocket frames.
#
# Guess: JSON goes to the gateway in text frames, which is what RFC 6455 has them for and what Discord's
# documentation shows; binary frames carry what is compressed or ETF.
#
# Seen (hikari 2.7.0): every payload, IDENTIFY first, is UTF-8 JSON, uncompressed, in a *binary* frame, and
# it takes no text frame in return once it has asked for zlib-stream. discord.py 2.7.1 sends text frames.
# Discord takes both; a gateway that was written by watching one library, and looks at text frames only,
# never answers the other: no error, just a HELLO and then silence on both sides.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check discord.py==2.7.1 hikari==2.7.0 aiohttp==3.14.5
cd "$folder"

cat > serve.py <<'PY'
"""As much of Discord as both libraries need to identify and send one message."""
import asyncio
import json
import os
import subprocess
import sys
import zlib

from aiohttp import WSMsgType, web

TOKEN = "MQ.local.token"  # of the user with the id 1
EXPECTED = {
    "hikari": ["BINARY"],
    "discord_py": ["TEXT"],
}
ME = {
    "id": "1", "username": "bot", "discriminator": "0", "global_name": None, "avatar": None,
    "bot": True, "flags": 0, "public_flags": 0, "mfa_enabled": False, "locale": "en-US",
    "verified": True, "email": None, "premium_type": 0,
}


def reply(body):
    return web.Response(body=json.dumps(body).encode(), content_type="application/json")


async def seen_from(library):
    frames = []

    async def gateway(request):
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        zipped = zlib.compressobj() if request.query.get("compress") == "zlib-stream" else None

        async def send(op, data, **more):
            text = json.dumps({"op": op, "d": data, "s": None, "t": None} | more)
            if zipped is None:
                await socket.send_str(text)
            else:
                await socket.send_bytes(zipped.compress(text.encode()) + zipped.flush(zlib.Z_SYNC_FLUSH))

        await send(10, {"heartbeat_interval": 40_000})
        async for frame in socket:
            if json.loads(frame.data)["op"] == 2:
                frames.append(WSMsgType(frame.type).name)
                session = {"session_id": "s", "resume_gateway_url": url.replace("http", "ws")}
                ready = {"v": 10, "user": ME, "guilds": [], "shard": [0, 1]} | session
                ready["application"] = {"id": "1", "flags": 0}
                await send(0, ready, t="READY", s=1)
        return socket

    async def message(request):
        await request.read()
        return reply({
            "id": "2", "channel_id": "3", "type": 0, "content": "hello", "author": ME, "flags": 0,
            "timestamp": "2026-01-01T00:00:00+00:00", "edited_timestamp": None, "tts": False,
            "mention_everyone": False, "mentions": [], "mention_roles": [], "attachments": [],
            "embeds": [], "pinned": False, "components": [],
        })

    limits = {"total": 1000, "remaining": 1000, "reset_after": 1, "max_concurrency": 1}

    async def me(_request):
        return reply(ME)

    async def bot(_request):
        where = url.replace("http", "ws") + "/gateway"
        return reply({"url": where, "shards": 1, "session_start_limit": limits})

    async def application(_request):
        about = {"name": "bot", "icon": None, "description": "", "summary": "", "flags": 0}
        about |= {"bot_public": True, "bot_require_code_grant": False, "verify_key": "0" * 64}
        return reply(about | {"id": "1", "owner": ME, "team": None})

    app = web.Application()
    app.router.add_get("/gateway", gateway)
    app.router.add_get("/gateway/bot", bot)
    app.router.add_get("/users/@me", me)
    app.router.add_get("/oauth2/applications/@me", application)
    app.router.add_post("/channels/3/messages", message)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    client = await asyncio.create_subprocess_exec(
        sys.executable, f"{library}_bot.py", env=os.environ | {"URL": url, "TOKEN": TOKEN},
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )
    try:
        await asyncio.wait_for(client.wait(), 30)
    finally:
        if client.returncode is None:
            client.kill()
    await runner.cleanup()
    return frames


async def main():
    return {library: await seen_from(library) for library in EXPECTED}


found = asyncio.run(main())
for library, frames in found.items():
    print(f"{library}: IDENTIFY as JSON in frames of the kind {frames}")
sys.exit(0 if found == EXPECTED else "this has changed")
PY
cat > hikari_bot.py <<'PY'
import os

import hikari

bot = hikari.GatewayBot(
    os.environ["TOKEN"], rest_url=os.environ["URL"], banner=None, intents=hikari.Intents.NONE
)


@bot.listen()
async def started(_: hikari.ShardReadyEvent) -> None:
    await bot.rest.create_message(3, "hello")
    await bot.close()


bot.run(check_for_updates=False)
PY
cat > discord_py_bot.py <<'PY'
import os
import warnings

warnings.simplefilter("ignore")  # voice needs audioop, which newer versions of Python lack

import discord
import yarl

discord.http.Route.BASE = os.environ["URL"]
where = os.environ["URL"].replace("http", "ws") + "/gateway"
discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(where)


class Bot(discord.Client):
    async def on_ready(self) -> None:
        await self.get_partial_messageable(3).send("hello")
        await self.close()


Bot(intents=discord.Intents.none()).run(os.environ["TOKEN"], log_handler=None)
PY
venv/bin/pip list 2>/dev/null | grep -E "^(hikari|discord.py|aiohttp) "
venv/bin/python serve.py
