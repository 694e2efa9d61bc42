"""What stands for `python:3.13-slim-trixie` where no registry of images can be reached.

Made with debootstrap, for this machine's processor or, by emulation, for ARM's 64 bit. Its Python
is Debian's, of the Dockerfile's version.
"""

import contextlib
import platform
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

SUITE: Final = "trixie"
PYTHON: Final = "3.13-slim-trixie"
HOST: Final = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), "")
"""This machine's processor, as Debian and containers name it."""
QEMU: Final = "qemu-aarch64-static"
PACKAGES: Final = ("python3", "python3-venv", "python-is-python3", "ca-certificates")

BINFMT: Final = Path("/proc/sys/fs/binfmt_misc")
FORMAT: Final = "kling-aarch64"
AARCH64_ELF: Final = (
    rb"\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00",
    rb"\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff",
)
"""How a program for this processor begins, and which of these bits count."""


def run(*words: str) -> None:
    """Run a command; raises `subprocess.CalledProcessError`, after it has said why."""
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL)  # noqa: S603 - fixed words


def podman(*words: str) -> subprocess.CompletedProcess[str]:
    """Run podman, whatever comes of it."""
    command = ["podman", "--runtime", "runc", *words]
    return subprocess.run(command, check=False, capture_output=True, text=True)  # noqa: S603 - fixed words


def tag(arch: str) -> str:
    """Return the base image's tag: `PYTHON` in the Dockerfile."""
    return PYTHON if arch == HOST else f"{PYTHON}-{arch}"


def missing_for(arch: str) -> list[str]:
    """Return the programs that this processor needs here and that are not installed."""
    return [QEMU] if arch != HOST and shutil.which(QEMU) is None else []


@contextlib.contextmanager
def runnable(arch: str) -> Iterator[None]:
    """Let the kernel start programs of this processor for the block.

    As `qemu-user-static` has it registered where it can: opened at once (F), so that the emulator
    need not be in the tree; and with the caller's privileges, which setuid programs need (C).
    """
    mounted = not (BINFMT / "register").exists()
    if arch == HOST or any(BINFMT.glob("*aarch64")):
        yield
        return
    if mounted:
        run("mount", "-t", "binfmt_misc", "none", str(BINFMT))
    magic, mask = AARCH64_ELF
    line = b":%s:M::%s:%s:%s:FOC" % (FORMAT.encode(), magic, mask, _qemu().encode())
    try:
        (BINFMT / "register").write_bytes(line)
        yield
    finally:
        with contextlib.suppress(OSError):
            (BINFMT / FORMAT).write_text("-1")
        if mounted:
            run("umount", str(BINFMT))


def _qemu() -> str:
    found = shutil.which(QEMU)
    assert found is not None
    return found


def make_base(arch: str) -> None:
    """Make what stands for the base image, if there is none yet."""
    name = f"localhost/python:{tag(arch)}"
    if podman("image", "exists", name).returncode == 0:
        return
    with tempfile.TemporaryDirectory() as made:
        words = ("--variant=minbase", f"--arch={arch}", SUITE, made)
        if arch == HOST:
            run("debootstrap", *words)
        else:
            run("debootstrap", "--foreign", *words)
            run("chroot", made, "/debootstrap/debootstrap", "--second-stage")
        run("chroot", made, "apt-get", "install", "-qy", "--no-install-recommends", *PACKAGES)
        tar = Path(made).with_suffix(".tar")
        try:
            run("tar", "-C", made, "-cf", str(tar), ".")
            run("podman", "import", "-q", "--arch", arch, str(tar), name)
        finally:
            tar.unlink(missing_ok=True)
