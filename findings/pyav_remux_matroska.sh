#!/usr/bin/env bash
# Copied packet by packet as PyAV's documentation showed for years, a Matroska file loses its beginning.
#
# Guess: `for packet in container.demux(stream)` gives every packet a `dts`, and one more without, to
# flush. So `if packet.dts is None: continue`, as the cookbook's example of remuxing had it until pull
# request 2290 ("we need to skip the flushing packets that demux generates"), leaves nothing out.
#
# Seen (PyAV 18.1.0, FFmpeg 8.1): Matroska writes one time per frame, the one to show it at. For H.264
# with B-frames FFmpeg works the others out from what it has read, and cannot for the first packets:
# those have data and no `dts`. The first is the key frame, so that nothing up to the next key frame
# can be decoded: the copy of a clip with one key frame shows not a single frame. The same frames in
# MP4 are copied whole. What tells a flushing packet is that its size is 0.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check av==18.1.0
cd "$folder"

cat > remux.py <<'PY'
import logging
import sys

import av

logging.disable()
FRAMES = 48


def make(path):
    with av.open(path, "w") as file:
        stream = file.add_stream("libx264", rate=24, options={"bf": "2", "b_strategy": "0"})
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        for at in range(FRAMES):
            frame = av.VideoFrame(64, 64, "yuv420p")
            for plane, value in zip(frame.planes, (16 + 4 * at, 128, 128)):
                plane.update(bytes([value]) * plane.buffer_size)
            frame.pts = at
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))


def copied(path, target):
    """The older example of the cookbook; gives how many packets with data it left out."""
    skipped = 0
    with av.open(path) as source, av.open(target, "w") as file:
        stream = source.streams.video[0]
        new = file.add_stream_from_template(stream)
        for packet in source.demux(stream):
            if packet.dts is None:
                skipped += packet.size > 0
                continue
            packet.stream = new
            file.mux(packet)
    return skipped


def shown(path):
    frames = 0
    with av.open(path) as file:
        for packet in file.demux(video=0):
            try:
                frames += len(packet.decode())
            except av.FFmpegError:
                pass
    return frames


print("PyAV", av.__version__, "libavformat", av.library_versions["libavformat"])
found = {}
for kind in ("mp4", "mkv"):
    make(f"clip.{kind}")
    skipped = copied(f"clip.{kind}", f"copy-of-{kind}.mp4")
    found[kind] = shown(f"clip.{kind}"), skipped, shown(f"copy-of-{kind}.mp4")
    print(f"{kind}: {found[kind][0]} frames, {skipped} packets left out, {found[kind][2]} in the copy")
same = found["mp4"] == (FRAMES, 0, FRAMES) and found["mkv"][1] > 0 and found["mkv"][2] < FRAMES // 2
sys.exit(0 if same else "this has changed")
PY
venv/bin/python remux.py
