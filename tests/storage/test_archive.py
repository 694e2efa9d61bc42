"""The ZIP of everything of a member: whole, for their eyes, and no larger than it may be."""

import json
import os
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from storage.job import StoredInput
from storage.personal_archive import DATA_FILE
from storage.store import JobStore
from tests.harness.storage.making import MEMBER, NOW, TOKEN, URL, answered, make_job

OTHER = MEMBER + 900
ROOM_BYTES = 400_000
LARGE_BYTES = 200_000


def unpacked(file: Path) -> tuple[dict[str, Any], dict[str, bytes]]:
    with zipfile.ZipFile(file) as archive:
        assert archive.testzip() is None
        held = {name: archive.read(name) for name in archive.namelist()}
    return json.loads(held.pop(DATA_FILE)), held


def begun(folder: Path) -> list[Path]:
    return [*folder.rglob("*.zip*")]


def picture(size_bytes: int = 1_000) -> StoredInput:
    return StoredInput("image", "image/png", os.urandom(size_bytes), {"width": 1})


async def test_no_secret_and_nobody_else_is_in_it(store: JobStore, tmp_path: Path) -> None:
    """Not a token, not a signed URL, not another member's id."""
    mine = replace(make_job(), sources={"video": URL}, result_urls=(URL,))
    await store.insert(mine, [picture()])
    await store.insert(make_job(user_id=OTHER), [picture()])
    await store.block(MEMBER, 5, by=OTHER, reason="too loud", now=NOW)
    target = tmp_path / "mine.zip"
    holds = await store.archive(MEMBER, target)
    assert (holds.jobs, holds.files, holds.left_out) == (1, 1, 0)
    assert holds.size_bytes == target.stat().st_size
    assert target.stat().st_mode & 0o777 == 0o600
    data, files = unpacked(target)
    said = json.dumps(data)
    for secret in (TOKEN, URL, str(OTHER), mine.callback_key or "\0"):
        assert secret not in said
    assert [row["id"] for row in data["jobs"]] == [mine.id]
    assert data["blocks"][0]["reason"] == "too loud"
    assert [*files] == [f"files/{mine.id}/image.png"]


async def test_a_file_that_came_from_another_members_job_is_named_only(
    store: JobStore, tmp_path: Path
) -> None:
    """Running a job again copies its upload, which was never shown: no archive hands it out."""
    theirs = make_job(user_id=OTHER)
    await store.insert(theirs, [picture()])
    again = make_job(parent_id=theirs.id)
    await store.insert(again, list((await store.inputs(theirs.id)).values()))
    once_more = make_job(parent_id=again.id)
    await store.insert(once_more, list((await store.inputs(again.id)).values()))
    target = tmp_path / "mine.zip"
    holds = await store.archive(MEMBER, target)
    assert (holds.jobs, holds.files, holds.left_out) == (2, 0, 0)
    data, files = unpacked(target)
    assert files == {}
    named = {file["job_id"]: file for file in data["files"]}
    assert named.keys() == {again.id, once_more.id}
    assert all(file["of_another_member"] for file in named.values())
    await store.archive(OTHER, target)
    assert [*unpacked(target)[1]] == [f"files/{theirs.id}/image.png"]


async def test_the_newest_files_come_along_as_far_as_they_fit(
    store: JobStore, tmp_path: Path
) -> None:
    """A small old one still fits where a large new one does not; the rest is named."""
    sizes = (50_000, LARGE_BYTES, LARGE_BYTES)
    jobs = [make_job(created_at=NOW + number) for number in range(len(sizes))]
    for job, size in zip(jobs, sizes, strict=True):
        await store.insert(job, [picture(size)])
    target = tmp_path / "mine.zip"
    holds = await store.archive(MEMBER, target, room_bytes=ROOM_BYTES)
    assert holds.size_bytes <= ROOM_BYTES
    assert (holds.files, holds.left_out) == (2, 1)
    data, files = unpacked(target)
    assert {*files} == {f"files/{jobs[0].id}/image.png", f"files/{jobs[2].id}/image.png"}
    left = [file for file in data["files"] if file.get("left_out")]
    assert [file["job_id"] for file in left] == [jobs[1].id]


async def test_the_data_is_there_whatever_the_room(store: JobStore, tmp_path: Path) -> None:
    """Who gets it can tell by its size."""
    await answered(store, make_job())
    target = tmp_path / "mine.zip"
    holds = await store.archive(MEMBER, target, room_bytes=1)
    assert holds.size_bytes > 1
    assert unpacked(target)[0]["jobs"]


async def test_a_place_that_cannot_be_written_leaves_nothing(
    store: JobStore, tmp_path: Path
) -> None:
    """An error, and no file that was begun."""
    with pytest.raises(OSError, match="No such file"):
        await store.archive(MEMBER, tmp_path / "nowhere" / "mine.zip")
    assert begun(tmp_path) == []
