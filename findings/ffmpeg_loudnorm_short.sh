#!/usr/bin/env bash
# FFmpeg's `loudnorm` makes 2.9 seconds of near silence as loud as can be, and leaves 3.1 seconds of it alone.
#
# Guess: a recording in which nobody speaks is below the gate of EBU R128 (-70 LUFS), so it has no
# loudness, and `loudnorm` leaves it as it is: room noise stays room noise and silence silence. How long
# it is does not matter.
#
# Seen (PyAV 18.1.0, FFmpeg 8.1): from 3 s on it is so. What is shorter goes another way: one gain for all,
# from the loudness alone. That is minus infinity, so the gain is whatever the true peak allows: noise at -85 dB becomes
# louder by 74 dB, and peaks at -2 dB. Digital silence, multiplied by that, becomes NaN, on which the
# encoder for AAC ends with "Invalid argument". Sounds of both lengths that are loud enough come out alike.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check av==18.1.0
cd "$folder"

cat > loud.py <<'PY'
import io
import math
import random
import sys
from array import array
from fractions import Fraction

import av
from av.filter import Graph

RATE = 48_000
BLOCK = 4800
random.seed(1)
NOISE = [random.uniform(-1, 1) for _ in range(BLOCK)]


def normalised(level, seconds):
    graph = Graph()
    source = graph.add("abuffer", sample_fmt="flt", sample_rate=str(RATE), channel_layout="mono",
                       time_base=f"1/{RATE}")
    nodes = [source, graph.add("loudnorm", "I=-16:TP=-2")]
    nodes.append(graph.add("aformat", f"sample_fmts=flt:sample_rates={RATE}"))
    graph.link_nodes(*nodes, graph.add("abuffersink")).configure()
    block = array("f", (level * sample for sample in NOISE))
    samples = array("f")
    for number in [*range(round(seconds * RATE / BLOCK)), None]:
        frame = None
        if number is not None:
            frame = av.AudioFrame("flt", "mono", BLOCK)
            frame.planes[0].update(block.tobytes())
            frame.sample_rate, frame.pts = RATE, number * BLOCK
            frame.time_base = Fraction(1, RATE)
        graph.push(frame)
        while True:
            try:
                made = graph.pull()
            except (av.error.BlockingIOError, av.error.EOFError):
                break
            samples.frombytes(bytes(made.planes[0])[: made.samples * 4])
    return samples


def decibels(samples):
    if any(math.isnan(sample) for sample in samples):
        return "NaN"
    power = sum(sample * sample for sample in samples) / len(samples)
    return round(10 * math.log10(power)) if power else "silent"


def as_aac(samples):
    with av.open(io.BytesIO(), "w", format="adts") as file:
        track = file.add_stream("aac", rate=RATE, layout="mono")
        frame = av.AudioFrame("fltp", "mono", 1024)
        frame.planes[0].update(samples[RATE : RATE + 1024].tobytes())
        frame.sample_rate = RATE
        try:
            file.mux(track.encode(frame))
            file.mux(track.encode(None))
        except av.FFmpegError as error:
            return type(error).__name__
    return "encoded"


EXPECTED = {
    ("voice", 2.9): -19, ("voice", 3.1): -19,
    ("room", 2.9): -11, ("room", 3.1): -85,
    ("silence", 2.9): "NaN", ("silence", 3.1): "silent",
}
print("PyAV", av.__version__)
seen = {}
for name, level in (("voice", 0.01), ("room", 0.0001), ("silence", 0.0)):
    for seconds in (2.9, 3.1):
        samples = normalised(level, seconds)
        seen[name, seconds] = decibels(samples)
        before = round(20 * math.log10(level / 3**0.5)) if level else "silent"
        print(f"{name:8} {seconds} s: {before} -> {seen[name, seconds]}")
        if (name, seconds) == ("silence", 2.9):
            encoded = as_aac(samples)
            print("         as AAC:", encoded)
alike = all(
    seen[key] == value or (isinstance(value, int) and abs(seen[key] - value) <= 1)
    for key, value in EXPECTED.items()
)
sys.exit(0 if alike and encoded == "ArgumentError" else "this has changed")
PY
venv/bin/python loud.py
