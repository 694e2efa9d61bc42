#!/usr/bin/env bash
# Of an Ogg file made of two recordings, FFmpeg may tell the length of the second as that of the whole.
#
# Guess: recordings that stand one behind the other in a file ("chained", RFC 3533; a recorded radio
# station begins a new one with each song) are played in a row. So `duration` is that of all of them, or,
# as for other streams whose length nobody wrote down, None or an estimate that is too long.
#
# Seen (PyAV 18.1.0, FFmpeg 8.1): all are decoded, but if the second is short, `duration` of the file and
# of its track is that one's: of 20 + 2 seconds it is 2. Of 2 + 20 seconds, or of three pieces, it is None.
# FFmpeg looks at the last 64 KiB, and takes what begins there for the track. The times of frames begin at
# zero again with each piece. `duration` is no upper bound; count what is decoded.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check av==18.1.0
cd "$folder"

cat > chain.py <<'PY'
import io
import math
import sys
from array import array
from fractions import Fraction

import av

RATE = 48_000
SECOND = array("h", (int(9000 * math.sin(2 * math.pi * 440 * at / RATE)) for at in range(RATE)))


def recording(seconds):
    out = io.BytesIO()
    with av.open(out, "w", format="ogg") as file:
        track = file.add_stream("libopus", rate=RATE, layout="mono")
        for number in range(seconds):
            frame = av.AudioFrame("s16", "mono", RATE)
            frame.planes[0].update(SECOND.tobytes())
            frame.sample_rate, frame.pts = RATE, number * RATE
            file.mux(track.encode(frame))
        file.mux(track.encode(None))
    return out.getvalue()


def told(data):
    with av.open(io.BytesIO(data), format="ogg") as file:
        [track] = file.streams
        lengths = [
            None if length is None else round(float(length * unit), 1)
            for length, unit in (
                (file.duration, Fraction(1, av.time_base)), (track.duration, track.time_base)
            )
        ]
        frames = [(frame.time, frame.samples) for frame in file.decode(track)]
    again = sum(later < earlier for (earlier, _), (later, _) in zip(frames, frames[1:]))
    decoded = sum(samples for _, samples in frames) / RATE
    return *lengths, round(decoded, 1), again


EXPECTED = {(20,): (20.0, 20.0, 20.0, 0), (20, 2): (2.0, 2.0, 22.0, 1),
            (2, 20): (None, None, 22.0, 1), (20, 20, 2): (None, None, 42.0, 2)}
print("PyAV", av.__version__)
seen = {}
for lengths in EXPECTED:
    seen[lengths] = told(b"".join(map(recording, lengths)))
    file, track, decoded, again = seen[lengths]
    print(f"{lengths}: file {file} s, track {track} s, decoded {decoded} s, times begin again {again}x")
sys.exit(0 if seen == EXPECTED else "this has changed")
PY
venv/bin/python chain.py
