#!/usr/bin/env bash
# An answer that aiohttp's client cannot take is reported as the server's own refusal: status 400.
#
# Guess: if a server does what it was asked to and answers "201 Created", but one of its header lines is
# longer than aiohttp reads, the client raises something that says so, as it does for a broken body
# (`ClientPayloadError`). And `ClientResponseError.status` is the status of the response, as documented.
#
# Seen (aiohttp 3.14.5): it is a `ClientResponseError` with `status` 400, exactly as
# `raise_for_status()` raises it when a server really said 400. The limit is 8,190 bytes for a header line,
# and 128 for their number. For the long line, `http.client` takes it (up to 65,536 bytes). A program that reads
# 4xx as "refused, nothing was done" believes that of an order that was accepted. Where the order cannot be
# repeated, an exception of `session.post()` itself has to count as "unknown", whatever its status.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check aiohttp==3.14.5
cd "$folder"

cat > ask.py <<'PY'
import asyncio
import http.client
import importlib.metadata as installed
import sys

import aiohttp

LONG = b"Link: " + b", ".join(b"</pages/%03d.css>; rel=preload; as=style" % n for n in range(230))
MANY = b"\r\n".join(b"Server-Timing: step-%d;dur=1" % n for n in range(150))
CREATED = b"HTTP/1.1 201 Created\r\n%s\r\nContent-Length: 2\r\n\r\n{}"
REFUSED = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 2\r\n\r\n{}"
ANSWERS = {"short": CREATED % b"X: y", "long": CREATED % LONG, "many": CREATED % MANY, "no": REFUSED}
EXPECTED = {
    "short": "answer 201",
    "long": "ClientResponseError, status 400",
    "many": "ClientResponseError, status 400",
    "no": "ClientResponseError, status 400",
}


async def serve(reader, writer):
    head = await reader.readuntil(b"\r\n\r\n")
    writer.write(ANSWERS[head.split()[1][1:].decode()])
    await writer.drain()
    writer.close()


async def ask(url):
    try:
        async with aiohttp.ClientSession(raise_for_status=True) as session:
            async with session.post(url) as response:
                return f"answer {response.status}"
    except aiohttp.ClientResponseError as error:
        print(f"  {error.message.splitlines()[0][:60]}")
        return f"{type(error).__name__}, status {error.status}"


def ask_plainly(port, name):
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.request("POST", f"/{name}")
    return connection.getresponse().status


async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    seen = {name: await ask(f"http://127.0.0.1:{port}/{name}") for name in ANSWERS}
    plainly = await asyncio.to_thread(ask_plainly, port, "long")
    server.close()
    return seen, plainly


print("aiohttp", installed.version("aiohttp"))
seen, plainly = asyncio.run(main())
for name, what in seen.items():
    said = ANSWERS[name].split(b"\r\n")[0].decode()
    print(f"{name:6} the server says {said!r:28} aiohttp says {what!r}")
print("long   by http.client:", plainly)
sys.exit(0 if seen == EXPECTED and plainly == 201 else "this has changed")
PY
venv/bin/python ask.py
