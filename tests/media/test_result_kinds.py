"""Which files are taken for what Kling made."""

from pathlib import Path

import pytest

from bot.delivery.results import result_file
from bot.errors import DownloadFailed
from storage.job import Job
from tests.harness.jobs import make_job

HEADS = {
    "mp4": b"\0\0\1\0ftypisom\0\0\2\0isomavc1",
    "mov": b"\0\0\0\x14ftypqt  \0\0\2\0qt  ",
    "webm": b"\x1aE\xdf\xa3",
    "png": b"\x89PNG\r\n\x1a\n",
    "gif": b"GIF89a",
    "webp": b"RIFF\0\0\0\0WEBPVP8 ",
    "jpg": b"\xff\xd8\xff\xe0",
}
SOUNDS = {"mp3": b"ID3\4", "wav": b"RIFF\0\0\0\0WAVEfmt ", "m4a": b"\0\0\0\x18ftypM4A "}
NEITHER = {
    "CR3": b"\0\0\0\x18ftypcrx \0\0\0\1crx isom",
    "PSD": b"8BPS\0\1",
    "ICO": b"\0\0\1\0\1\0\x10\x10",
    "AVI": b"RIFF\0\0\0\0AVI ",
    "FLV": b"FLV\1\5\0\0\0\x09",
    "MPEG": b"\0\0\1\xbaD\0",
    "MPEG-TS": b"G\x40\0\x10\0\0\xb0\x0d",
    "WMA": b"0&\xb2u\x8ef\xcf\x11\xa6\xd9\0\xaa\0b\xcel",
    "AMR": b"#!AMR\n",
    "words": b"<html>",
}


def of(kind: str) -> Job:
    return make_job(outcome={"media": [{"kind": kind}]})


def written(folder: Path, head: bytes) -> Path:
    path = folder / "downloaded"
    path.write_bytes(head + bytes(64))
    return path


@pytest.mark.parametrize("name", HEADS | SOUNDS)
def test_a_result_is_named_by_what_it_is(tmp_path: Path, name: str) -> None:
    """Each kind that Kling makes and Discord shows or plays is posted under its own suffix."""
    job = of("audio" if name in SOUNDS else "video")
    named = result_file(job, 0, written(tmp_path, (HEADS | SOUNDS)[name]))
    assert named.path.name == f"result-0.{name}"


@pytest.mark.parametrize("kind", ["image", "video", "audio"])
def test_what_kling_never_makes_is_no_result(tmp_path: Path, kind: str) -> None:
    """Kinds that are known only to be refused or listened to by name are not posted as results."""
    for name, head in NEITHER.items():
        with pytest.raises(DownloadFailed):
            result_file(of(kind), 0, written(tmp_path, head))
        assert not list(tmp_path.glob("result-*")), name


@pytest.mark.parametrize("name", SOUNDS)
def test_no_video_is_sound_alone(tmp_path: Path, name: str) -> None:
    """Sound comes only where Kling said that it is sound."""
    with pytest.raises(DownloadFailed):
        result_file(of("video"), 0, written(tmp_path, SOUNDS[name]))
