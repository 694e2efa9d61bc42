"""The ledger follows from every write: what rows hold, what totals say, and what was charged."""

import asyncio

import pytest

from storage.errors import ClaimLost, DuplicateInteraction, UnitsLimitReached
from storage.job import Pack, State, WaitsFor
from storage.ledger import ACCOUNT, MEMBER, SERVER
from storage.money import NONE_MADE, UNKNOWN, Call, Learnt, Verdict
from storage.store import JobStore, Lane
from tests.harness.storage.bookings import PRICE, accepted, created, limits, priced, runs
from tests.harness.storage.making import LEASE_S, NOW, claimed
from tests.harness.storage.making import MEMBER as SOMEBODY
from tests.harness.storage.making import SERVER as PLACE

DAY_S = 86_400.0
MONTH = "2027-01"
EVERY = limits(account=10_000, server=10_000, member=10_000)


async def used(store: JobStore) -> tuple[int, int, int]:
    """Return what is held, spent and given back this month, after checking the books."""
    assert await store.check_books() == []
    lines = await store.lines(MONTH)
    return (
        sum(line.held for line in lines),
        sum(line.spent for line in lines),
        sum(line.given_back for line in lines),
    )


async def test_an_accepted_job_reserves_its_price(store: JobStore) -> None:
    """With the row, in all totals that have a limit; a withdrawn one gives all of it back."""
    job = priced()
    await store.insert(job, limits=EVERY)
    assert await used(store) == (PRICE, 0, 0)
    assert await store.withdraw(job.id, now=NOW)
    assert await used(store) == (0, 0, PRICE)


async def test_kling_answers_settle(store: JobStore) -> None:
    """What Kling deducted is spent, the rest given back, in the write that learns it."""
    job = await runs(store, await accepted(store, priced(), EVERY))
    assert await used(store) == (PRICE, 0, 0)
    await store.move(job, State.READY, now=NOW, money=Verdict(Learnt.SUCCEEDED, 90))
    assert await used(store) == (0, 90, PRICE - 90)


async def test_a_deduction_above_the_price_is_spent_in_full(store: JobStore) -> None:
    """Even past a limit; what is given back never falls below nothing."""
    tight = limits(account=PRICE, server=PRICE, member=PRICE)
    job = await runs(store, await accepted(store, priced(), tight))
    await store.move(job, State.READY, now=NOW, money=Verdict(Learnt.SUCCEEDED, 400))
    assert await used(store) == (0, 400, 0)
    with pytest.raises(UnitsLimitReached) as reached:
        await store.insert(priced(), limits=tight)
    assert (reached.value.used, reached.value.limit) == (400, PRICE)


async def test_cancelling_before_the_create_gives_back(store: JobStore) -> None:
    """A person's decision is booked in its own write as well."""
    job = await accepted(store, priced(), EVERY)
    assert await store.decide(job.id, from_state=State.QUEUED, to=State.CANCELLED, now=NOW)
    assert await used(store) == (0, 0, PRICE)


async def test_a_refused_create_gives_back(store: JobStore) -> None:
    """Proof that no task was made frees what was reserved."""
    job = await created(store, await accepted(store, priced(), EVERY))
    await store.move(job, State.READY, now=NOW, money=NONE_MADE)
    assert await used(store) == (0, 0, PRICE)


async def test_a_write_that_is_lost_books_nothing(store: JobStore) -> None:
    """Who has lost the claim changes neither the row nor the books."""
    job = await runs(store, await accepted(store, priced(), EVERY))
    await store.move(job, State.READY, now=NOW, money=Verdict(Learnt.SUCCEEDED))
    with pytest.raises(ClaimLost):
        await store.move(job, State.READY, now=NOW, money=Verdict(Learnt.SUCCEEDED))
    assert await used(store) == (0, PRICE, 0)


async def test_what_was_given_up_is_spent_after_thirty_days(store: JobStore) -> None:
    """Until then it is reserved; a result that comes later still corrects it, in its old month."""
    job = await runs(store, await accepted(store, priced(), EVERY))
    job = await store.move(job, State.READY, now=NOW, gave_up=True, money=UNKNOWN, keep=True)
    job = await store.move(job, State.DONE, now=NOW, due_at=NOW + DAY_S, keep=True)
    assert await store.end_unknown(now=NOW + 30 * DAY_S - 1) == 0
    assert await used(store) == (PRICE, 0, 0)
    assert await store.end_unknown(now=NOW + 30 * DAY_S) == 1
    assert await store.end_unknown(now=NOW + 31 * DAY_S) == 0
    assert await used(store) == (0, PRICE, 0)
    late = await store.get(job.id)
    assert late is not None
    await store.move(late, State.READY, now=NOW, money=Verdict(Learnt.SUCCEEDED, 100))
    assert await used(store) == (0, 100, PRICE - 100)


