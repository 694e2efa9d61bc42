"""The command line runs in processes of its own, and nowhere else."""

import pytest


@pytest.fixture(scope="module", autouse=True)
def processes_are_measured(measured: None) -> None:
    """What the command line does is seen there only."""
