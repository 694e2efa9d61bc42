"""Characters in the database: entered once, each deletion owed to Kling, and whose they are."""

from dataclasses import replace

from sqlalchemy import insert

from storage.character import Character, Removal
from storage.character_schema import removals
from storage.characters import WAIT_MAX_S
from storage.job import Job, Kind, State
from storage.store import JobStore, Lane
from tests.harness.storage.making import (
    LEASE_S,
    MEMBER,
    NOW,
    SERVER,
    answered,
    claimed,
    make_job,
    running,
    sent,
)

EVE = MEMBER + 1
ROUTE = "general/advanced-custom-elements"


def wish(name: str = "Ana", user_id: int = MEMBER) -> Job:
    request = {"name": name, "images": ["image"], "model": "character"}
    return make_job(
        kind=Kind.CHARACTER, user_id=user_id, request=request, route=ROUTE, model="character"
    )


def of_job(job: Job, *, shared: bool = False) -> Character:
    """What its task has made."""
    return Character(
        id=job.id,
        user_id=job.origin.user_id,
        name=str(job.request["name"]),
        element_id=f"e-{job.id}",
        of_clip=False,
        made_at=NOW,
        guild_id=SERVER if shared else None,
    )


async def made(
    store: JobStore, name: str = "Ana", user_id: int = MEMBER, *, shared: bool = False
) -> Job:
    """Let a job run to its character."""
    await answered(store, wish(name, user_id))
    job = await running(store)
    character = of_job(job, shared=shared)
    outcome = {"character": character.name}
    return await store.move(job, State.READY, now=NOW, outcome=outcome, character=character)


async def owed(store: JobStore) -> list[str | None]:
    return [one.element_id for one in await store.removals(now=NOW)]


async def names(store: JobStore, user_id: int = MEMBER, guild_id: int | None = None) -> list[str]:
    return [one.name for one in await store.characters(user_id, guild_id)]


async def test_a_name_that_was_taken_meanwhile_gets_a_number(store: JobStore) -> None:
    """The element is there and must have a row; the outcome says which name it got."""
    jobs = [await made(store, name) for name in ("Ana", "ANA", "B" * 20, "b" * 20)]
    assert [job.outcome and job.outcome["character"] for job in jobs] == [
        "Ana",
        "ANA2",
        "B" * 20,
        "b" * 19 + "2",
    ]
    assert sorted(await names(store)) == ["ANA2", "Ana", "B" * 20, "b" * 19 + "2"]
    assert await names(store, EVE, SERVER) == []


async def test_a_shared_name_is_one_in_its_server(store: JobStore) -> None:
    """Another member's gets a number there; each is found by everyone there, one's own first."""
    await made(store, "Ana", shared=True)
    assert (await made(store, "Ana", EVE, shared=True)).outcome == {"character": "Ana2"}
    assert await names(store, EVE, SERVER) == ["Ana2", "Ana"]
    assert await names(store, MEMBER, SERVER) == ["Ana", "Ana2"]
    assert await names(store, EVE, SERVER + 1) == ["Ana2"]
    taken = await store.names_in_use(EVE + 1, SERVER)
    assert (list(taken.own), sorted(taken.shared)) == ([], ["ana", "ana2"])
    await made(store, "Mine", shared=False)
    assert list((await store.names_in_use(EVE, None)).shared) == []


async def test_a_name_is_in_use_while_it_is_made(store: JobStore) -> None:
    """From the card on, and until the job ends without a character."""
    job = wish("Ana")
    await store.insert(job)
    assert list((await store.names_in_use(MEMBER, None)).own) == []
    await store.mark_answered(job.id, message_id=1, now=NOW, due_at=NOW)
    assert list((await store.names_in_use(MEMBER, None)).own) == ["ana"]
    held = await running(store)
    problem = {"problems": [{"code": "x", "facts": {}}]}
    await store.move(held, State.READY, now=NOW, outcome=problem)
    assert list((await store.names_in_use(MEMBER, None)).own) == []


async def test_deleting_owes_kling_the_same_in_one_write(store: JobStore) -> None:
    """Only one's own, in any case; a second time there is nothing left."""
    job = await made(store)
    assert not await store.delete_character(EVE, "Ana", now=NOW)
    assert await owed(store) == []
    assert await store.delete_character(MEMBER, "aNA", now=NOW)
    assert (await names(store), await owed(store)) == ([], [f"e-{job.id}"])
    assert not await store.delete_character(MEMBER, "Ana", now=NOW)
    [removal] = await store.removals(now=NOW)
    later = NOW + WAIT_MAX_S
    again = {"due_at": later, "element_id": removal.element_id, "told": True}
    await store.removal_again(removal, **again)  # type: ignore[arg-type] # of three types
    assert await store.removals(now=NOW) == []
    assert await store.next_removal_at() == later
    tried = replace(removal, tries=1, due_at=later, told=True)
    assert await store.removals(now=later) == [tried]
    assert await store.removals(now=NOW - 1) == [tried], "the clock went back"
    await store.removal_done(removal)
    assert await store.next_removal_at() is None


