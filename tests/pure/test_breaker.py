"""When nothing is sent to Kling, who finds out whether it is back, and what the operator hears."""

import pytest

from bot.domain.breaker import AWAY_JOBS, BUSY_TOLD_S, PROBE_S, Breaker
from bot.errors import KlingRefusedAccount
from storage.holds import Holds
from storage.job import Pack

NOW = 1_800_000_000.0
VIDEO, IMAGE = Pack.VIDEO, Pack.IMAGE
PROBE = "the probe"
OTHER = "sent before it opened"
MODEL = "kling-v2-6"
MODEL_2 = "kling-v2-5-turbo"


def refusal(code: int, http_status: int = 429) -> KlingRefusedAccount:
    return KlingRefusedAccount("no", code=code, http_status=http_status)


def away(at: float = NOW) -> Breaker:
    breaker = Breaker()
    for number in range(AWAY_JOBS):
        breaker.unanswered(f"job {number}", at)
    return breaker


def probe(breaker: Breaker, pack: Pack) -> float:
    """Let the hold run out and one job go; return the moment at which it does."""
    at = breaker.held_until(pack, NOW) or NOW
    assert breaker.room(pack, 5, at) == 1
    breaker.go(PROBE, pack, at)
    assert breaker.room(pack, 5, at) == 0
    return at


def test_while_all_is_well_all_may_go() -> None:
    """A closed breaker is not in the way, however many jobs go."""
    breaker = Breaker()
    assert breaker.room(IMAGE, 9, NOW) == 9
    breaker.go("a job", IMAGE, NOW)
    assert breaker.room(IMAGE, 9, NOW) == 9
    assert breaker.untold(NOW) == []


def test_it_takes_several_jobs_to_believe_that_kling_is_away() -> None:
    """One job that Kling chokes on again and again is that job's trouble, not everybody's."""
    breaker = Breaker()
    for _ in range(50):
        breaker.unanswered("the one", NOW)
    assert breaker.room(IMAGE, 9, NOW) == 9
    breaker.unanswered("another", NOW)
    breaker.answered(OTHER)  # one that is decided about in between: Kling is there
    breaker.unanswered("a third", NOW)
    breaker.unanswered("a fourth", NOW)
    assert breaker.room(IMAGE, 9, NOW) == 9
    breaker.unanswered("a fifth", NOW)
    assert breaker.room(IMAGE, 9, NOW) == breaker.room(VIDEO, 9, NOW) == 0
    [circuit] = breaker.untold(NOW)
    assert circuit.refusal is None


def test_one_finds_out_and_each_time_later() -> None:
    """While it is away one job at a time tries, after waits that double up to a minute."""
    breaker, waits = away(), []
    now = NOW
    for _ in range(8):
        until = breaker.held_until(VIDEO, now)
        assert until is not None
        waits.append(until - now)
        now = until
        assert breaker.room(VIDEO, 5, now) == 1
        breaker.go(PROBE, VIDEO, now)
        breaker.unanswered(PROBE, now)
        breaker.unanswered(OTHER, now)
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60]


def test_the_probe_that_goes_through_lets_everybody_go() -> None:
    """Once a create is accepted all is as before, and a notified operator is notified again."""
    breaker = away()
    for circuit in breaker.untold(NOW):
        circuit.told = True
    probe(breaker, IMAGE)
    [closed] = breaker.accepted(PROBE, IMAGE)
    assert closed.told
    assert breaker.room(VIDEO, 5, NOW) == breaker.room(IMAGE, 5, NOW) == 5


def test_a_probe_that_asked_for_nothing_makes_room_for_the_next() -> None:
    """A job that was cancelled, or only looked up, decides nothing: nothing waits for it."""
    breaker = away()
    at = probe(breaker, IMAGE)
    breaker.passed(OTHER, at)
    assert breaker.room(IMAGE, 5, at) == 0
    breaker.passed(PROBE, at)
    assert breaker.room(IMAGE, 5, at) == 1


def test_a_probe_that_is_never_heard_of_is_not_waited_for_for_ever() -> None:
    """Its row may have been claimed by another process."""
    breaker = away()
    at = probe(breaker, IMAGE)
    assert breaker.room(IMAGE, 5, at + PROBE_S - 1) == 0
    assert breaker.room(IMAGE, 5, at + PROBE_S) == 1


