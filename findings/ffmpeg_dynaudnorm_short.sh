#!/usr/bin/env bash
# FFmpeg's normaliser `dynaudnorm` makes nothing louder that is shorter than about 15 s.
#
# Guess, from its documentation: for neighbours that a frame does not have, at both ends of a sound, it
# assumes a gain of 1.0, "resulting in a smooth fade in and fade out". So a quiet voice message of 10 s
# fades in, is up to 20 dB louder in its middle (`maxgain` 10), and fades out.
#
# Seen (PyAV 18.1.0, FFmpeg 8.1): nothing becomes louder at all. Before the gains are smoothed, each is
# replaced by the least within the 31 frames of half a second around it, and the 1.0 of missing neighbours count
# there too: only around a frame with all of its neighbours is anything louder. Of 20 s the middle gains
# 17 dB, of 40 s all 20 come after 12 seconds. With `altboundary` even a single second gains 20.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check av==18.1.0
cd "$folder"

cat > louder.py <<'PY'
import math
import sys
from array import array
from fractions import Fraction

import av
from av.filter import Graph

RATE = 48_000
SECOND = array("f", (0.01 * math.sin(2 * math.pi * 440 * at / RATE) for at in range(RATE)))


def filtered(seconds, options):
    graph = Graph()
    source = graph.add("abuffer", sample_fmt="flt", sample_rate=str(RATE), channel_layout="mono",
                       time_base=f"1/{RATE}")
    nodes = [source, graph.add("dynaudnorm", options), graph.add("aformat", "sample_fmts=flt")]
    graph.link_nodes(*nodes, graph.add("abuffersink")).configure()
    samples = array("f")
    for number in [*range(seconds), None]:
        frame = None
        if number is not None:
            frame = av.AudioFrame("flt", "mono", RATE)
            frame.planes[0].update(SECOND.tobytes())
            frame.sample_rate, frame.pts = RATE, number * RATE
            frame.time_base = Fraction(1, RATE)
        graph.push(frame)
        while True:
            try:
                made = graph.pull()
            except (av.error.BlockingIOError, av.error.EOFError):
                break
            samples.frombytes(bytes(made.planes[0])[: made.samples * 4])
    return samples


def gains(seconds, options=""):
    """Decibels by which each second became louder."""
    samples = filtered(seconds, options)
    assert len(samples) == seconds * RATE
    return [
        20 * math.log10(max(samples[at : at + RATE]) / max(SECOND))
        for at in range(0, len(samples), RATE)
    ]


print("PyAV", av.__version__)
seen = {}
for seconds, options in ((1, ""), (10, ""), (14, ""), (20, ""), (40, ""), (10, "altboundary=1")):
    louder = gains(seconds, options)
    seen[seconds, options] = max(louder)
    print(f"{seconds:2} s {options:14} " + " ".join(f"{gain:.0f}" for gain in louder))
    if seconds == 40:
        ends = louder[0], louder[-1]
right = (
    all(seen[seconds, ""] < 0.1 for seconds in (1, 10, 14))
    and 15 < seen[20, ""] < 19
    and 19.9 < seen[40, ""] < 20.1
    and max(ends) < 1.0
    and 19.9 < seen[10, "altboundary=1"] < 20.1
)
sys.exit(0 if right else "this has changed")
PY
venv/bin/python louder.py
