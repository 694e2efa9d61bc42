#!/usr/bin/env bash
# Pillow: blurring a transparent picture shows the colours of its invisible pixels; resizing and turning it don't.
#
# Guess: what mixes neighbouring pixels of an RGBA picture weighs each by how visible it is. `resize` and
# `rotate` do so (they work in "RGBa" inside), and a filter such as `GaussianBlur` does too: a red sticker whose
# surroundings are transparent gets a soft red edge, whatever colour its eraser left there.
#
# Seen (Pillow 13.0.0): `GaussianBlur`, `BoxBlur` and `Kernel` filters mix the four channels one by one. Of a red sticker on
# invisible green the edge becomes green: up to 233 of 255, where it is visible. `resize`, `reduce`,
# `thumbnail`, `rotate` and `transform` of the same picture show no green at all. A filter between
# `convert("RGBa")` and `convert("RGBA")` doesn't either.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check pillow==13.0.0
cd "$folder"

cat > edge.py <<'PY'
import sys

import PIL
from PIL import Image, ImageFilter

sticker = Image.new("RGBA", (60, 60), (0, 255, 0, 0))
sticker.paste((255, 0, 0, 255), (20, 20, 40, 40))
bicubic = Image.Resampling.BICUBIC
aside = Image.Transform.AFFINE
mean = ImageFilter.Kernel((5, 5), [1] * 25)
blur = ImageFilter.GaussianBlur(3)


def thumbnail(image):
    image = image.copy()
    image.thumbnail((30, 30))
    return image


CHANGES = {
    "resize": lambda image: image.resize((30, 30), Image.Resampling.LANCZOS),
    "reduce": lambda image: image.reduce(2),
    "thumbnail": thumbnail,
    "rotate": lambda image: image.rotate(30, bicubic),
    "transform": lambda image: image.transform((60, 60), aside, (1, 0.3, 0, 0, 1, 0), bicubic),
    "blur in RGBa": lambda image: image.convert("RGBa").filter(blur).convert("RGBA"),
    "GaussianBlur": lambda image: image.filter(blur),
    "BoxBlur": lambda image: image.filter(ImageFilter.BoxBlur(3)),
    "Kernel": lambda image: image.filter(mean),
}
print("Pillow", PIL.__version__)
green = {}
for name, change in CHANGES.items():
    raw = change(sticker).tobytes()
    pixels = zip(raw[1::4], raw[3::4])
    green[name] = max(colour for colour, alpha in pixels if alpha > 20)
    print(f"{name:13} most green where something is seen: {green[name]}")
mixed = {name for name, most in green.items() if most > 100}
clean = {name for name, most in green.items() if most < 10}
right = mixed == {"GaussianBlur", "BoxBlur", "Kernel"} and clean == set(CHANGES) - mixed
sys.exit(0 if right else "this has changed")
PY
venv/bin/python edge.py
