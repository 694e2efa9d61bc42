"""One list of every column about a member: it agrees with the schema, the pages and `forget`."""

from pathlib import Path

import pytest
from sqlalchemy import Connection, insert, select

from storage.personal import IMPERSONAL_IDS, PERSONAL, Forgotten
from storage.personal_archive import TABLES
from storage.schema import metadata
from storage.store import JobStore
from tests.harness.storage.making import NOW
from tests.storage.test_forgetting_copies import MEMBER, _value

ROOT = Path(__file__).parents[2]
DAY_S = 86_400.0
EVERY = {f"{table.name}.{column.name}" for table in metadata.sorted_tables for column in table.c}


def test_every_id_is_thought_of() -> None:
    """A new column that is called an id is somebody's, or it is said that it is nobody's."""
    ids = {one for one in EVERY if one.endswith(("_id", ".id"))}
    assert ids <= PERSONAL.keys() | IMPERSONAL_IDS
    assert PERSONAL.keys() | IMPERSONAL_IDS <= EVERY
    assert not PERSONAL.keys() & IMPERSONAL_IDS


@pytest.mark.parametrize("page", ["PRIVACY.md", "PRIVACY.zh-CN.md"])
def test_every_table_about_members_is_on_the_page(page: str) -> None:
    """In both languages, with every other table."""
    text = (ROOT / page).read_text(encoding="utf-8")
    assert [table for table in metadata.tables if f"`{table}`" not in text] == []


async def test_forgetting_does_what_the_list_says(store: JobStore) -> None:
    """With a row of the member in every table: at once, or when the day is over, or never."""

    def fill(here: Connection) -> None:
        for table in metadata.sorted_tables:
            if table.name in {"schema_version", "facts", "warned"}:
                continue
            row = {
                column.name: _value(table, column, "member")
                for column in table.columns
                if column.name != "number"
            }
            if "day" in row and table.name == "ledger":
                row |= {"day": "2027-01-15", "kind": "spent", "pack": "video"}
            if table.name == "totals":
                row |= {"period": "2027-01-15", "pack": "video"}
            here.execute(insert(table).values(row))

    await store._connections.write(fill)
    await store.forget_member(MEMBER, now=NOW)
    assert await holding(store) == expected(Forgotten.STAYS, Forgotten.AFTER_DAY)
    await store.purge_books(now=NOW + DAY_S, older_s=400 * DAY_S)
    assert await holding(store) == expected(Forgotten.STAYS)


async def holding(store: JobStore) -> set[str]:
    """Return the columns that hold the member's id."""

    def look(here: Connection) -> set[str]:
        return {
            f"{table.name}.{column.name}"
            for table in metadata.sorted_tables
            for column in table.c
            if MEMBER in here.execute(select(column)).scalars().all()
        }

    return await store._connections.read(look)


def expected(*rules: Forgotten) -> set[str]:
    """Return the columns with ids of members that are left by these rules."""
    ids = {one for one, (_, rule) in PERSONAL.items() if rule in rules and one.endswith("_id")}
    return ids - {"warned.scope_id"}


def test_whatever_is_kept_is_in_an_archive() -> None:
    """Each table about members is one that `/mydata export` reads; `warned` is about servers."""
    kept = {column.partition(".")[0] for column in PERSONAL}
    assert kept - {"warned"} == TABLES
