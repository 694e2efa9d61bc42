#!/usr/bin/env bash
# PyAV cannot write an MP4 with `faststart` into memory, and may fill it with another file's bytes.
#
# Guess: a `BytesIO` can seek and be read, so `av.open(buffer, "w", format="mp4", options={"movflags":
# "+faststart"})` writes the index in front of the frames, as it does into a file.
#
# Seen (PyAV 18.1.0, FFmpeg 8.1): FFmpeg moves the frames by opening the output a second time, by its
# name, and a buffer has none: PyAV calls it `<none>`. So closing it, after all frames were encoded,
# ends in "No such file or directory: '<none>'". In a folder that has a file of this name nothing is
# raised, and the MP4 holds that file's bytes in place of its own frames.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check av==18.1.0
cd "$folder"

cat > faststart.py <<'PY'
import io
import logging
import sys

import av

logging.disable()
FRAMES = 24


def make(out):
    with av.open(out, "w", format="mp4", options={"movflags": "+faststart"}) as file:
        stream = file.add_stream("libx264", rate=24)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        for at in range(FRAMES):
            frame = av.VideoFrame(64, 64, "yuv420p")
            for plane, value in zip(frame.planes, (16 + 4 * at, 128, 128)):
                plane.update(bytes([value]) * plane.buffer_size)
            frame.pts = at
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))


def frames(data):
    try:
        with av.open(io.BytesIO(data)) as file:
            return sum(1 for _ in file.decode(video=0))
    except av.FFmpegError:
        return 0


def in_memory():
    """What was raised, and how many frames can be decoded of what was written."""
    buffer, raised = io.BytesIO(), ""
    try:
        make(buffer)
    except OSError as error:
        raised = f"{type(error).__name__}: {error.filename}"
    return raised, frames(buffer.getvalue()), buffer.getvalue()


print("PyAV", av.__version__, "libavformat", av.library_versions["libavformat"])
make("clip.mp4")
whole = frames(open("clip.mp4", "rb").read())
print(f"into a file: {whole} frames")
alone = in_memory()
print(f"into memory: {alone[0] or 'nothing raised'}, {alone[1]} frames")
other = b"bytes of another file. " * 4_000
open("<none>", "wb").write(other)
beside = in_memory()
copied = other[1_000:2_000] in beside[2]
print(f"beside a file <none>: {beside[0] or 'nothing raised'}, {beside[1]} frames, its bytes: {copied}")
same = whole == FRAMES and alone[:2] == ("FileNotFoundError: <none>", 0)
sys.exit(0 if same and beside[:2] == ("", 0) and copied else "this has changed")
PY
venv/bin/python faststart.py
