"""Which ways of one thing `make test` plays, where the sweeps play all."""

from collections.abc import Iterable
from typing import Any

import pytest


def sampled(ways: Iterable[Any], *kept: Any) -> list[Any]:
    """Return the parameters of a test: `kept` are always played, the others by the sweeps.

    A tuple is several parameters. Raises `AssertionError` where what is kept is not among them.
    """
    every = [*ways]
    assert all(one in every for one in kept), "nothing of this name is played"
    return [
        one
        if one in kept
        else pytest.param(*(one if isinstance(one, tuple) else (one,)), marks=pytest.mark.sweep)
        for one in every
    ]
