#!/usr/bin/env bash
# A finer table in an ICC profile makes Pillow's ImageCms (LittleCMS) hardly more exact.
#
# Guess: a profile that looks colours up in a cube of 33 steps is wrong between them, so one of 65 steps in
# its place makes the error a quarter of that. Flags such as NOOPTIMIZE cost time and change nothing that can
# be seen.
#
# Seen (Pillow 13.0.0, LittleCMS 2.19): with the default flags both are wrong by 0.8 of 255 on average and by
# up to 49, mostly near the edge of sRGB, where colours become pale: LittleCMS builds a cube of its own from the whole way to
# sRGB and asks only that. With NOOPTIMIZE the profile's own table is asked, and the finer one is wrong by 0.25.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export TMPDIR="$folder"
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check pillow==13.0.0

cat > "$folder/look.py" <<'PY'
import io
import itertools
import struct

from PIL import Image, ImageCms, features

# BT.2020 to XYZ for white at D50, and D50's XYZ to linear sRGB: published matrices, multiplied.
WIDE = ((0.67351, 0.16569, 0.12503), (0.27906, 0.67534, 0.04561), (-0.00193, 0.02998, 0.79684))
SRGB = ((3.13415, -1.61729, -0.49069), (-0.97879, 1.91611, 0.03345), (0.07198, -0.22900, 1.40538))
WHITE_NITS = 203
D50 = (0.9642, 1.0, 0.8249)
COLOURS = list(itertools.product(range(60, 149, 8), repeat=3))


def times(rows, vector):
    return [sum(a * b for a, b in zip(row, vector)) for row in rows]


def light_of(part):
    """Of a PQ number (SMPTE ST 2084), 1 at the white of paper and above."""
    root = part ** (32 / 2523)
    base = max(0.0, root - 107 / 128) / (2413 / 128 - 2392 / 128 * root)
    return min(1.0, 10_000 / WHITE_NITS * base ** (8192 / 1305))


def xyz(colour):
    return times(WIDE, [light_of(part) for part in colour])


def number(light):
    light = min(1.0, max(0.0, light))
    return 255 * (12.92 * light if light <= 0.0031308 else 1.055 * light ** (1 / 2.4) - 0.055)


def profile(side):
    steps = [at / (side - 1) for at in range(side)]
    cells = [round(0x8000 * max(0, x)) for one in itertools.product(steps, repeat=3) for x in xyz(one)]
    straight = struct.pack("!6H", *(0, 0xFFFF) * 3)
    one = 0x10000
    head = struct.pack("!4s4x4B9iHH", b"mft2", 3, 3, side, 0, one, 0, 0, 0, one, 0, 0, 0, one, 2, 2)
    table = head + straight + struct.pack(f"!{len(cells)}H", *cells) + straight
    white = b"XYZ \0\0\0\0" + struct.pack("!3i", *(round(part * one) for part in D50))
    tags = {b"wtpt": white, b"A2B0": table}
    index, body = struct.pack("!I", len(tags)), b""
    for name, content in tags.items():
        index += struct.pack("!4sII", name, 132 + 12 * len(tags) + len(body), len(content))
        body += content + bytes(-len(content) % 4)
    size = 132 + 12 * len(tags) + len(body)
    kind = struct.pack("!I4xI4s4s4s12x4s", size, 0x02400000, b"mntr", b"RGB ", b"XYZ ", b"acsp")
    return (kind.ljust(64, b"\0") + struct.pack("!I", 1) + white[8:]).ljust(128, b"\0") + index + body


def error(side, flags):
    source = ImageCms.ImageCmsProfile(io.BytesIO(profile(side)))
    intent = ImageCms.Intent.RELATIVE_COLORIMETRIC
    change = ImageCms.buildTransform(source, ImageCms.createProfile("sRGB"), "RGB", "RGB", intent, flags)
    image = Image.new("RGB", (len(COLOURS), 1))
    image.putdata(COLOURS)
    shown = ImageCms.applyTransform(image, change).tobytes()
    wanted = [number(x) for one in COLOURS for x in times(SRGB, xyz([part / 255 for part in one]))]
    errors = [abs(a - b) for a, b in zip(shown, wanted)]
    return sum(errors) / len(errors), max(errors)


flags = {"default": ImageCms.Flags.NONE, "NOOPTIMIZE": ImageCms.Flags.NOOPTIMIZE}
print("LittleCMS", features.version("littlecms2"))
found = {(name, side): error(side, flag) for name, flag in flags.items() for side in (33, 65)}
for (name, side), (mean, most) in found.items():
    print(f"{name}, {side} steps: {mean:.2f} of 255 on average, {most:.0f} at most")
finer = found["default", 65][0] / found["default", 33][0]
if finer < 0.8 or found["NOOPTIMIZE", 65][0] > found["default", 65][0] / 2:
    raise SystemExit("this has changed")
PY
"$folder/venv/bin/python" "$folder/look.py"
