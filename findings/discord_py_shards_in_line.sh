#!/usr/bin/env bash
# discord.py's `AutoShardedClient` reconnects its shards one after the other, and remembers servers that were left.
#
# Guess: each shard is a connection with a task of its own. If shard 1 is cut and its new connection
# hangs in the handshake, shard 2, cut a moment later, is back at once. And if the bot is removed from a
# server while a shard's session is lost, the server is gone from `client.guilds` after the next READY, as it
# is with `discord.Client`.
#
# Seen (discord.py 2.7.1): reconnecting is done by one loop for all shards. Until the handshake of shard 1
# has hung for 60 s, and it has waited for its next try, shard 2 is not connected, although its server answers
# at once. `AutoShardedClient.guilds` still has the server that the READY of the new session does not name;
# with `discord.Client` it is gone.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check discord.py==2.7.1 aiohttp==3.14.5
cd "$folder"

cat > shards.py <<'PY'
import asyncio
import sys
import warnings

warnings.simplefilter("ignore")  # voice needs audioop, which newer versions of Python lack

import discord
import yarl
from aiohttp import web

HANGS_S = 60  # how long discord.py waits for a handshake
USER = {"id": "3", "username": "bot", "discriminator": "0", "avatar": None, "bot": True}


class Gateway:
    """Answers IDENTIFY and RESUME; a connection that is opened while `hangs` gets no HELLO."""

    def __init__(self):
        self.hangs = False
        self.servers = [1 << 22, 2 << 22, 3 << 22, 4 << 22]  # two of each of two shards
        self.sockets = {}
        self.heard = asyncio.Queue()
        self.url = ""

    async def serve(self, request):
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        if self.hangs:
            await self.heard.put("hangs")
            await asyncio.sleep(3 * HANGS_S)
        await socket.send_json({"op": 10, "d": {"heartbeat_interval": 40_000}})
        async for frame in socket:
            said = frame.json()
            if said["op"] == 2:
                shard, count = said["d"].get("shard", (0, 1))
                self.sockets[shard] = socket
                here = [one for one in self.servers if (one >> 22) % count == shard]
                guilds = [{"id": str(one), "unavailable": True} for one in here]
                ready = {
                    "v": 10, "user": USER, "guilds": guilds, "session_id": f"s{shard}", "shard": [shard, count],
                    "resume_gateway_url": self.url, "application": {"id": "3", "flags": 0},
                }
                await socket.send_json({"op": 0, "t": "READY", "s": 1, "d": ready})
                await self.heard.put(("IDENTIFY", shard))
            elif said["op"] == 6:
                shard = int(said["d"]["session_id"][1:])
                self.sockets[shard] = socket
                await socket.send_json({"op": 0, "t": "RESUMED", "s": 2, "d": {}})
                await self.heard.put(("RESUME", shard))
        return socket


async def no_wait(*_, **__):
    """In place of five seconds before each IDENTIFY."""


async def run(gateway, client, shards, play):
    client.before_identify_hook = no_wait
    async with client:
        client._connection.user = discord.ClientUser(state=client._connection, data=USER)  # as by login
        client.http.token = "token"
        session = client.http._HTTPClient__session = __import__("aiohttp").ClientSession(
            ws_response_class=discord.http.DiscordClientWebSocketResponse
        )
        connecting = asyncio.create_task(client.connect())
        for _ in range(shards):
            await gateway.heard.get()
        try:
            return await play(gateway, client)
        finally:
            connecting.cancel()
            await session.close()


async def hang(gateway, client):
    await asyncio.sleep(1)
    gateway.hangs = True
    await gateway.sockets[0].send_json({"op": 7, "d": None})
    assert await gateway.heard.get() == "hangs"
    gateway.hangs = False
    began = asyncio.get_running_loop().time()
    await gateway.sockets[1].send_json({"op": 7, "d": None})
    while await gateway.heard.get() != ("RESUME", 1):
        pass
    return asyncio.get_running_loop().time() - began


async def leave(gateway, client):
    gone = gateway.servers.pop()
    await gateway.sockets[0].send_json({"op": 9, "d": False})
    assert await gateway.heard.get() == ("IDENTIFY", 0)
    await asyncio.sleep(1)
    return client.get_guild(gone) is not None


async def main():
    intents = discord.Intents(guilds=True)
    app, gateway = web.Application(), Gateway()
    app.router.add_get("/gateway", gateway.serve)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    gateway.url = f"ws://127.0.0.1:{runner.addresses[0][1]}/gateway"
    discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(gateway.url)
    sharded = discord.AutoShardedClient(intents=intents, shard_count=2)
    waited_s = await run(gateway, sharded, 2, hang)
    kept = {}
    for client, shards in (
        (discord.Client(intents=intents), 1),
        (discord.AutoShardedClient(intents=intents, shard_count=2), 2),
    ):
        gateway.servers = [1 << 22, 2 << 22, 3 << 22, 4 << 22]
        kept[type(client).__name__] = await run(gateway, client, shards, leave)
    return waited_s, kept


waited_s, kept = asyncio.run(main())
print("discord.py", discord.__version__)
print(f"the second shard was connected again after {waited_s:.0f} s, because the first one hung")
for name, still in kept.items():
    print(f"{name}: a server that the new READY does not name is {'still there' if still else 'gone'}")
expected = waited_s > HANGS_S - 5 and kept == {"Client": False, "AutoShardedClient": True}
sys.exit(0 if expected else "this has changed")
PY
venv/bin/python shards.py
