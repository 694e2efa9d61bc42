#!/usr/bin/env bash
# Chromium turns a PNG and a JPEG by their EXIF orientation, and leaves a WebP as it is stored.
#
# Guess: the default of CSS, `image-orientation: from-image`, holds for every format that can carry
# EXIF. WebP has had a chunk for it from the beginning, so a WebP turns like a JPEG.
#
# Seen (Chromium 147, Pillow 13.0.0): three files from one call of Pillow with one EXIF block. JPEG and PNG are
# 20 x 40, turned; the WebP is 40 x 20, lossy or lossless. Pillow's `exif_transpose` turns all
# of them, so what a server prepares lies on its side beside what its user saw.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export TMPDIR="$folder"
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check pillow==13.0.0
cd "$folder"
npm install --silent --no-fund --no-audit @sparticuz/chromium@147.0.0 playwright-core@1.65.1

cat > make.py <<'PY'
from PIL import Image, ImageOps

exif = Image.Exif()
exif[274] = 6  # turn by a quarter to show
for name, options in {
    "a.jpeg": {}, "a.png": {}, "lossy.webp": {}, "lossless.webp": {"lossless": True},
}.items():
    Image.new("RGB", (40, 20)).save(name, exif=exif, **options)
    print("Pillow turns", name, "to", ImageOps.exif_transpose(Image.open(name)).size)
PY
venv/bin/python make.py

cat > look.mjs <<'JS'
import { readFileSync } from "node:fs";
import packed from "@sparticuz/chromium";
import { chromium } from "playwright-core";

const executablePath = await packed.executablePath();
const browser = await chromium.launch({ executablePath, args: packed.args });
console.log("Chromium", browser.version());
const page = await browser.newPage();
let same = true;
for (const name of ["a.jpeg", "a.png", "lossy.webp", "lossless.webp"]) {
  const kind = name.split(".")[1];
  const url = `data:image/${kind};base64,${readFileSync(name).toString("base64")}`;
  const size = await page.evaluate(async (source) => {
    const image = new Image();
    image.src = source;
    await image.decode();
    return [image.naturalWidth, image.naturalHeight];
  }, url);
  console.log("Chromium shows", name, "as", size);
  same &&= size[0] === (kind === "webp" ? 40 : 20);
}
await browser.close();
if (!same) {
  console.error("this has changed");
  process.exit(1);
}
JS
node look.mjs
