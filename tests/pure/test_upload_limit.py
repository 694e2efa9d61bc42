"""How large a message may be, from what was seen, what was refused and what is believed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.policy.delivery import post_limit_bytes

MIB = 2**20
SAFE = 10 * MIB
sizes = st.integers(1, 600 * MIB)


@pytest.mark.parametrize(
    ("seen", "refused", "believed", "limit"),
    [
        (None, None, 10, 10),  # nothing is known yet
        (20, None, 10, 20),  # the library is behind
        (20, None, 50, 20),  # the boosts are gone
        (500, 500, 10, 10),  # of a member with a subscription: one step down
        (500, 500, 50, 50),
        (20, 500, 10, 20),  # and then one without
        (20, 20, 10, 10),  # Discord says one thing and does another
        (50, 50, 50, 10),  # the library is wrong too
        (None, 50, 50, 10),
        (None, 50, 10, 10),
    ],
)
def test_the_table(seen: int | None, refused: int | None, believed: int, limit: int) -> None:
    """What is seen beats what is believed, and a refusal beats both; in MiB."""
    assert post_limit_bytes(_bytes(seen), _bytes(refused), believed * MIB) == limit * MIB


def _bytes(mib: int | None) -> int | None:
    return None if mib is None else mib * MIB


@given(st.none() | sizes, sizes, sizes)
def test_a_refusal_is_never_walked_into_twice(
    seen: int | None, refused: int, believed: int
) -> None:
    """What was refused is not tried again, unless it is what every place takes."""
    limit = post_limit_bytes(seen, refused, believed)
    assert limit < refused or limit == SAFE
