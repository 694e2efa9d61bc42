#!/usr/bin/env bash
# Chromium crops an AVIF as the file says only if the crop begins in its top left corner; else it shows all.
#
# Guess: the property `clap` (clean aperture, ISO 14496-12) says which part of a picture is to be shown, and
# MIAF makes it one that a reader must know. So a browser shows that part, wherever it lies, or, if it
# knows no `clap`, always the whole; and Pillow, whose AVIF is libavif's, does what the browser does.
#
# Seen (Chromium 147, Pillow 13.0.0): of two files that differ in the place of the crop alone, Chromium
# shows one as 120 x 80, and of the other all of its 200 x 150 pixels, with what was cut off. Pillow
# shows all of both and doesn't tell that there is a crop. So what a server measures, checks and passes on is larger
# than what its user sees, and what an app "cut off" without encoding is there for everybody.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export TMPDIR="$folder"
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check pillow==13.0.0
cd "$folder"
npm install --silent --no-fund --no-audit @sparticuz/chromium@147.0.0 playwright-core@1.65.1

cat > make.py <<'PY'
import io
import struct

from PIL import Image

SIDES, CROP = (200, 150), (120, 80)
picture = Image.new("RGB", SIDES, "red")
picture.paste("blue", (0, 0, 120, 80))


def boxes(data, at, end):
    while at < end:
        size, name = struct.unpack_from(">I4s", data, at)
        yield name, at, at + size
        at += size


def cropped(data, left, top):
    """The same file with a `clap` for its picture; whatever stands behind it moves."""
    places = {name: (at, end) for name, at, end in boxes(data, 0, len(data))}
    meta, meta_end = places[b"meta"]
    inner = {name: (at, end) for name, at, end in boxes(data, meta + 12, meta_end)}
    parts = {name: (at, end) for name, at, end in boxes(data, inner[b"iprp"][0] + 8, meta_end)
             if name in (b"ipco", b"ipma")}
    (ipco, ipco_end), (ipma, ipma_end) = parts[b"ipco"], parts[b"ipma"]
    assert inner[b"iprp"][1] == meta_end == ipma_end and ipco_end == ipma
    aside = [2 * at + part - whole for at, part, whole in zip((left, top), CROP, SIDES)]
    said = struct.pack(">IIIIiIiI", CROP[0], 1, CROP[1], 1, aside[0], 2, aside[1], 2)
    clap = struct.pack(">I4s", 8 + len(said), b"clap") + said
    number = sum(1 for _ in boxes(data, ipco + 8, ipco_end)) + 1
    version, items = struct.unpack_from(">II", data, ipma + 8)
    assert (version, items) == (0, 1)
    file = bytearray(data[:ipco_end] + clap + data[ipma:ipma_end] + bytes((0x80 | number,)) + data[meta_end:])
    file[ipma + len(clap) + 18] += 1  # one more property of the only item
    more = len(clap) + 1
    for at, added in ((meta, more), (inner[b"iprp"][0], more), (ipco, len(clap)), (ipma + len(clap), 1)):
        struct.pack_into(">I", file, at, struct.unpack_from(">I", file, at)[0] + added)
    iloc, iloc_end = inner[b"iloc"]
    assert data[iloc + 8 : iloc + 14] == b"\0\0\0\0\x44\0"  # offsets and lengths of four bytes
    first = iloc_end - 8
    struct.pack_into(">I", file, first, struct.unpack_from(">I", file, first)[0] + more)
    return bytes(file)


out = io.BytesIO()
picture.save(out, "AVIF", quality=95)
for name, (left, top) in {"corner": (0, 0), "middle": (40, 36)}.items():
    with open(f"{name}.avif", "wb") as file:
        file.write(cropped(out.getvalue(), left, top))
    shown = Image.open(f"{name}.avif")
    shown.load()
    print("Pillow:", name, shown.size, sorted(shown.info))
    assert shown.size == SIDES and "clap" not in str(shown.info)
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
const seen = {};
for (const name of ["corner", "middle"]) {
  const url = `data:image/avif;base64,${readFileSync(`${name}.avif`).toString("base64")}`;
  seen[name] = await page.evaluate(async (src) => {
    const image = new Image();
    image.src = src;
    await image.decode();
    return `${image.naturalWidth} x ${image.naturalHeight}`;
  }, url);
  console.log("Chromium:", name, seen[name]);
}
await browser.close();
const expected = { corner: "120 x 80", middle: "200 x 150" };
process.exit(JSON.stringify(seen) === JSON.stringify(expected) ? 0 : 1);
JS
node look.mjs
