"""Five ordinary members next to a hostile one; `make soak` tries every kind and measures."""

import math
from pathlib import Path

from tests.commands.soak.hostile_files import stuck_uploads
from tests.commands.soak.kinds import KINDS
from tests.commands.soak.neighbours import longest_wait


async def test_ordinary_members_get_their_results_next_to_a_hostile_one(tmp_path: Path) -> None:
    """Six uploads that never end hold up nobody else, while none of them ends."""
    [kind] = [kind for kind in KINDS if kind.act is stuck_uploads]
    assert await longest_wait(tmp_path / "beside", kind, hostile=True) < math.inf
