"""What holds for every test: how slow a machine is breaks no law."""

import gc
import os
from collections.abc import Iterator
from typing import Final

import pytest
from hypothesis import HealthCheck, settings

MEASURES: Final = "COVERAGE_PROCESS_CONFIG"
"""By this coverage.py measures the processes that a measured one starts."""

settings.register_profile(
    "any machine", settings(), deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("any machine")


def pytest_collection_finish() -> None:
    """Spare the collector what stays to the end: the modules and thousands of tests."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def unmeasured() -> Iterator[str | None]:
    """Start processes without coverage, which doubles the time that a small one takes."""
    kept = os.environ.pop(MEASURES, None)
    yield kept
    if kept is not None:
        os.environ[MEASURES] = kept


@pytest.fixture(scope="module")
def measured(unmeasured: str | None) -> Iterator[None]:
    """Start processes with coverage, where there is any: for tests whose subject runs in them."""
    if unmeasured is not None:
        os.environ[MEASURES] = unmeasured
    yield
    os.environ.pop(MEASURES, None)
