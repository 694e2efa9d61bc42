#!/usr/bin/env bash
# How much memory Pillow takes to open a picture depends on the format far more than on the picture.
#
# Guess: an RGBA picture of 9 million pixels costs 4 bytes a pixel once it is open, whatever file it
# came from; perhaps 8 for a moment, while the decoder hands it over.
#
# Seen (Pillow 13.0.0, Linux): PNG and TIFF take 4 bytes a pixel. WebP takes about 16, although the
# file is a still picture: it goes through the decoder for animations, which keeps two canvases and
# hands out a copy. AVIF takes about 12. A limit on pixels alone is therefore no limit on memory:
# what fits as PNG does not fit as WebP.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check pillow==13.0.0
cd "$folder"

cat > make.py <<'PY'
from PIL import Image

ramp = Image.linear_gradient("L").resize((3000, 3000))
picture = ramp.convert("RGB")
picture.putalpha(ramp)
options = {"webp": {"lossless": True, "method": 0}, "avif": {"speed": 10}}
for kind in ("png", "tiff", "webp", "avif"):
    picture.save(f"picture.{kind}", **options.get(kind, {}))
PY

cat > measure.py <<'PY'
import io, resource, sys
from PIL import Image

with open(sys.argv[1], "rb") as file:
    data = file.read()
Image.init()
Image.open(io.BytesIO(data)).close()  # the decoder's own libraries are loaded now


def peak_bytes():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


before = peak_bytes()
picture = Image.open(io.BytesIO(data))
picture.load()
assert picture.mode == "RGBA"
print(round((peak_bytes() - before) / (picture.width * picture.height), 1))
PY

venv/bin/python make.py
venv/bin/python -c 'import PIL; print("Pillow", PIL.__version__)'
declare -A bytes
for kind in png tiff webp avif; do
    bytes[$kind]=$(venv/bin/python measure.py "picture.$kind")
    echo "$kind: ${bytes[$kind]} bytes a pixel at the peak"
done
venv/bin/python - "${bytes[png]}" "${bytes[tiff]}" "${bytes[webp]}" "${bytes[avif]}" <<'PY'
import sys

png, tiff, webp, avif = map(float, sys.argv[1:])
same = 3.5 <= png <= 5 and 3.5 <= tiff <= 5 and 14 <= webp <= 18 and 10.5 <= avif <= 14
sys.exit(0 if same else "this has changed")
PY