async def test_sending_again_reserves_twice(store: JobStore) -> None:
    """Without asking the limits; the first stays held when the second is answered."""
    tight = limits(account=PRICE, server=PRICE, member=PRICE)
    job = await created(store, await accepted(store, priced(), tight))
    await store.move(job, State.WAITING, now=NOW, waits_for=WaitsFor.UNSURE, due_at=NOW)
    assert await store.decide(
        job.id, from_state=State.WAITING, waits_for=WaitsFor.UNSURE, to=State.QUEUED, now=NOW
    )
    assert await used(store) == (2 * PRICE, 0, 0)
    job = await runs(store, job)
    await store.move(job, State.READY, now=NOW, money=Verdict(Learnt.SUCCEEDED))
    assert await used(store) == (PRICE, PRICE, 0)


async def test_a_call_is_booked_before_it_is_made(store: JobStore) -> None:
    """It is spent when it begins; refused after it, a job gives back the rest alone."""
    job = await accepted(store, priced(calls=5, state=State.PREPARING), EVERY)
    job = await claimed(store, Lane.PREPARE)
    job = await store.save(job, now=NOW, keep=True, cost_begun=True, money=Call(5))
    assert await used(store) == (PRICE, 5, 0)
    await store.move(job, State.READY, now=NOW)
    assert await used(store) == (0, 5, PRICE)


@pytest.mark.parametrize("scope", [ACCOUNT, SERVER, MEMBER])
async def test_fifty_at_once_take_exactly_what_is_left(
    store: JobStore, other: JobStore, scope: str
) -> None:
    """Of commands that arrive together, as many are accepted as fit into the last units."""
    most = {scope: 1_000}
    passed = await asyncio.gather(
        *(
            through.insert(priced(200, guild_id=PLACE, user_id=SOMEBODY), limits=limits(**most))
            for _ in range(25)
            for through in (store, other)
        ),
        return_exceptions=True,
    )
    refused = [one for one in passed if isinstance(one, UnitsLimitReached)]
    assert len(passed) - len(refused) == 5
    assert all(one is None or isinstance(one, int | UnitsLimitReached) for one in passed)
    assert {(one.scope, one.used, one.price) for one in refused} == {(scope, 1_000, 200)}
    assert await used(store) == (1_000, 0, 0)


async def test_a_refusal_undoes_what_the_command_took(store: JobStore) -> None:
    """The server has room, the member has none: the server's total does not keep the price."""
    await store.insert(priced(100), limits=limits(server=1_000, member=100))
    with pytest.raises(UnitsLimitReached) as reached:
        await store.insert(priced(100), limits=limits(server=1_000, member=100))
    assert reached.value.scope == MEMBER
    other_member = priced(900, user_id=SOMEBODY + 1)
    await store.insert(other_member, limits=limits(server=1_000, member=1_000))
    assert await used(store) == (1_000, 0, 0)


async def test_a_limit_that_comes_later_knows_what_was_before(store: JobStore) -> None:
    """A total that was not kept is built from the ledger; one that was not needed is not there."""
    await store.insert(priced(700), limits=limits())
    with pytest.raises(UnitsLimitReached) as reached:
        await store.insert(priced(400), limits=limits(account=1_000))
    assert (reached.value.used, reached.value.limit) == (700, 1_000)
    await store.insert(priced(300), limits=limits(account=1_000))
    await store.insert(priced(300), limits=limits())
    with pytest.raises(UnitsLimitReached) as reached:
        await store.insert(priced(1), limits=limits(account=1_000))
    assert reached.value.used == 1_300
    assert await used(store) == (1_300, 0, 0)


async def test_a_cap_of_the_operator_comes_before_the_settings(store: JobStore) -> None:
    """It holds from the next command on, 0 included; without it the default is back."""
    of_all = limits(server=1_000)
    await store.set_caps(PLACE, {"video": 0}, now=NOW)
    with pytest.raises(UnitsLimitReached):
        await store.insert(priced(1), limits=of_all)
    await store.set_caps(PLACE, {"video": 2_000}, now=NOW)
    await store.insert(priced(1_500), limits=of_all)
    assert await store.clear_caps(PLACE, now=NOW)
    with pytest.raises(UnitsLimitReached):
        await store.insert(priced(1), limits=of_all)
    await store.set_caps(PLACE, {"video": 5_000}, now=NOW)
    with pytest.raises(UnitsLimitReached):
        await store.insert(priced(501), limits=limits(server=9_000, managers=2_000))


async def test_a_guess_is_never_refused_by_a_members_limit(store: JobStore) -> None:
    """It counts there all the same, and other limits refuse it."""
    guess = limits(member=100, account=1_000, member_may_pass=True)
    await store.insert(priced(500), limits=guess)
    with pytest.raises(UnitsLimitReached) as reached:
        await store.insert(priced(1), limits=limits(member=100))
    assert reached.value.used == 500
    with pytest.raises(UnitsLimitReached) as reached:
        await store.insert(priced(501), limits=guess)
    assert reached.value.scope == ACCOUNT