@pytest.mark.parametrize("code", [1101, 1102])
def test_a_pack_that_is_used_up_holds_its_own_jobs(code: int) -> None:
    """Clips go on while the image units are used up; only an accepted job says they are back."""
    breaker = Breaker()
    assert breaker.refused(OTHER, refusal(code), IMAGE, NOW) == (True, [])
    assert (breaker.room(IMAGE, 5, NOW), breaker.room(VIDEO, 5, NOW)) == (0, 5)
    [circuit] = breaker.untold(NOW)
    assert circuit.pack is IMAGE
    at = probe(breaker, IMAGE)
    assert breaker.answered(PROBE) == []  # its prompt was refused: of units that says nothing
    breaker.passed(PROBE, at)
    assert breaker.room(IMAGE, 5, at) == 1
    assert breaker.accepted(OTHER, VIDEO) == []
    assert breaker.room(IMAGE, 5, at) == 1
    breaker.go(PROBE, IMAGE, at)
    assert breaker.accepted(PROBE, IMAGE) == [circuit]
    assert breaker.room(IMAGE, 5, at) == 5


@pytest.mark.parametrize("code", [1000, 1001, 1002, 1003, 1004, 1100, 1304])
def test_a_key_or_an_account_that_is_refused_holds_everything(code: int) -> None:
    """The first refusal is enough, and any decision about a request shows that it is over."""
    breaker = Breaker()
    assert breaker.refused(OTHER, refusal(code), IMAGE, NOW) == (True, [])
    assert breaker.room(IMAGE, 5, NOW) == breaker.room(VIDEO, 5, NOW) == 0
    [circuit] = breaker.untold(NOW)
    probe(breaker, VIDEO)
    assert breaker.answered(PROBE) == [circuit]


@pytest.mark.parametrize(
    ("code", "http_status", "image", "video"),
    [
        (1103, 403, 5, 5),  # a model: the next job names another
        (0, 403, 5, 5),
        (0, 404, 5, 5),  # a route that this gateway does not have
        (0, 405, 5, 5),
        (0, 401, 0, 0),  # a gateway that does not know our token
        (0, 407, 0, 0),
        (0, 429, 0, 5),  # a gateway that lost the code: the words were about money
    ],
)
def test_others_wait_only_for_what_would_refuse_them_too(
    code: int, http_status: int, image: int, video: int
) -> None:
    """An error of one job alone holds no other job."""
    breaker = Breaker()
    breaker.refused(OTHER, refusal(code, http_status), IMAGE, NOW)
    assert (breaker.room(IMAGE, 5, NOW), breaker.room(VIDEO, 5, NOW)) == (image, video)


def test_a_model_in_use_holds_its_own_jobs() -> None:
    """1302 and 1303 hold the model alone; that Kling answers shows that it is up."""
    breaker = away()
    for circuit in breaker.untold(NOW):
        circuit.told = True
    at = probe(breaker, IMAGE)
    [closed] = breaker.busy(PROBE, IMAGE, MODEL, at)
    assert closed.told
    assert (breaker.room(IMAGE, 5, at), breaker.room(VIDEO, 5, at)) == (5, 5)
    assert (breaker.holds(IMAGE, at), breaker.holds(VIDEO, at)) == (Holds({MODEL: 0}), Holds())
    assert breaker.held_until(IMAGE, at, MODEL_2) is None
    until = breaker.held_until(IMAGE, at, MODEL)
    assert until is not None
    assert breaker.next_probe_at(IMAGE, at) == until
    assert breaker.holds(IMAGE, until) == Holds({MODEL: 1})
    breaker.go(PROBE, IMAGE, until, MODEL)
    assert breaker.holds(IMAGE, until) == Holds({MODEL: 0})
    assert breaker.accepted(OTHER, IMAGE, MODEL_2) == []
    [closed] = breaker.accepted(PROBE, IMAGE, MODEL)
    assert (closed.pack, closed.model) == (IMAGE, MODEL)
    assert breaker.holds(IMAGE, until) == Holds({})


def test_a_model_that_is_held_for_ten_minutes_is_told() -> None:
    """In use is nothing to tell; for ten minutes without an end it is."""
    breaker = Breaker()
    breaker.busy(OTHER, IMAGE, MODEL, NOW)
    assert breaker.untold(NOW + BUSY_TOLD_S - 1.0) == []
    [circuit] = breaker.untold(NOW + BUSY_TOLD_S)
    assert circuit.model == MODEL


def test_too_many_requests_do_not_hide_that_units_are_used_up() -> None:
    """The operator still hears when the pack is back."""
    breaker = Breaker()
    breaker.refused(OTHER, refusal(1102), IMAGE, NOW)
    [circuit] = breaker.untold(NOW)
    at = probe(breaker, IMAGE)
    assert breaker.busy(PROBE, IMAGE, MODEL, at) == []
    breaker.go(PROBE, IMAGE, at)
    assert breaker.accepted(PROBE, IMAGE) == [circuit]


