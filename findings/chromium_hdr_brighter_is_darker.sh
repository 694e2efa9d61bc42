#!/usr/bin/env bash
# In Chromium, on a screen without HDR, a brighter grey of an HDR picture can be shown darker.
#
# Guess: a picture in PQ is made to fit the screen by some curve that rises: it may flatten out and
# end at white, but of two greys the brighter one is never the darker one on the screen. How bright
# the file says that its brightest pixel is (MaxCLL) makes the curve steeper or flatter, no more.
#
# Seen (Chromium 147): with MaxCLL 10000, which is the most that PQ can say, the greys just above
# paper white overshoot: code 160 is shown as 206, code 168 as 202, and only 180 is 207 again. The curve
# is a spline through few points, in the logarithm of the gain. Without MaxCLL (1000 is assumed)
# the same greys rise from end to end.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export TMPDIR="$folder"
cd "$folder"
npm install --silent --no-fund --no-audit @sparticuz/chromium@147.0.0 playwright-core@1.65.1

cat > make.py <<'PY'
import struct
import zlib


def chunk(name, content):
    checksum = zlib.crc32(name + content)
    return struct.pack("!I", len(content)) + name + content + struct.pack("!I", checksum)


row = b"\0" + b"".join(bytes((code,) * 3) for code in range(256))
for name, light in (("none", b""), ("10000", chunk(b"cLLI", struct.pack("!II", 10**8, 5 * 10**6)))):
    with open(f"{name}.png", "wb") as file:
        header = struct.pack("!IIBBBBB", 256, 1, 8, 2, 0, 0, 0)
        file.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header))
        file.write(chunk(b"cICP", bytes((9, 16, 0, 1))) + light)
        file.write(chunk(b"IDAT", zlib.compress(row)) + chunk(b"IEND", b""))
PY
python3 make.py

cat > look.mjs <<'JS'
import { readFileSync } from "node:fs";
import packed from "@sparticuz/chromium";
import { chromium } from "playwright-core";

const args = [...packed.args, "--force-color-profile=srgb"];
const browser = await chromium.launch({ executablePath: await packed.executablePath(), args });
console.log("Chromium", browser.version());
const page = await browser.newPage();
const falls = {};
for (const name of ["none", "10000"]) {
  const url = `data:image/png;base64,${readFileSync(`${name}.png`).toString("base64")}`;
  const shown = await page.evaluate(async (source) => {
    const image = new Image();
    image.src = source;
    await image.decode();
    const context = new OffscreenCanvas(256, 1).getContext("2d", { colorSpace: "srgb" });
    context.drawImage(image, 0, 0);
    const { data } = context.getImageData(0, 0, 256, 1);
    return Array.from({ length: 256 }, (_, code) => data[4 * code]);
  }, url);
  let brightest = 0;
  falls[name] = 0;
  for (const grey of shown) {
    falls[name] = Math.max(falls[name], brightest - grey);
    brightest = Math.max(brightest, grey);
  }
  const codes = [148, 152, 156, 160, 164, 168, 172, 176, 180, 184];
  console.log(`MaxCLL ${name}:`, codes.map((code) => `${code}→${shown[code]}`).join(" "));
  console.log(`  the deepest fall behind a darker grey: ${falls[name]} of 255`);
}
await browser.close();
if (falls.none > 1 || falls["10000"] < 3) {
  console.error("this has changed");
  process.exit(1);
}
JS
node look.mjs
