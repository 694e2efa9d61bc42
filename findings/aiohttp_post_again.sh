#!/usr/bin/env bash
# What aiohttp sends when the same body is posted a second time depends on what holds it: all, nothing, or an error.
#
# Guess: a `BytesIO`, an open file and a form with such a part behave alike if a post is repeated, after a
# 503 for example. Either each is sent from its beginning again, as aiohttp itself does when it follows a
# redirect (307), or from where it stands, and then the caller has to rewind. They stay the caller's.
#
# Seen (aiohttp 3.14.5): the form is sent whole again. The `BytesIO` is sent as an empty body, with
# `Content-Length: 0`, and the answer is 200. The file has been closed, by a thread, a moment after the answer: its
# second post raises a ValueError, no `ClientError`. A post within that moment may raise a `ClientConnectionError`
# instead ("Failed to send bytes into the underlying connection"), as if the network were in trouble.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check aiohttp==3.14.5
cd "$folder"

cat > again.py <<'PY'
import asyncio
import importlib.metadata as installed
import io
import pathlib
import sys

import aiohttp
from aiohttp import web

BODY = b"0123456789"
pathlib.Path("body").write_bytes(BODY)


def form():
    made = aiohttp.FormData()
    made.add_field("file", io.BytesIO(BODY), filename="body")
    return made


CARRIERS = {"BytesIO": lambda: io.BytesIO(BODY), "file": lambda: open("body", "rb"), "form": form}
EXPECTED = {
    "BytesIO": ["all", "nothing"],
    "file": ["all", "ValueError"],
    "form": ["all", "all"],
    "BytesIO, redirected": ["all"],
    "file, redirected": ["all"],
    "form, redirected": ["all"],
}


async def main():
    seen = {}

    async def answer(request):
        body = await request.read()
        return web.Response(text="all" if BODY in body else "something" if body else "nothing")

    async def elsewhere(request):
        await request.read()
        raise web.HTTPTemporaryRedirect("/here")

    app = web.Application()
    app.add_routes([web.post("/here", answer), web.post("/there", elsewhere)])
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    here = f"http://127.0.0.1:{runner.addresses[0][1]}"
    async with aiohttp.ClientSession() as session:
        for name, make in CARRIERS.items():
            for path, title, times in (("/here", name, 2), ("/there", f"{name}, redirected", 1)):
                data, seen[title] = make(), []
                for _ in range(times):
                    try:
                        async with session.post(here + path, data=data) as response:
                            seen[title].append(await response.text())
                    except ValueError as error:
                        print("  ", error)
                        seen[title].append(type(error).__name__)
                    for _round in range(100 if name == "file" and times == 2 else 0):
                        if data.closed:
                            break
                        await asyncio.sleep(0.05)
                print(f"{title:20} {seen[title]}")
    await runner.cleanup()
    return seen


print("aiohttp", installed.version("aiohttp"))
sys.exit(0 if asyncio.run(main()) == EXPECTED else "this has changed")
PY
venv/bin/python again.py
