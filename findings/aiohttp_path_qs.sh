#!/usr/bin/env bash
# aiohttp's `request.path_qs` is not what the client sent when the path begins with two slashes.
#
# Guess: `request.path_qs` is `request.path` with `?` and the query behind it, so that redirecting to
# it, or logging it, repeats the request.
#
# Seen (aiohttp 3.14.5, yarl 1.25.1): for `GET //files/x?y=1`, a legal origin-form target, `path` and
# `raw_path` are right, but `path_qs` and `str(request.rel_url)` are `////files/x?y=1`. yarl keeps a
# relative URL, and writes an empty authority in front of a path that would otherwise be read as one.
# A path with two slashes further on is left alone.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check aiohttp==3.14.5 yarl==1.25.1
cd "$folder"

cat > ask.py <<'PY'
import asyncio
import importlib.metadata as installed
import sys

from aiohttp import web

EXPECTED = {
    "/files/x?y=1": ("/files/x", "/files/x?y=1"),
    "/files//x": ("/files//x", "/files//x"),
    "//files/x?y=1": ("//files/x", "////files/x?y=1"),
}


async def main():
    seen = {}

    async def answer(request):
        seen[request.raw_path] = (request.path, request.path_qs)
        return web.Response()

    app = web.Application()
    app.router.add_route("*", "/{rest:.*}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    port = runner.addresses[0][1]
    for target in EXPECTED:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(f"GET {target} HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n".encode())
        await reader.read()
        writer.close()
    await runner.cleanup()
    return seen


print("aiohttp", installed.version("aiohttp"), "yarl", installed.version("yarl"))
seen = asyncio.run(main())
for target, (path, path_qs) in seen.items():
    print(f"{target:16} path={path:12} path_qs={path_qs}")
sys.exit(0 if seen == EXPECTED else "this has changed")
PY
venv/bin/python ask.py