async def test_what_nobody_follows_is_owed_as_soon_as_it_is_there(store: JobStore) -> None:
    """A member who stopped following gets no character."""
    await answered(store, wish())
    job = await running(store)
    await store.stop_following(job.id, now=NOW)
    await store.move(job, State.READY, now=NOW, character=of_job(job))
    assert (await names(store), await owed(store)) == ([], [f"e-{job.id}"])


async def test_forgetting_a_member_owes_all_of_theirs(store: JobStore) -> None:
    """Characters by their element, those being made by task or job; nobody else's is named."""
    mine, hers = await made(store, "Ana"), await made(store, "Eve", EVE)
    await answered(store, wish("Running"))
    on_its_way = await running(store)
    await answered(store, wish("Sent"))
    unclear = await sent(store)
    await answered(store, wish("Waiting"))
    await store.forget_member(MEMBER, now=NOW)
    found = {(one.id, one.element_id, one.task_id) for one in await store.removals(now=NOW)}
    assert found == {
        (mine.id, f"e-{mine.id}", None),
        (on_its_way.id, None, f"task-{on_its_way.id}"),
        (unclear.id, None, None),
    }
    assert await names(store, EVE) == ["Eve"]
    assert (await store.personal_data(MEMBER))["characters"] == []
    [row] = (await store.personal_data(EVE))["characters"]
    assert (row["name"], row["element_id"]) == ("Eve", f"e-{hers.id}")


async def test_what_others_made_of_a_members_files_goes_with_them(store: JobStore) -> None:
    """A character that "Run again" made of theirs is deleted, and none comes of one under way."""
    mine = await made(store, "Ana")
    await answered(store, replace(wish("Copy", EVE), parent_id=mine.id))
    copied = await running(store)
    copied = await store.move(copied, State.READY, now=NOW, character=of_job(copied))
    for _ in (mine, copied):
        [held, *_] = await store.claim(Lane.TELL, now=NOW, lease_s=LEASE_S, limit=1)
        await store.move(held, State.DONE, now=NOW)
    await answered(store, replace(wish("Late", EVE), parent_id=mine.id))
    late = await running(store)
    await made(store, "Eve", EVE)
    await store.forget_member(MEMBER, now=NOW)
    assert await names(store, EVE) == ["Eve"]
    assert set(await owed(store)) == {f"e-{mine.id}", f"e-{copied.id}"}
    await store.move(late, State.READY, now=NOW, character=of_job(late))
    assert await names(store, EVE) == ["Eve"]
    assert set(await owed(store)) == {f"e-{one.id}" for one in (mine, copied, late)}


async def test_an_old_job_takes_no_character_along(store: JobStore) -> None:
    """Jobs go by their age; the character stays until it is deleted."""
    job = await made(store)
    held = await claimed(store, Lane.TELL)
    await store.move(held, State.DONE, now=NOW)
    assert await store.purge(now=NOW + 100, inputs_older_s=1, jobs_older_s=1) == 1
    assert await store.get(job.id) is None
    assert (await names(store), await owed(store)) == (["Ana"], [])


async def test_what_an_old_job_made_of_a_members_files_goes_with_them(store: JobStore) -> None:
    """Also once the job that tells whose files it shows was deleted by its age."""
    mine = await made(store, "Ana")
    for number, user in enumerate((EVE, EVE + 1)):  # of the first one, then of that one's
        of = [mine.id, *(one.id for one in await store.list_jobs() if one.parent_id)][number]
        await answered(store, replace(wish(f"Copy {number}", user), parent_id=of))
        copied = await running(store)
        await store.move(copied, State.READY, now=NOW, character=of_job(copied))
    await made(store, "Eve", EVE)
    while held := await store.claim(Lane.TELL, now=NOW, lease_s=LEASE_S, limit=1):
        await store.move(held[0], State.DONE, now=NOW)
    assert await store.purge(now=NOW + 100, inputs_older_s=1, jobs_older_s=1) == 4
    assert (await names(store, EVE), await names(store, EVE + 1)) == (["Copy 0", "Eve"], ["Copy 1"])
    await store.forget_member(EVE, now=NOW)
    assert (await names(store), await names(store, EVE + 1)) == (["Ana"], [])
    assert len(await owed(store)) == 3
    await store.forget_member(MEMBER, now=NOW)
    assert len(await owed(store)) == 4


async def test_a_left_server_ends_the_sharing(store: JobStore) -> None:
    """The character stays its member's."""
    await made(store, shared=True)
    await store.forget_server(SERVER, now=NOW)
    assert (await names(store), await owed(store)) == (["Ana"], [])
    assert await names(store, EVE, SERVER) == []


async def test_what_is_owed_twice_is_one_row(store: JobStore) -> None:
    """A removal that is there stays as it is."""
    job = await made(store)
    row = {"id": job.id, "element_id": "first", "asked_at": NOW, "due_at": NOW}
    await store._connections.write(lambda here: here.execute(insert(removals).values(row)).close())
    assert await store.delete_character(MEMBER, "Ana", now=NOW)
    [one] = await store.removals(now=NOW)
    assert one == Removal(job.id, "first", None, NOW, NOW)