def test_what_was_under_way_when_it_opened_changes_nothing() -> None:
    """A late timeout does not turn a refused key into a Kling that is away."""
    breaker = Breaker()
    breaker.refused(OTHER, refusal(1002, 401), IMAGE, NOW)
    breaker.unanswered("late", NOW)
    [circuit] = breaker.untold(NOW)
    assert circuit.refusal is not None


def test_what_was_sent_before_it_opened_closes_nothing() -> None:
    """An order that was taken before the units were used up does not say that they are back."""
    breaker = Breaker()
    breaker.refused(PROBE, refusal(1102), IMAGE, NOW)
    assert breaker.accepted(OTHER, IMAGE) == []
    assert breaker.room(IMAGE, 5, NOW) == 0


def test_one_trouble_after_the_other_is_one_outage() -> None:
    """A gateway that says 401 and 502 by turns is asked as seldom as one that says only one."""
    breaker, waits = away(), []
    now = NOW
    for turn in range(6):
        until = breaker.held_until(IMAGE, now)
        assert until is not None
        waits.append(until - now)
        now = until
        breaker.go(PROBE, IMAGE, now)
        if turn % 2:
            breaker.unanswered(PROBE, now)
        else:
            breaker.refused(PROBE, refusal(0, 401), IMAGE, now)
    assert waits == [1, 2, 4, 8, 16, 32]


def test_a_probe_that_finds_other_trouble_frees_its_pack() -> None:
    """The job that went for the pack was refused for the account: the pack has no probe now."""
    breaker = Breaker()
    breaker.refused(OTHER, refusal(1102), IMAGE, NOW)
    at = probe(breaker, IMAGE)
    breaker.refused(PROBE, refusal(1002, 401), IMAGE, at)
    breaker.passed(PROBE, at)
    again = breaker.held_until(IMAGE, at)
    assert again is not None
    assert again < at + PROBE_S
    assert breaker.room(IMAGE, 5, again) == 1


def test_too_few_units_hold_what_costs_as_much() -> None:
    """1102 to a job of 5 units holds those of 5 and more, and of an unknown price; others go."""
    breaker = Breaker()
    assert breaker.refused(OTHER, refusal(1102), IMAGE, NOW, 500) == (True, [])
    assert breaker.held_until(IMAGE, NOW, price=499) is None
    for price in (500, 800, None):
        assert breaker.held_until(IMAGE, NOW, price=price) is not None
    assert breaker.room(IMAGE, 5, NOW) == 5
    assert breaker.holds(IMAGE, NOW) == Holds(dear_from=500, dear_probes=0)
    [circuit] = breaker.untold(NOW)
    until = breaker.next_probe_at(IMAGE, NOW)
    assert until == breaker.held_until(IMAGE, NOW)
    assert until is not None
    assert breaker.holds(IMAGE, until) == Holds(dear_from=500, dear_probes=1)
    breaker.go("a cheap one", IMAGE, until, MODEL, 150)
    assert breaker.accepted("a cheap one", IMAGE, MODEL) == []
    assert breaker.holds(IMAGE, until) == Holds(dear_from=500, dear_probes=1)
    breaker.go(PROBE, IMAGE, until, MODEL, 500)
    assert breaker.holds(IMAGE, until) == Holds(dear_from=500, dear_probes=0)
    assert breaker.accepted(PROBE, IMAGE, MODEL) == [circuit]
    assert breaker.holds(IMAGE, until) == Holds()


def test_the_lowest_refused_price_counts() -> None:
    """What was refused for 5 and then for 1.5 units holds all from 1.5; a dearer one is no news."""
    breaker = Breaker()
    for price in (500, 150, 700):
        breaker.refused(OTHER, refusal(1102), IMAGE, NOW, price)
    assert breaker.holds(IMAGE, NOW).dear_from == 150
    assert breaker.held_until(VIDEO, NOW) is None


@pytest.mark.parametrize(("code", "price"), [(1101, 500), (1102, None), (0, 500)])
def test_other_trouble_with_units_holds_the_whole_pack(code: int, price: int | None) -> None:
    """Arrears hold everything, whatever it costs; so do too few units for an unknown price."""
    breaker = Breaker()
    breaker.refused(OTHER, refusal(1102), IMAGE, NOW, 500)
    breaker.refused(OTHER, refusal(code), IMAGE, NOW, price)
    assert breaker.room(IMAGE, 5, NOW) == 0
    assert breaker.held_until(IMAGE, NOW, price=1) is not None
