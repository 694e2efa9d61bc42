#!/usr/bin/env bash
# Pillow's `quality="keep"` does not keep the subsampling of a JPEG that was turned on its side.
#
# Guess, from the documentation ("retains the original image quality level, subsampling, and qtables"):
# a photograph saved with `quality="keep"` has the same tables and the same subsampling, or, if Pillow
# can't write that one, an error. It is how metadata is taken off a JPEG with next to no loss.
#
# Seen (Pillow 13.0.0): 4:4:4, 4:2:2 and 4:2:0 are kept. A camera's 4:2:2, turned by a quarter without
# loss (Windows, jpegtran), is 4:4:0, and comes out as 4:2:0: half of its colour is gone, and fine stripes
# are off by 33 of 255. 4:1:1 becomes 4:2:0 too. Nothing is said: Pillow has no name for these kinds,
# and then "keep" means the default.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check pillow==13.0.0 simplejpeg==1.9.0 numpy==2.2.6
cd "$folder"

cat > keep.py <<'PY'
import io
import sys

import numpy
import PIL
import simplejpeg
from PIL import Image, ImageChops, ImageStat

across = numpy.arange(480, dtype=numpy.uint8)
stripes = numpy.zeros((480, 480, 3), numpy.uint8)
stripes[:, :, 0] = numpy.where(across // 3 % 2, 220, 40)  # three pixels wide each
stripes[:, :, 2] = numpy.where(across // 3 % 2, 40, 220)
stripes[:, :, 1] = 90
PICTURE = {"4:4:4": stripes, "4:2:2": stripes.transpose(1, 0, 2), "4:4:0": stripes}
PICTURE |= {"4:2:0": stripes, "4:1:1": stripes.transpose(1, 0, 2)}


def subsampling(image):
    return [(across, down) for _, across, down, _ in image.layer]


def difference(one, other):
    stat = ImageStat.Stat(ImageChops.difference(one.convert("RGB"), other.convert("RGB")))
    return sum(stat.mean) / 3


print("Pillow", PIL.__version__)
kept = {}
for name, pixels in PICTURE.items():
    data = simplejpeg.encode_jpeg(
        numpy.ascontiguousarray(pixels), quality=92, colorsubsampling=name.replace(":", "")
    )
    before = Image.open(io.BytesIO(data))
    out = io.BytesIO()
    before.save(out, "JPEG", quality="keep")
    after = Image.open(out)
    assert before.quantization == after.quantization
    kept[name] = subsampling(before) == subsampling(after)
    print(f"{name}: {subsampling(before)[0]} -> {subsampling(after)[0]}, {len(data)} ->"
          f" {len(out.getvalue())} bytes, differs by {difference(before, after):.1f} of 255 on average")
EXPECTED = {"4:4:4": True, "4:2:2": True, "4:4:0": False, "4:2:0": True, "4:1:1": False}
sys.exit(0 if kept == EXPECTED else "this has changed")
PY
venv/bin/python keep.py
