#!/usr/bin/env bash
# aiohttp sends the password in a proxy's URL as Latin-1, and cannot send every password.
#
# Guess: what stands in `http://user:pass@host` as %XX is UTF-8, and goes into `Proxy-Authorization`
# as those bytes: curl and browsers do so, and aiohttp's own `encode_basic_auth` has UTF-8 as default.
#
# Seen (aiohttp 3.14.5): `%C3%B6` (an o with two dots) arrives as the one byte F6, which a proxy that
# compares UTF-8 refuses as a wrong password. `%E2%82%AC` (a euro sign) raises UnicodeEncodeError
# before anything is sent. `BasicAuth(…, encoding="utf-8")` is the way out and is deprecated; the
# other one is to write the UTF-8 bytes of the password as if each were a character.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check aiohttp==3.14.5
cd "$folder"

cat > ask.py <<'PY'
import asyncio
import base64
import importlib.metadata as installed
import sys

import aiohttp

EXPECTED = {
    "plain": b"me:plain",
    "%C3%B6": b"me:\xf6",
    "%E2%82%AC": "UnicodeEncodeError",
    "%C3%A2%C2%82%C2%AC": b"me:\xe2\x82\xac",
}
HEADER = b"proxy-authorization: basic "


async def main():
    heard, seen = [], {}

    async def serve(reader, writer):
        request = await reader.readuntil(b"\r\n\r\n")
        lines = request.split(b"\r\n")
        heard.extend(line for line in lines if line.lower().startswith(HEADER))
        writer.write(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with aiohttp.ClientSession() as session:
        for password in EXPECTED:
            proxy = f"http://me:{password}@127.0.0.1:{port}"
            try:
                async with session.get("http://elsewhere.test/", proxy=proxy):
                    seen[password] = base64.b64decode(heard[-1][len(HEADER) :])
            except UnicodeEncodeError as error:
                seen[password] = type(error).__name__
    server.close()
    return seen


print("aiohttp", installed.version("aiohttp"))
seen = asyncio.run(main())
for password, sent in seen.items():
    print(f"{password:20} {sent}")
sys.exit(0 if seen == EXPECTED else "this has changed")
PY
venv/bin/python ask.py
