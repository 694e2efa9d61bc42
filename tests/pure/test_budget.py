"""Which limits hold, and how units are read and written."""

from decimal import Decimal

import pytest

from bot.domain.budget import OperatorLimits, limited, limits_for
from bot.domain.units import deducted_hundredths, hundredths, is_month, plain, usd, with_cash
from bot.kling.decode_newer import read_batch
from bot.kling.tasks import Cash
from storage.job import Pack
from storage.unit_limits import UnitLimits

OURS = OperatorLimits(member={Pack.VIDEO: 6_000})


@pytest.mark.parametrize(
    ("role", "member"), [(None, 6_000), (1_000, 1_000), (9_000, 6_000), (0, 0)]
)
def test_a_role_is_never_allowed_more_than_the_operator_allows(
    role: int | None, member: int
) -> None:
    """Who has no role with a limit has the operator's; a role's 0 is a limit too."""
    found = limits_for(Pack.VIDEO, OURS, managers=None, role=role, price_known=True)
    assert found.member == member


def test_without_a_limit_of_the_operators_a_role_has_its_own() -> None:
    """And without both there is none."""
    of_role = limits_for(Pack.IMAGE, OURS, managers=5, role=700, price_known=False)
    assert of_role == UnitLimits(managers=5, member=700, member_may_pass=True)
    none = limits_for(Pack.IMAGE, OURS, managers=None, role=None, price_known=True)
    assert none.member is None


@pytest.mark.parametrize(
    ("ours", "managers", "cap", "holds"),
    [(None, None, None, None), (5, None, None, 5), (5, None, 9, 9), (5, 3, 9, 3), (5, 7, 0, 0)],
)
def test_of_a_server_the_lowest_holds(
    ours: int | None, managers: int | None, cap: int | None, holds: int | None
) -> None:
    """The operator's cap comes before the default of the settings; the managers' may be lower."""
    assert UnitLimits(server=ours, managers=managers).of_server(cap) == holds


def test_nothing_in_the_settings_is_no_limit() -> None:
    """0 in the settings, and only there."""
    assert limited({Pack.VIDEO: Decimal(0), Pack.IMAGE: Decimal("1.5")}) == {Pack.IMAGE: 150}


@pytest.mark.parametrize(
    ("said", "counted"),
    [
        ("4.5", 450), ("0", 0), ("0.005", 1), ("1e2", 10_000), (None, None), ("", None),
        ("-1", None), ("nan", None), ("inf", None), ("1e99", None), ("many", None),
    ],
)  # fmt: skip
def test_a_deduction_that_cannot_be_meant_is_none(said: str | None, counted: int | None) -> None:
    """Then the price stands: nothing that Kling writes makes the books absurd."""
    assert deducted_hundredths(said) == counted


def test_dollars_count_as_the_units_they_would_have_bought() -> None:
    """With units beside them; without a price of a unit nothing can be said."""
    assert with_cash(100, ["0.42"], Decimal("0.14")) == 400
    assert with_cash(None, ["0.07", "0.07"], Decimal("0.14")) == 100
    assert with_cash(None, ["0.42"], Decimal(0)) is None
    assert with_cash(None, ["x"], Decimal("0.14")) is None


def test_money_is_read_from_rows_of_billing() -> None:
    """Units of packs are added up as before; money comes with its currency."""
    billing = [
        {"charge_type": "unit", "amount": "1.00"},
        {"charge_type": "cash", "amount": "0.42", "currency": "usd"},
        {"charge_type": "cash", "amount": "0.00", "currency": "CNY"},
    ]
    [task] = read_batch([{"id": "1", "status": "succeeded", "billing": billing}])
    assert (task.units, task.paid) == ("1", (Cash("0.42", "USD"),))


def test_units_are_written_plainly() -> None:
    """Without needless zeros, to the cent in dollars, and months by their form."""
    assert [plain(n) for n in (0, 5, 150, 100, 100_000)] == ["0", "0.05", "1.5", "1", "1000"]
    assert usd(150, Decimal("0.14")) == Decimal("0.21")
    assert hundredths(Decimal("0.125")) == 13
    assert [is_month(m) for m in ("2026-11", "2026-13", "2026-1", "20261-1")] == [
        True, False, False, False,
    ]  # fmt: skip
