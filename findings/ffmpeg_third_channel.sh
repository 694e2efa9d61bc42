#!/usr/bin/env bash
# Mixed down to stereo, the third channel of a plain WAV file is lost without a word.
#
# Guess: a WAV of three channels that says nothing about speakers (`fmt ` without a channel mask, as
# Python's `wave` and many recorders write it) has channels without a place. Mixed to stereo the third
# is put into both sides, or there is an error. And more channels than three are no better off.
#
# Seen (PyAV 18.1.0, FFmpeg 8.1's libswresample): the decoded frame says honestly that its layout is
# "3 channels", that is, unknown. The resampler then takes it for "2.1", whose third channel is the
# subwoofer, and leaves subwoofers out: a voice on the third microphone is digital silence. The last of
# four is heard (taken for a rear centre, on both sides at half), the last of six to eight also.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check av==18.1.0
cd "$folder"

cat > mix.py <<'PY'
import io
import math
import sys
import wave
from array import array

import av

RATE_HZ, PEAK = 48_000, 10_000


def recording(channels):
    """One second in which only the last channel has a tone."""
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        samples = array("h")
        for n in range(RATE_HZ):
            tone = int(PEAK * math.sin(2 * math.pi * 440 * n / RATE_HZ))
            samples.extend([0] * (channels - 1) + [tone])
        file.writeframes(samples.tobytes())
    out.seek(0)
    return out


def heard(channels):
    peaks, layouts = [0.0, 0.0], set()
    resampler = av.AudioResampler("fltp", "stereo", RATE_HZ)
    with av.open(recording(channels)) as file:
        for frame in file.decode(audio=0):
            layouts.add(frame.layout.name)
            for mixed in resampler.resample(frame):
                for side, plane in enumerate(mixed.planes):
                    part = memoryview(bytes(plane)).cast("f")[: mixed.samples]
                    peaks[side] = max(peaks[side], max(part) * 32_768 / PEAK)
    return [round(peak, 2) for peak in peaks], layouts


print("PyAV", av.__version__, "libswresample", av.library_versions["libswresample"])
found = {}
for channels in (2, 3, 4, 6, 8):
    found[channels], layouts = heard(channels)
    print(f"tone in the last of {channels}, layout {sorted(layouts)}: left and right {found[channels]}")
    assert layouts == {f"{channels} channels"}
sys.exit(0 if found[3] == [0, 0] and found[4] == [0.5, 0.5] else "this has changed")
PY
venv/bin/python mix.py
