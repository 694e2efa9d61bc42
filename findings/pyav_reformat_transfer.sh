#!/usr/bin/env bash
# PyAV's `dst_color_trc` says that it only writes a label. It converts, takes seconds, and cuts off HDR.
#
# Guess, from the documentation of `VideoReformatter.reformat` ("sets frame metadata only; it does not
# perform a pixel-level transfer function conversion"): with `dst_color_trc=BT709` a frame in PQ keeps
# its numbers and gets another label; the call takes milliseconds. Somebody who knows that swscale can
# convert by now guesses that highlights are rolled off, since that is what tone mapping is for.
#
# Seen (PyAV 18.1.0, libswscale 9.5): the pixels are converted: light of 50 nits changes from 111 to 142.
# But everything from paper white (203 nits) on becomes 255: 203, 400 and 1,000 nits look the same.
# The first call takes seconds where the next ones take milliseconds, since a table is computed; and
# `frame.reformat` has a new reformatter for every frame.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check av==18.1.0
cd "$folder"

cat > convert.py <<'PY'
import sys
import time

import av
from av.video.reformatter import ColorPrimaries, ColorTrc, VideoReformatter

SMPTE_2084, BT2020, LIMITED = 16, 9, 1


def pq(nits):
    y = (nits / 10_000) ** 0.1593017578125
    return ((0.8359375 + 18.8515625 * y) / (1 + 18.6875 * y)) ** 78.84375


def grey(nits):
    frame = av.VideoFrame(64, 64, "yuv420p10le")
    for plane, number in zip(frame.planes, (round(64 + 876 * pq(nits)), 512, 512)):
        plane.update(number.to_bytes(2, "little") * (plane.buffer_size // 2))
    frame.color_trc, frame.color_primaries = SMPTE_2084, BT2020
    frame.colorspace, frame.color_range = BT2020, LIMITED
    return frame


def first_pixel(frame):
    return bytes(frame.planes[0])[0]


print("PyAV", av.__version__, "libswscale", av.library_versions["libswscale"])
reformatter, seconds, seen = VideoReformatter(), [], {}
for nits in (50, 203, 400, 1000):
    plain = first_pixel(grey(nits).reformat(format="rgb24"))
    began = time.perf_counter()
    labelled = reformatter.reformat(
        grey(nits),
        format="rgb24",
        dst_color_trc=ColorTrc.BT709,
        dst_color_primaries=ColorPrimaries.BT709,
    )
    seconds.append(time.perf_counter() - began)
    seen[nits] = plain, first_pixel(labelled)
    print(f"{nits} nits: {plain} without, {seen[nits][1]} with the label, {seconds[-1]:.4f} s")
documented = "metadata only" in " ".join(VideoReformatter.reformat.__doc__.split())
print("the documentation says that only metadata is set:", documented)
same = (
    seen[50] == (111, 142)
    and min(seen[nits][1] for nits in (203, 400, 1000)) >= 252
    and seen[1000][0] - seen[203][0] > 30
    and seconds[0] > 20 * max(seconds[1:])
)
sys.exit(0 if same else "this has changed")
PY
venv/bin/python convert.py