async def test_an_interaction_that_comes_twice_is_reserved_once(store: JobStore) -> None:
    """Its second row is refused by the database, and its entries with it."""
    job = priced(100)
    await store.insert(job, limits=limits(member=100))
    again = priced(100, interaction_id=job.origin.interaction_id)
    with pytest.raises(DuplicateInteraction):
        await store.insert(again, limits=limits(member=100))
    roomy = priced(100, interaction_id=job.origin.interaction_id)
    with pytest.raises(DuplicateInteraction):
        await store.insert(roomy, limits=limits(member=900))
    assert await used(store) == (100, 0, 0)


async def test_days_are_those_of_acceptance(store: JobStore) -> None:
    """What is spent after midnight counts in the day in which the job was accepted."""
    job = await runs(store, await accepted(store, priced(), EVERY))
    late = NOW + DAY_S
    await store.move(job, State.READY, now=late, money=Verdict(Learnt.SUCCEEDED))
    (line,) = await store.lines(MONTH)
    assert (line.day, line.spent) == ("2027-01-15", PRICE)
    tomorrow = priced(created_at=late)
    await store.insert(tomorrow, limits=limits(member=PRICE))


async def test_what_is_forgotten_is_settled(store: JobStore) -> None:
    """A member's open jobs end in the books by the write that deletes them."""
    waiting = await accepted(store, priced(100), EVERY)
    sent = await runs(store, await accepted(store, priced(200), EVERY))
    assert await store.forget_member(SOMEBODY, now=NOW) == 2
    assert await store.get(waiting.id) is None
    assert await store.get(sent.id) is None
    assert await used(store) == (0, 200, 100)


async def test_a_forgotten_members_id_stays_until_the_day_is_over(store: JobStore) -> None:
    """The limit of the day still knows them; after it the entries are nobody's, and count on."""
    day = limits(member=300)
    await accepted(store, priced(200, user_id=SOMEBODY), day)
    await store.forget_member(SOMEBODY, now=NOW)
    await store.insert(priced(150, user_id=SOMEBODY), limits=day)
    sent = await runs(store, await accepted(store, priced(150, user_id=9), limits(member=300)))
    await store.forget_member(9, now=NOW)
    with pytest.raises(UnitsLimitReached):
        await store.insert(priced(151, user_id=9), limits=day)
    await store.purge_books(now=NOW, older_s=400 * DAY_S)
    assert {line.user_id for line in await store.lines(MONTH)} == {SOMEBODY, 9}
    await store.purge_books(now=NOW + DAY_S, older_s=400 * DAY_S)
    lines = await store.lines(MONTH)
    assert {line.user_id: (line.held, line.spent) for line in lines} == {
        SOMEBODY: (150, 0),
        None: (0, 150),
    }
    assert await store.check_books() == []
    assert await store.get(sent.id) is None


async def test_a_forgotten_servers_id_goes_like_a_members(store: JobStore) -> None:
    """What it spent still counts in everything; the operator's cap for it stays."""
    await store.set_caps(PLACE, {"video": 500}, now=NOW)
    await runs(store, await accepted(store, priced(200), limits(account=900)))
    await store.forget_server(PLACE, now=NOW + DAY_S)
    assert [(line.guild_id, line.spent) for line in await store.lines(MONTH)] == [(None, 200)]
    assert await store.caps() == {PLACE: {"video": 500}}
    with pytest.raises(UnitsLimitReached):
        await store.insert(priced(701), limits=limits(account=900))
    assert await store.check_books() == []


async def test_the_slot_of_a_deleted_job_is_free_when_its_task_has_surely_ended(
    store: JobStore,
) -> None:
    """Until then the next job waits, so that Kling does not refuse it."""
    await runs(store, await accepted(store, priced(user_id=9)))
    await store.forget_member(9, now=NOW, slots_kept_s=1_200)
    await accepted(store, priced())

    async def going(now: float) -> int:
        return len(
            await store.claim_queued(Pack.VIDEO, total_slots=1, now=now, lease_s=LEASE_S, limit=1)
        )

    assert await going(NOW + 1_199) == 0
    assert await going(NOW + 1_200) == 1


async def test_entries_are_kept_as_long_as_the_limits_need_them(store: JobStore) -> None:
    """This month and the last stay whatever is set; older ones go by their age."""
    for months_ago in (0, 1, 2, 14):
        created = NOW - months_ago * 31 * DAY_S
        await store.insert(priced(100, created_at=created), limits=limits(account=900))
    await store.purge_books(now=NOW, older_s=1.0)
    left = [len(await store.lines(month)) for month in (MONTH, "2026-12", "2026-11", "2025-11")]
    assert left == [1, 1, 0, 0]
    assert await store.check_books(kept_since=NOW - 40 * DAY_S) == []
