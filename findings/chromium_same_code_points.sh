#!/usr/bin/env bash
# In Chromium the same colour numbers with the same code points look different in PNG and in AVIF.
#
# Guess: PNG's cICP and AVIF's nclx both carry the code points of ITU-T H.273, and both formats say
# that they mean what H.273 says. So (200, 100, 60) with primaries 1 and transfer 1 (BT.709) is one
# colour, whichever file it is in; perhaps it is even shown as (200, 100, 60), as video often is.
#
# Seen (Chromium 147): in PNG transfer 1 is a screen after BT.1886 (gamma 2.4), and the picture is
# darker than its numbers, (197, 91, 49). In AVIF transfer 1 is taken for sRGB, and the numbers stay.
# With transfer 13 (sRGB) both agree. A converter that carries the code points over from one format
# to the other, which is what they are for, changes the colours.
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
import zlib

from PIL import Image

COLOUR, SIDE = (200, 100, 60), 64


def chunk(name, content):
    checksum = zlib.crc32(name + content)
    return struct.pack("!I", len(content)) + name + content + struct.pack("!I", checksum)


out = io.BytesIO()
Image.new("RGB", (SIDE, SIDE), COLOUR).save(out, "AVIF", quality=100, subsampling="4:4:4")
avif = out.getvalue()
at = avif.index(b"colrnclx") + 8
rows = (b"\0" + bytes(COLOUR) * SIDE) * SIDE
for transfer in (1, 13):
    header = struct.pack("!IIBBBBB", SIDE, SIDE, 8, 2, 0, 0, 0)
    with open(f"{transfer}.png", "wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header))
        file.write(chunk(b"cICP", bytes((1, transfer, 0, 1))))
        file.write(chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))
    with open(f"{transfer}.avif", "wb") as file:
        file.write(avif[:at] + struct.pack("!HH", 1, transfer) + avif[at + 4 :])
PY
venv/bin/python make.py

cat > look.mjs <<'JS'
import { readFileSync } from "node:fs";
import packed from "@sparticuz/chromium";
import { chromium } from "playwright-core";

const args = [...packed.args, "--force-color-profile=srgb"];
const browser = await chromium.launch({ executablePath: await packed.executablePath(), args });
console.log("Chromium", browser.version());
const page = await browser.newPage();
const seen = {};
for (const name of ["1.png", "1.avif", "13.png", "13.avif"]) {
  const type = name.endsWith("png") ? "image/png" : "image/avif";
  const url = `data:${type};base64,${readFileSync(name).toString("base64")}`;
  seen[name] = await page.evaluate(async (source) => {
    const image = new Image();
    image.src = source;
    await image.decode();
    const context = new OffscreenCanvas(8, 8).getContext("2d", { colorSpace: "srgb" });
    context.drawImage(image, 0, 0);
    return [...context.getImageData(4, 4, 1, 1).data.slice(0, 3)];
  }, url);
  console.log(name, "primaries 1, transfer", name.split(".")[0], "shown as", seen[name]);
}
await browser.close();
const near = (one, other) => one.every((value, at) => Math.abs(value - other[at]) <= 2);
const same =
  near(seen["1.png"], [197, 91, 49]) &&
  ["1.avif", "13.png", "13.avif"].every((name) => near(seen[name], [200, 100, 60]));
if (!same) {
  console.error("this has changed");
  process.exit(1);
}
JS
node look.mjs
