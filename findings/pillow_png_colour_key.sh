#!/usr/bin/env bash
# Pillow misses the transparent colour of a PNG whose samples are not 8 bits.
#
# Guess: Pillow scales grey of 1, 2 and 4 bits up to 8, and the colour key (tRNS) with it; of 16
# bits it keeps the grey whole and the key too. So `convert("RGBA")` is transparent where it should.
#
# Seen (Pillow 13.0.0): the grey is scaled, the key is not. Of 2 and 4 bits nothing becomes
# transparent (the key is 2, the pixel 170). Of 16 bits, key and pixels end as different numbers,
# for grey and for colours. 1 bit and 8 bits are right. `info["transparency"]` is there each time, so
# a caller believes that there was transparency and that it was dealt with.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check pillow==13.0.0
cd "$folder"

cat > key.py <<'PY'
import io
import struct
import sys
import zlib

import PIL
from PIL import Image


def chunk(name, content):
    checksum = zlib.crc32(name + content)
    return struct.pack("!I", len(content)) + name + content + struct.pack("!I", checksum)


def png(depth, colour_type, key):
    """Eight pixels, all of the colour that the key names."""
    bits = "".join(f"{part:0{depth}b}" for part in key) * 8
    row = b"\0" + int(bits, 2).to_bytes(len(bits) // 8, "big")
    header = struct.pack("!IIBBBBB", 8, 1, depth, colour_type, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"tRNS", struct.pack(f"!{len(key)}H", *key))
        + chunk(b"IDAT", zlib.compress(row))
        + chunk(b"IEND", b"")
    )


print("Pillow", PIL.__version__)
same = True
for name, depth, colour_type, key, found in (
    ("grey, 1 bit", 1, 0, (1,), True),
    ("grey, 2 bits", 2, 0, (2,), False),
    ("grey, 4 bits", 4, 0, (7,), False),
    ("grey, 8 bits", 8, 0, (200,), True),
    ("grey, 16 bits", 16, 0, (0x1234,), False),
    ("colour, 8 bits", 8, 2, (10, 20, 30), True),
    ("colour, 16 bits", 16, 2, (0x1234, 0x5678, 0x9ABC), False),
):
    picture = Image.open(io.BytesIO(png(depth, colour_type, key)))
    pixel = picture.getpixel((0, 0))
    told = picture.info["transparency"]
    try:
        clear = picture.convert("RGBA").getpixel((0, 0))[3] == 0
        said = "transparent" if clear else "opaque"
    except (ValueError, OSError) as error:
        clear, said = False, f"{type(error).__name__}: {error}"
    print(f"{name}: {picture.mode}, pixel {pixel}, key {told}: {said}")
    same &= clear == found
sys.exit(0 if same else "this has changed")
PY
venv/bin/python key.py
