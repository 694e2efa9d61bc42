"""What holds for every test: how slow a machine is breaks no law."""

import gc
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import coverage
import pytest
import structlog
from hypothesis import HealthCheck, settings

from tests.harness.postgres_server import Server, find_programs, serving
from tests.harness.shelf import SHELF
from tests.harness.together import Together

HERE: Final = Path(__file__).parent
MEASURES: Final = "COVERAGE_PROCESS_CONFIG"
"""By this coverage.py measures the processes that a measured one starts."""

COLLECTED_EACH: Final = 20_000
"""Objects after which Python's collector looks for rings, in place of 700."""

UNTRACED: Final = ("sandbox", "docs", "commands", "recovery")
"""Folders whose tests run without line tracing, which takes half of the time: their subject is not
the product, or they play over and over what other tests have been through."""

EXAMPLES: Final = 30
"""Of each law about any value, except where the command line says `--hypothesis-profile=thorough`:
then there are as many as usual, a hundred."""

# As the bot has it; else structlog would draw each traceback with rich, which is slow.
_PLAIN: Final = structlog.dev.ConsoleRenderer(
    colors=False, exception_formatter=structlog.dev.plain_traceback
)
structlog.configure(processors=[*structlog.get_config()["processors"][:-1], _PLAIN])

_ANY_MACHINE: Final = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("thorough", _ANY_MACHINE)
settings.register_profile("brief", _ANY_MACHINE, max_examples=EXAMPLES)
settings.load_profile("brief")


def pytest_collection_finish() -> None:
    """Spare the collector what stays to the end, and let it look less often: a bot makes much.

    Looking took a tenth of the time, and there is memory enough for what a few tests leave.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(COLLECTED_EACH, 20, 20)


@pytest.hookimpl(optionalhook=True)  # of pytest-xdist
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Together:
    """Keep together what shares something dear."""
    return Together(config, log)


@pytest.fixture(scope="session", autouse=True)
def shelf(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Keep files that are drawn for tests, for all the processes of this run."""
    place = tmp_path_factory.getbasetemp()
    SHELF.put_up((place.parent if "PYTEST_XDIST_WORKER" in os.environ else place) / "shelf")


@pytest.fixture(scope="session", autouse=True)
def unmeasured() -> Iterator[str | None]:
    """Start processes without coverage, which doubles the time that a small one takes."""
    kept = os.environ.pop(MEASURES, None)
    yield kept
    if kept is not None:
        os.environ[MEASURES] = kept


@pytest.fixture(scope="module", autouse=True)
def traced(request: pytest.FixtureRequest) -> Iterator[None]:
    """Pause the tracing of lines where it tells nothing new."""
    tracing = coverage.Coverage.current()
    folder = request.path.relative_to(HERE).parts[0]
    if tracing is None or folder not in UNTRACED:
        yield
        return
    tracing.stop()
    yield
    tracing.start()
    os.environ.pop(MEASURES, None)  # starting sets it


@pytest.fixture(scope="module", autouse=True)
def scheduled_like_others() -> Iterator[None]:
    """Let no module leave its process a real-time one, which would stop all others."""
    yield
    assert sys.platform != "linux" or os.sched_getscheduler(0) == os.SCHED_OTHER


@pytest.fixture(scope="module")
def measured(unmeasured: str | None) -> Iterator[None]:
    """Start processes with coverage, where there is any: for tests whose subject runs in them."""
    if unmeasured is not None:
        os.environ[MEASURES] = unmeasured
    yield
    os.environ.pop(MEASURES, None)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """Return a PostgreSQL server of this module's own."""
    programs = find_programs()
    if programs is None:
        pytest.skip("PostgreSQL's server is not installed (Debian: apt install postgresql)")
    with serving(programs) as made:
        yield made
