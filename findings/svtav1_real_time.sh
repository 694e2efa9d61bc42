#!/usr/bin/env bash
# One AV1 picture, and the process that encoded it is before all others on the machine until it ends.
#
# Guess: an encoder starts threads of its own, perhaps with a priority of their own, and leaves the
# thread that called it as it was. That is what libx264, libx265 and libvpx do.
#
# Seen (PyAV 18.1.0 with SVT-AV1 4.1.0, Linux, as root, which is what a container usually runs as): to
# open `libsvtav1` sets the scheduling of the calling thread to SCHED_FIFO with priority 99, the highest
# there is. It stays so when the encoder is gone, and threads and processes started later inherit it. A
# busy one among them then leaves all others a twentieth of each second on its core. `nice` changes
# nothing about it; `os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))` gives it back. Without
# the right to real-time priorities the same code changes nothing, so no developer's machine shows it.
set -euo pipefail

if [ "$(uname)" != Linux ] || [ "$(id -u)" != 0 ]; then
    echo "needs Linux, and root as in a container: else the encoder may not do it"
    exit 0
fi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check av==18.1.0
cd "$folder"

cat > priority.py <<'PY'
import os
import subprocess
import sys
from fractions import Fraction

import av

NAMES = {os.SCHED_OTHER: "SCHED_OTHER", os.SCHED_FIFO: "SCHED_FIFO"}
LOOK = "import os; print(os.sched_getscheduler(0), os.sched_getparam(0).sched_priority)"


def here():
    return os.sched_getscheduler(0), os.sched_getparam(0).sched_priority


def encode(codec):
    context = av.CodecContext.create(codec, "w")
    context.width = context.height = 64
    context.pix_fmt = "yuv420p"
    context.time_base = Fraction(1, 25)
    context.framerate = Fraction(25)
    frame = av.VideoFrame(64, 64, "yuv420p")
    frame.pts = 0
    return len([*context.encode(frame), *context.encode(None)])


print("PyAV", av.__version__, "Python", sys.version.split()[0], flush=True)
found = {}
for codec in ("libx264", "libvpx-vp9", "libsvtav1"):
    assert encode(codec) == 1
    found[codec] = here()
    print(f"after {codec}: {NAMES[found[codec][0]]}, priority {found[codec][1]}", flush=True)
child = subprocess.run([sys.executable, "-c", LOOK], capture_output=True, text=True, check=True)
policy, priority = map(int, child.stdout.split())
print(f"a process started after it: {NAMES[policy]}, priority {priority}")
os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
print("given back:", NAMES[here()[0]])
plain, highest = (os.SCHED_OTHER, 0), (os.SCHED_FIFO, 99)
same = found == {"libx264": plain, "libvpx-vp9": plain, "libsvtav1": highest}
sys.exit(0 if same and (policy, priority) == highest else "this has changed")
PY
SVT_LOG=1 venv/bin/python priority.py
