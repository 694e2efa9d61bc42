#!/usr/bin/env bash
# In raw AAC whose second half has another rate, FFmpeg's times run away from the sound.
#
# Guess: the time of a decoded frame is where its sound begins: the time of the one before plus the
# samples of that at its own rate. For two recordings of 1.5 s in one `.aac` file the last frame ends
# near 3 s, whatever their rates; or the demuxer gives no times at all, as the format has none.
#
# Seen (PyAV 18.1.0, FFmpeg 8.1): there are times, and they are counted with the rate of the first frame
# for the whole file. If that is 22,050 Hz and the second half has 44,100, each frame of the second
# half lasts 23 ms and the next one is said to begin 46 ms later: the file seems to end after 4.6 s. The
# other way round frames overlap. Whoever fills holes between frames with silence chops the sound.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check av==18.1.0
cd "$folder"

cat > times.py <<'PY'
import io
import math
import sys
from array import array

import av

SECONDS, FRAME = 1.5, 1024


def recording(rate_hz):
    out = io.BytesIO()
    with av.open(out, "w", format="adts") as file:
        stream = file.add_stream("aac", rate=rate_hz, layout="mono")
        for at in range(0, round(SECONDS * rate_hz), FRAME):
            frame = av.AudioFrame("flt", "mono", FRAME)
            frame.sample_rate, frame.pts = rate_hz, at
            turn = 2 * math.pi * 440 / rate_hz
            wave = array("f", (0.3 * math.sin(turn * n) for n in range(at, at + FRAME)))
            frame.planes[0].update(wave.tobytes())
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    return out.getvalue()


def ends(*rates_hz):
    """Seconds of sound, and when it ends by its own times."""
    data = b"".join(map(recording, rates_hz))
    sound_s = end_s = 0.0
    with av.open(io.BytesIO(data), format="aac") as file:
        for frame in file.decode(audio=0):
            sound_s += frame.samples / frame.sample_rate
            end_s = frame.time + frame.samples / frame.sample_rate
    return round(sound_s, 2), round(end_s, 2)


print("PyAV", av.__version__, "libavformat", av.library_versions["libavformat"])
found = {}
for rates_hz in ((22_050, 22_050), (22_050, 44_100), (44_100, 22_050)):
    found[rates_hz] = ends(*rates_hz)
    print(f"{rates_hz}: {found[rates_hz][0]} s of sound, the last frame ends at {found[rates_hz][1]} s")
same = (
    abs(found[22_050, 22_050][1] - found[22_050, 22_050][0]) < 0.05
    and found[22_050, 44_100][1] > found[22_050, 44_100][0] + 1
    and found[44_100, 22_050][1] < found[44_100, 22_050][0] - 0.5
)
sys.exit(0 if same else "this has changed")
PY
venv/bin/python times.py
