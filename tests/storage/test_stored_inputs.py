"""Large inputs stay where they are: read in pieces, copied within the database."""

import random
from dataclasses import replace
from pathlib import Path

import pytest

from storage.contents import AT_HAND_MAX_BYTES, InRow, Spool
from storage.errors import ParentForgotten
from storage.job import State
from storage.store import JobStore, Lane
from tests.harness.storage.contents import whole
from tests.harness.storage.making import NOW, PICTURE, answered, claimed, make_job

LARGE = 3 * AT_HAND_MAX_BYTES
DATA = random.Random(3).randbytes(LARGE)  # noqa: S311 - not a secret


async def test_a_large_input_is_read_in_pieces(store: JobStore) -> None:
    """Listing the inputs of a job reads the small ones; of a large one it says where it is."""
    job, large = make_job(), replace(PICTURE, data=DATA)
    small = replace(PICTURE, name="image_2", data=DATA[:AT_HAND_MAX_BYTES])
    await store.insert(job, [large, small])
    found = await store.inputs(job.id)
    assert found == {
        "image": replace(large, data=InRow(job.id, "image", LARGE)),
        "image_2": small,
    }
    assert found["image"].size_bytes == LARGE
    assert await whole(store, found["image"]) == DATA


async def test_what_is_in_a_file_is_stored(store: JobStore, tmp_path: Path) -> None:
    """Files are stored as they are in it, also when it has no name any more."""
    spool = Spool(tmp_path)
    pieces = {"image": DATA, "image_2": DATA[7:], "image_3": b""}
    kept = [replace(PICTURE, name=name, data=spool.keep(data)) for name, data in pieces.items()]
    spool.path.unlink()
    job = make_job()
    await store.insert(job, kept)
    await answered(store, make_job(state=State.PREPARING))
    later = await claimed(store, Lane.PREPARE)
    await store.put_inputs(later, kept)
    for job_id in (job.id, later.id):
        found = await store.inputs(job_id)
        read = {name: await whole(store, one) for name, one in found.items()}
        assert read == {name: data for name, data in pieces.items() if data}


async def test_nothing_is_read_of_what_was_deleted(store: JobStore) -> None:
    """A reader that is on its way finds nothing more, and is told nothing else."""
    job = make_job()
    await store.insert(job, [replace(PICTURE, data=DATA)])
    where = InRow(job.id, "image", LARGE)
    assert await store.input_part(where, 1, 3) == DATA[1:4]
    assert await store.withdraw(job.id)
    assert await store.input_part(where, 4, 3) == b""


async def test_a_job_made_of_another_gets_its_files(store: JobStore) -> None:
    """They are copied where they are, whole."""
    parent = make_job()
    await store.insert(parent, [replace(PICTURE, data=DATA, until=NOW)])
    await store.mark_answered(parent.id, message_id=1, now=NOW, due_at=NOW)
    child = make_job(parent_id=parent.id)
    await store.insert(child, list((await store.inputs(parent.id)).values()))
    [mine] = (await store.inputs(child.id)).values()
    assert (mine.name, mine.facts, mine.until) == ("image", PICTURE.facts, NOW)
    assert mine.data == InRow(child.id, "image", LARGE)
    assert await whole(store, mine) == DATA


async def test_no_job_is_made_of_files_that_are_gone(store: JobStore) -> None:
    """Where they were deleted since they were looked at, nothing is accepted."""
    parent = make_job()
    await answered(store, parent)
    child = make_job(parent_id=parent.id)
    gone = replace(PICTURE, data=InRow(parent.id, "image", LARGE))
    with pytest.raises(ParentForgotten):
        await store.insert(child, [gone])
    assert await store.get(child.id) is None
