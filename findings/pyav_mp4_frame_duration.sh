#!/usr/bin/env bash
# In an MP4 with B-frames whose frames last differently, PyAV's `frame.duration` is another frame's.
#
# Guess: `frame.duration` is how long the frame is shown, until the next one's `pts`: MP4 has a table
# of just that ("decoding time to sample"), and each packet was written with the duration of its frame.
#
# Seen (PyAV 18.1.0, FFmpeg 8.1): MP4 states how far frames are apart in the order in which they are
# decoded, and derives the rest from the time that each is shown at; the duration of a packet counts for
# the very last one only. FFmpeg reads that table back as the durations of the frames. So a frame that
# is shown for 300 ms says 40, and one of 40 ms says 300; together they are a quarter second short. The
# `pts` are all right. Without B-frames, and in Matroska, which writes a duration beside each frame that
# needs one, every duration is that of its frame. What lasts is the distance between times; for the last
# frame in order of showing, which has no next one, the length of the track.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check av==18.1.0
cd "$folder"

cat > durations.py <<'PY'
import sys
from fractions import Fraction

import av

MS = Fraction(1, 1000)
LASTS = [40, 40, 40, 300] * 4  # milliseconds


def make(path, b_frames):
    times = {sum(LASTS[:number]): lasts for number, lasts in enumerate(LASTS)}
    with av.open(path, "w") as file:
        options = {"bf": b_frames, "b_strategy": "0", "sc_threshold": "0"}
        stream = file.add_stream("libx264", rate=25, options=options)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        stream.codec_context.time_base = MS

        def write(frame):
            for packet in stream.encode(frame):
                packet.duration = times[packet.pts]
                file.mux(packet)

        for number, (at, lasts) in enumerate(times.items()):
            frame = av.VideoFrame(64, 64, "yuv420p")
            for plane, value in zip(frame.planes, (16 + 8 * number, 128, 128)):
                plane.update(bytes([value]) * plane.buffer_size)
            frame.pts, frame.time_base, frame.duration = at, MS, lasts
            write(frame)
        write(None)


def said(path):
    """How long each frame is until the next, and how long each says that it is."""
    with av.open(path) as file:
        frames = list(file.decode(video=0))
    unit = frames[0].time_base
    until = [round((after.pts - frame.pts) * unit / MS) for frame, after in zip(frames, frames[1:])]
    return until, [round(frame.duration * unit / MS) for frame in frames]


print("PyAV", av.__version__, "libavformat", av.library_versions["libavformat"])
right = {}
for kind in ("mp4", "mkv"):
    for b_frames in ("0", "2"):
        make(f"clip-{b_frames}.{kind}", b_frames)
        until, says = said(f"clip-{b_frames}.{kind}")
        right[kind, b_frames] = says == LASTS
        print(f"{kind}, {b_frames} B-frames: until the next {until}, says {says}, {sum(says)} ms in all")
        if until != LASTS[:-1]:
            sys.exit("the times have changed")
same = right == {("mp4", "0"): True, ("mp4", "2"): False, ("mkv", "0"): True, ("mkv", "2"): True}
sys.exit(0 if same else "this has changed")
PY
venv/bin/python durations.py
