"""What the real Kling was seen to do, the local one does."""

import json
from pathlib import Path

import pytest

from sandbox.kling import Switches
from tests.commands.live.replay import replay

FOLDER = Path(__file__).parent / "recordings"


async def test_the_local_kling_reproduces_the_recordings() -> None:
    """Every committed recording, played against the local Kling as it is by default."""
    files = sorted(FOLDER.glob("*.json"))
    if not files:
        pytest.skip("no recordings: make live needs real keys")
    recordings = [json.loads(file.read_text(encoding="utf-8")) for file in files]
    assert await replay(recordings, Switches()) == []
