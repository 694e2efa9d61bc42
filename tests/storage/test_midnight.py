"""Days and months of limits, where the clock is set back over their end."""

from dataclasses import replace

import pytest

from storage.errors import DayLimitReached, UnitsLimitReached
from storage.job import State
from storage.ledger import ACCOUNT, MEMBER, SERVER, key
from storage.limits import Limits
from storage.store import JobStore
from storage.unit_limits import Full
from tests.harness.storage.bookings import limits, priced
from tests.harness.storage.making import NOW, make_job
from tests.harness.storage.making import SERVER as PLACE

DAY_S = 86_400.0
MIDNIGHT = (NOW // DAY_S + 1) * DAY_S
NEW_MONTH = 1_801_440_000.0
"""2027-02-01 00:00 UTC."""
KEPT_S = 400 * DAY_S


async def takes(store: JobStore, units: int, at: float, **most: int) -> bool:
    """Ask for so many hundredths of a unit at this moment; tell whether it was accepted."""
    of_day = replace(limits(**most), day_starts=at // DAY_S * DAY_S)
    try:
        await store.insert(priced(units, created_at=at), limits=of_day)
    except UnitsLimitReached:
        return False
    return True


@pytest.mark.parametrize(
    ("scope", "ends"), [(MEMBER, MIDNIGHT), (SERVER, NEW_MONTH), (ACCOUNT, NEW_MONTH)]
)
@pytest.mark.parametrize("purged", [False, True])
async def test_a_limit_neither_resets_twice_nor_forgets(
    store: JobStore, scope: str, ends: float, *, purged: bool
) -> None:
    """Whichever side of the end the clock shows, what was accepted on that side counts there."""
    most = {scope: 300}
    assert await takes(store, 200, ends - 600, **most)
    assert await takes(store, 250, ends + 600, **most)
    if purged:  # the old total is gone, and the ledger still knows
        await store.purge_books(now=ends + 700, older_s=KEPT_S)
    assert not await takes(store, 101, ends - 300, **most)
    assert await takes(store, 100, ends - 300, **most)
    assert not await takes(store, 51, ends + 300, **most)
    assert await takes(store, 50, ends + 300, **most)
    assert await store.check_books() == []


async def test_jobs_of_a_day_count_in_that_day_alone(store: JobStore) -> None:
    """What was accepted while the clock was a month ahead uses up no earlier day, but its own."""
    ahead = MIDNIGHT + 30 * DAY_S
    await store.insert(make_job(state=State.DONE, create_tries=1, created_at=ahead + 60))
    await store.insert(make_job(state=State.DONE, create_tries=1, created_at=NOW))
    today, then = (Limits(2, day_starts=day) for day in (MIDNIGHT - DAY_S, ahead))
    await store.insert(make_job(created_at=NOW), limits=today)
    with pytest.raises(DayLimitReached):
        await store.insert(make_job(created_at=NOW), limits=today)
    await store.insert(make_job(created_at=ahead + 90), limits=then)
    with pytest.raises(DayLimitReached):
        await store.insert(make_job(created_at=ahead + 90), limits=then)


async def test_a_month_that_comes_again_is_not_told_again(store: JobStore) -> None:
    """Who has heard of a limit in a month hears it no second time when the clock is back in it."""
    full = Full(key(SERVER, PLACE, "video", "2027-01"), 90, 100, 80)
    assert await store.warn_once(full)
    await store.purge_books(now=NEW_MONTH + 60, older_s=KEPT_S)
    assert not await store.warn_once(full)
    await store.purge_books(now=NEW_MONTH + 29 * DAY_S, older_s=KEPT_S)
    assert await store.warn_once(full)


async def test_a_server_that_comes_back_has_spent_what_it_spent(store: JobStore) -> None:
    """Leaving and returning within a month gives a server nothing back of its limit."""
    await store.see_guilds({PLACE}, now=NOW)
    assert await takes(store, 200, NOW, server=300)
    await store.see_guilds(set(), now=NOW + 60)
    await store.forget_guilds(now=NOW + 2 * DAY_S, left_older_s=30 * DAY_S)
    await store.purge_books(now=NOW + 2 * DAY_S, older_s=KEPT_S)
    await store.see_guilds({PLACE}, now=NOW + 3 * DAY_S)
    assert not await takes(store, 101, NOW + 3 * DAY_S, server=300)
    assert await takes(store, 100, NOW + 3 * DAY_S, server=300)
    assert await store.check_books() == []
