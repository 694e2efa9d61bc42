"""What is told of an end that Kling decided, to the member and to the operator."""

import pytest

from bot.domain.outcomes import (
    account_notice,
    deducted_units,
    failed_problem,
    outcome_problems,
    problem_of,
    problem_outcome,
)
from bot.errors import KlingRefusedAccount, KlingRefusedRequest, Problem
from storage.job import Pack


@pytest.mark.parametrize("code", [1300, 1301])
def test_a_content_check_is_told_as_one(code: int) -> None:
    """Kling's two codes for content become one message that says what to change."""
    assert problem_of(KlingRefusedRequest("policy", code=code)) == Problem("moderated")


@pytest.mark.parametrize("code", [0, 1200, 1201])
def test_any_other_refusal_is_quoted(code: int) -> None:
    """Kling's own words say best what it did not like."""
    refusal = KlingRefusedRequest("mode value 'x' is invalid", code=code)
    assert problem_of(refusal) == Problem("kling_refused", {"message": "mode value 'x' is invalid"})


def test_a_task_that_risk_control_stopped_is_told_as_moderated() -> None:
    """A failed task carries no code: only Kling's words tell that it was a content check."""
    assert failed_problem("Failure to pass the risk control system") == Problem("moderated")
    assert failed_problem("it broke") == Problem("kling_failed", {"message": "it broke"})


def test_long_words_of_kling_are_cut() -> None:
    """Whatever Kling sends fits into a message."""
    assert len(str(failed_problem("x" * 10_000).facts["message"])) == 300


@pytest.mark.parametrize(
    ("code", "notice"),
    [
        (1000, "operator.key_refused"),
        (1004, "operator.key_refused"),
        (1101, "operator.balance_used_up"),
        (1102, "operator.balance_used_up"),
        (1100, "operator.kling_account"),
        (1103, "operator.kling_account"),
        (1304, "operator.kling_account"),
        (0, "operator.kling_account"),
    ],
)
def test_the_operator_reads_what_to_fix(code: int, notice: str) -> None:
    """A key, an empty pack and anything else about the account are three different errands."""
    key, facts = account_notice(KlingRefusedAccount("no", code=code), Pack.IMAGE)
    assert (key, facts) == (notice, {"code": code, "pack": "image"})


@pytest.mark.parametrize(
    ("outcome", "units"),
    [
        (None, None),
        ({"units": None}, None),
        ({"units": "2.50"}, "2.5"),
        ({"units": "10"}, "10"),
        ({"units": "0"}, "0"),
        ({"units": "1", "face_units": "0.05"}, "1.05"),
        ({"units": None, "face_units": "0.05"}, None),
        ({"units": "1", "face_units": None}, None),
        ({"units": "NaN"}, None),
        ({"units": "-1"}, None),
        ({"units": "a lot"}, None),
    ],
)
def test_what_was_deducted_is_known_or_not(
    outcome: dict[str, object] | None, units: str | None
) -> None:
    """All calls of a job together, and nothing where Kling left one out."""
    assert deducted_units(outcome) == units


def test_problems_survive_the_database() -> None:
    """What is stored of an outcome gives back the same problems."""
    problems = (Problem("moderated"), Problem("gave_up", {"days": 1, "count": 1}))
    assert outcome_problems(problem_outcome(*problems)) == problems
    assert outcome_problems({"media": [{}]}) == ()
    assert outcome_problems(None) == ()
