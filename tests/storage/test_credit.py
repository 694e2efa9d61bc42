"""What the operator credits: room in a member's day, and nothing else."""

import pytest

from storage.errors import UnitsLimitReached
from storage.ledger import ACCOUNT, MEMBER, SERVER
from storage.store import JobStore
from tests.harness.storage.bookings import limits, priced
from tests.harness.storage.making import MEMBER as SOMEBODY
from tests.harness.storage.making import NOW

DAY_S = 86_400.0


async def takes(store: JobStore, units: int, **most: int) -> bool:
    """Ask for so many hundredths of a unit; tell whether it was accepted."""
    try:
        await store.insert(priced(units), limits=limits(**most))
    except UnitsLimitReached:
        return False
    return True


async def test_a_credit_makes_room_for_the_member_alone(store: JobStore) -> None:
    """Of the day's limit that much is free again; of the server's and everybody's nothing is."""
    assert await takes(store, 300, **{MEMBER: 300})
    assert not await takes(store, 1, **{MEMBER: 300})
    await store.credit(SOMEBODY, {"video": 150, "image": 999}, now=NOW)
    for scope in (SERVER, ACCOUNT):
        assert not await takes(store, 1, **{scope: 300})
    assert not await takes(store, 151, **{MEMBER: 300})
    assert await takes(store, 150, **{MEMBER: 300})
    assert await store.check_books() == []


async def test_a_credit_before_anything_was_used_counts_too(store: JobStore) -> None:
    """A total that does not exist yet is built with it, and tomorrow it is over."""
    await store.credit(SOMEBODY, {"video": 100}, now=NOW)
    assert await takes(store, 400, **{MEMBER: 300})
    assert not await takes(store, 1, **{MEMBER: 300})
    tomorrow = priced(301, created_at=NOW + DAY_S)
    with pytest.raises(UnitsLimitReached) as reached:
        await store.insert(tomorrow, limits=limits(member=300))
    assert reached.value.used == 0
    assert await store.check_books() == []


async def test_a_credit_names_a_forgotten_member_no_longer(store: JobStore) -> None:
    """Its entry loses the id once the day is over, and the log at once."""
    await store.credit(SOMEBODY, {"video": 100}, now=NOW)
    await store.forget_member(SOMEBODY, now=NOW)
    await store.purge_books(now=NOW + DAY_S, older_s=400 * DAY_S)
    assert {line.user_id for line in await store.lines("2027-01")} == {None}
    assert {change.member_id for change in await store.changes(limit=9)} == {None}
