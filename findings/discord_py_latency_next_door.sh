#!/usr/bin/env bash
# discord.py reports the latency of a gateway that answers at once as a whole heartbeat interval.
#
# Guess: `Client.latency`, the time between a heartbeat and its acknowledgement, is well under a
# millisecond with a gateway on the same machine, and the nearer the gateway, the less it is.
#
# Seen (discord.py 2.7.1): it is the interval, half a second here. The thread that sends heartbeats
# notes the time of sending only when it gets its turn again; by then the event loop has read the
# answer and subtracted the time of the heartbeat before. With Discord's interval of 41.25 s each one
# also logs the warning "Can't keep up, shard ID 0 websocket is 41.3s behind", of a connection that is
# as quick as it can be. Discord itself is far enough away; a compatible server next door is not.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check discord.py==2.7.1 aiohttp==3.14.5
cd "$folder"

cat > beat.py <<'PY'
import asyncio
import json
import multiprocessing
import statistics
import sys
import warnings

warnings.simplefilter("ignore")  # voice needs audioop, which newer versions of Python lack

import aiohttp
import discord
import yarl
from aiohttp import web
from discord.gateway import DiscordWebSocket

INTERVAL_MS = 500
BEATS = 12


def serve(sending):
    async def gateway(request):
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        hello = {"op": 10, "d": {"heartbeat_interval": INTERVAL_MS}, "s": None, "t": None}
        await socket.send_json(hello)
        async for frame in socket:
            if json.loads(frame.data)["op"] == 1:
                await socket.send_json({"op": 11, "d": None, "s": None, "t": None})
        return socket

    async def run():
        app = web.Application()
        app.router.add_get("/{rest:.*}", gateway)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        sending.send(runner.addresses[0][1])
        await asyncio.Event().wait()

    asyncio.run(run())


async def latencies(port):
    async with discord.Client(intents=discord.Intents.none()) as client:
        client.http._HTTPClient__session = aiohttp.ClientSession()  # what logging in would open
        client.http.token = "token"
        client.loop = client.http.loop = client._connection.loop = asyncio.get_running_loop()
        url = yarl.URL(f"ws://127.0.0.1:{port}/")
        socket = await DiscordWebSocket.from_client(
            client, gateway=url, compress=False, encoding="json"
        )
        found, noted = [], socket._keep_alive.ack

        def ack():
            noted()
            found.append(socket.latency)

        socket._keep_alive.ack = ack
        while len(found) < BEATS:
            await socket.poll_event()
        await socket.close()
    return found


if __name__ == "__main__":
    here, there = multiprocessing.Pipe()
    server = multiprocessing.Process(target=serve, args=(there,), daemon=True)
    server.start()
    found = asyncio.run(latencies(here.recv()))
    server.terminate()
    print("discord.py", discord.__version__)
    print(f"heartbeats every {INTERVAL_MS} ms, answered at once by a process on this machine")
    print(f"latency, median of {BEATS}: {statistics.median(found) * 1_000:.0f} ms")
    whole = statistics.median(found) * 1_000 > INTERVAL_MS * 0.9
    sys.exit(0 if whole else "this has changed")
PY
venv/bin/python beat.py
