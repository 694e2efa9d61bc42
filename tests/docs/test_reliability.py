"""The page that shows how the laws held."""

from pathlib import Path

import pytest

from bot.domain.operations.table import COMMANDS
from tests.commands.soak.__main__ import PARTS
from tests.commands.soak.tables import PAGE, Table, put, put_lines
from tests.docs.test_named_tests import NAMED
from tests.harness.recovery.stories import STORIES
from tests.recovery import test_machines as machines
from tests.recovery.test_moments import played

TABLE = Table(("point", "kills"), (("the create was done", 3),), "seed 7", broken=1)


def test_each_part_of_the_soak_has_its_place_on_the_page() -> None:
    """Every part can put its table into `docs/reliability.md`."""
    page = PAGE.read_text(encoding="utf-8")
    for name in PARTS:
        assert TABLE.markdown() in put(page, {name: TABLE})


MACHINES = Path(machines.__file__)

LEFT = " ({} left)"


def killed_stories() -> dict[str, str]:
    """Return the stories of the table of kills, and how many of their moments were left."""
    points = PAGE.read_text(encoding="utf-8").partition("<!-- points -->")[2]
    lines = [line for line in points.partition("<!-- /points -->")[0].splitlines() if "|" in line]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return {row[0]: row[cells[0].index("left")] for row in cells[2:]}


def test_every_operation_has_its_line() -> None:
    """Every operation that is killed at each of its moments stands in the table, and no other."""
    assert [*killed_stories()] == [*STORIES]


def test_every_operation_is_played_in_both_dialects_killed_and_refused() -> None:
    """Each operation of the table has its row: its tests run in both, and its stories exist.

    Each story says how many of its moments were left, if any were.
    """
    rows = PAGE.read_text(encoding="utf-8").partition("<!-- dialects -->")[2].splitlines()[3:]
    rows = rows[: rows.index("<!-- /dialects -->")]
    cells = [[cell.strip() for cell in row.strip("|").split(" | ")] for row in rows]
    named = {cell[0] for cell in cells}
    stories = {
        name + ("" if left == "0" else LEFT.format(left)) for name, left in killed_stories().items()
    }
    assert {f"`/{kind}`" for kind in COMMANDS} | {"`/character`", "_Add audio_"} <= named
    for _, played_by, killed, refused in cells:
        assert set(killed.split(" \u00b7 ")) <= stories
        assert NAMED.findall(refused)
        for file, name in NAMED.findall(played_by):
            tests = (PAGE.parents[1] / "tests" / file).read_text(encoding="utf-8")
            head = tests.partition(f"def {name}(")[2].partition(")")[0]
            assert "either: Town" in head or "both: Town" in head, name


def test_the_page_counts_the_moments_of_the_short_run() -> None:
    """How many moments `make test` and the sweeps play is what the page says."""
    short, both = played(sweeps=False), played(sweeps=True)
    said = f"`make test` plays {short} of them, with `make sweeps` {both}, "
    assert said in PAGE.read_text(encoding="utf-8")


def test_the_page_counts_the_kills_of_the_short_run() -> None:
    """Of the stories of several machines `make test` plays the kills; all others are sweeps."""
    assert machines.KILLS == 2
    assert "`make test` kills twice.\n`make sweeps` also" in PAGE.read_text(encoding="utf-8")
    stories = MACHINES.read_text(encoding="utf-8").split("\n\n\n")
    played = [each for each in stories if "def test_" in each and "mark.sweep" not in each]
    assert len(played) == 1
    assert "fleet.kill(KILLS)" in played[0]


def test_a_table_without_a_place_is_not_lost_in_silence() -> None:
    """A part that the page does not know is an error."""
    with pytest.raises(LookupError):
        put("no marks", {"points": TABLE})


def test_only_what_stands_between_the_marks_is_replaced() -> None:
    """The words around a table and the tables of other parts stay."""
    page = "a\n<!-- x -->\nold\n<!-- /x -->\nb\n<!-- y -->\nkept\n<!-- /y -->\n"
    filled = put(page, {"x": TABLE})
    assert "old" not in filled
    assert filled.startswith("a\n")
    assert filled.endswith("b\n<!-- y -->\nkept\n<!-- /y -->\n")


def test_the_lines_of_some_operations_replace_their_own_alone() -> None:
    """What was said, and the lines of others, stay; a line that is not there is an error."""
    page = put("a\n<!-- points -->\n<!-- /points -->\nb\n", {"points": TABLE})
    again = Table(TABLE.columns, (("the create was done", 5),), "seed 8")
    other = Table(TABLE.columns, (("the post is stored", 1),), "seed 8")
    both = Table(TABLE.columns, (*other.rows, *TABLE.rows), "seed 7")
    filled = put_lines(put(page, {"points": both}), {"points": again})
    said = "seed 7 Later the create was done: seed 8"
    assert filled == put(page, {"points": Table(TABLE.columns, (*other.rows, *again.rows), said)})
    with pytest.raises(LookupError):
        put_lines(page, {"points": other})
