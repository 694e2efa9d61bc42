#!/usr/bin/env bash
# Pillow's `getexif()` tells an orientation for files that contain no EXIF at all.
#
# Guess: `getexif()` reads EXIF. A file without it has no orientation, and `ImageOps.exif_transpose`
# leaves it as it is. That is also what browsers do: they know no other orientation.
#
# Seen (Pillow 13.0.0): where EXIF has no orientation, `getexif()` looks for `tiff:Orientation` in
# the XMP packet, by a regular expression, and puts it under the EXIF tag 274. So `exif_transpose`
# turns JPEG, PNG, WebP and AVIF files that a browser shows as they are stored; TIFF alone not.
# (An editor that turned the pixels and left the XMP of its source is enough.)
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check pillow==13.0.0
cd "$folder"

cat > turned.py <<'PY'
import io
import sys

import PIL
from PIL import Image, ImageOps, PngImagePlugin

XMP = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/">'
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description xmlns:tiff="http://ns.adobe.com/tiff/1.0/" tiff:Orientation="6"/>'
    "</rdf:RDF></x:xmpmeta>"
)

print("Pillow", PIL.__version__)
same = True
for kind in ("JPEG", "PNG", "WEBP", "AVIF", "TIFF"):
    out = io.BytesIO()
    text = PngImagePlugin.PngInfo()
    text.add_itxt("XML:com.adobe.xmp", XMP)
    options = {"pnginfo": text} if kind == "PNG" else {"xmp": XMP.encode()}
    Image.new("RGB", (40, 20)).save(out, kind, **options)
    picture = Image.open(io.BytesIO(out.getvalue()))
    has_exif = "exif" in picture.info
    orientation = picture.getexif().get(274)
    size = ImageOps.exif_transpose(picture).size
    print(f"{kind}: EXIF {has_exif}, orientation {orientation}, 40 x 20 becomes {size}")
    turned = kind != "TIFF"
    same &= not has_exif and size == ((20, 40) if turned else (40, 20))
    same &= orientation == (6 if turned else None)
sys.exit(0 if same else "this has changed")
PY
venv/bin/python turned.py
