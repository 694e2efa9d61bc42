"""How often a task is looked for before its member is told that none was made."""

from bot.domain.policy.backoff import ASKED_MIN, DAY_S
from bot.domain.policy.in_vain import NO_WAITS, Vain, Waits
from bot.domain.policy.recovery import LOOKS_BEFORE_NO, looks_again, waited_enough

LATE_S = 2 * DAY_S


def after(waits: Waits, kind: Vain, times: int) -> Waits:
    for _ in range(times):
        waits = waits.once_more(kind)
    return waits


def test_so_many_looks_in_a_row_must_find_nothing() -> None:
    """The last of them ends it, and refusals in between start no new row."""
    waits = after(NO_WAITS, Vain.ABSENT, LOOKS_BEFORE_NO - 2)
    assert looks_again(waits)
    waits = after(after(waits, Vain.REFUSED, ASKED_MIN), Vain.ABSENT, 1)
    assert not looks_again(waits)


def test_after_a_look_only_age_counts() -> None:
    """A look ends the count of refusals; what was old enough then is not refused ten more times."""
    refused = after(NO_WAITS, Vain.REFUSED, 1)
    looked = after(NO_WAITS, Vain.ABSENT, 1).once_more(Vain.REFUSED)
    assert waited_enough(looked, Vain.REFUSED, 0.0, LATE_S, DAY_S)
    assert not waited_enough(refused, Vain.REFUSED, 0.0, LATE_S, DAY_S)
    assert not waited_enough(looked, Vain.REFUSED, 0.0, DAY_S / 2, DAY_S)


def test_ten_refusals_of_an_old_job_are_enough() -> None:
    """As for every other wait."""
    refused = after(NO_WAITS, Vain.REFUSED, ASKED_MIN)
    assert waited_enough(refused, Vain.REFUSED, 0.0, LATE_S, DAY_S)
