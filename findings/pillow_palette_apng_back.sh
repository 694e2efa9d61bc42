#!/usr/bin/env bash
# Pillow: going back to a frame of an animated PNG with a palette gives black.
#
# Guess: `seek(0)` after `seek(1)` gives the first frame again, as it does for GIF and WebP, and for
# the same animation without a palette.
#
# Seen (Pillow 13.0.0): forwards every frame is right; once it has gone back, every frame of the
# palette PNG is black, those in front too. No error, no warning. Who looks at the frames of an
# animation and then returns to the chosen one gets a black picture; opening the file again helps.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check pillow==13.0.0
cd "$folder"

cat > back.py <<'PY'
import io
import sys

import PIL
from PIL import Image

RED, GREEN, BLACK = (200, 0, 0), (0, 200, 0), (0, 0, 0)


def animation(kind, mode):
    frames = []
    for index in (0, 1):
        frame = Image.new("P", (8, 8), index)
        frame.putpalette([*RED, *GREEN])
        frames.append(frame.convert(mode))
    out = io.BytesIO()
    options = {"lossless": True} if kind == "WEBP" else {}
    frames[0].save(out, kind, save_all=True, append_images=frames[1:], duration=100, **options)
    return Image.open(io.BytesIO(out.getvalue()))


def seen(picture, order):
    colours = []
    for number in order:
        picture.seek(number)
        colours.append(picture.convert("RGB").getpixel((0, 0)))
    return colours


print("Pillow", PIL.__version__)
same = True
for kind, mode in (("PNG", "P"), ("PNG", "RGB"), ("GIF", "P"), ("WEBP", "RGB")):
    colours = seen(animation(kind, mode), (0, 1, 0, 1))
    print(kind, mode, "frames 0, 1, 0, 1:", colours)
    back = [BLACK, BLACK] if (kind, mode) == ("PNG", "P") else [RED, GREEN]
    same &= colours == [RED, GREEN, *back]
sys.exit(0 if same else "this has changed")
PY
venv/bin/python back.py
