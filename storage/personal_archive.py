"""A ZIP of everything that is kept of one member.

`data.json` is always in it, and so are the names of the files; the files themselves as far as there
is room. Interaction tokens and Kling's signed URLs are left out: they are keys, and soon worthless.
"""

import json
import os
import zipfile
import zlib
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, Table, and_, exists, func, or_, select

from storage.access import Access
from storage.ledger import MEMBER
from storage.own_thread import in_own_thread
from storage.schema import (
    SECRET_COLUMNS,
    audit,
    bells,
    blocks,
    character_lineage,
    characters,
    deliveries,
    drafts,
    input_bytes,
    inputs,
    jobs,
    ledger,
    lineage,
    settings,
    showcased,
    stars,
    totals,
    turns,
)
from storage.stored_inputs import WIPED_BYTES

DATA_FILE: Final = "data.json"
FILES_FOLDER: Final = "files"
ENTRY_BYTES: Final = 1_024
"""More than a ZIP needs for the names and sizes of one file."""
MARGIN_BYTES: Final = 64 * 1_024
"""More than the list of what was left out can add to `data.json`."""
_FILE_MODE: Final = 0o600
_SUFFIXES: Final = {"image/png": ".png", "image/jpeg": ".jpg", "audio/mpeg": ".mp3"}
_LEFT_OUT: Final = frozenset(
    {*SECRET_COLUMNS, "callback_key", "lease_owner", "lease_until", "token", "data"}
)
ABOUT: Final = (
    "Everything this bot keeps of you. Times are seconds since 1970 (UTC), units are hundredths of "
    "a unit. Tokens and Kling's URLs are left out. Files that are marked left_out are kept, but "
    "had no room in this archive: the owner of the bot can make one with all of them. Files that "
    "are marked of_another_member belong to a job that was made from another member's: they may be "
    "that member's, and are in no archive of yours."
)


@dataclass(frozen=True, slots=True)
class Archived:
    """What an archive holds."""

    jobs: int
    files: int
    left_out: int
    """How many of the member's own files had no room."""
    size_bytes: int


@dataclass(frozen=True, slots=True)
class _Entry:
    """A stored file."""

    job_id: str
    name: str
    media_type: str
    size_bytes: int
    of_another: bool
    """Its job was made from another member's: it may be their file, which was never shown."""

    @property
    def path(self) -> str:
        suffix = ".txt" if self.media_type.startswith("text/") else _SUFFIXES.get(self.media_type)
        return f"{FILES_FOLDER}/{self.job_id}/{self.name}{suffix or '.bin'}"


class Archives(Access):
    """The part of the store that hands out what it keeps of a member."""

    async def archive(
        self, user_id: int, target: Path, *, room_bytes: int | None = None
    ) -> Archived:
        """Write everything of the member into a new file that only this user can read.

        `room_bytes`: how large it may become, None for any size; `data.json` is written whatever it
        takes, and then the newest files as far as they fit. An earlier file is replaced. Raises
        `OSError`.
        """
        kept = await self.personal_data(user_id)
        entries = await self._entries(user_id)
        room = None
        if room_bytes is not None:
            room = room_bytes - await in_own_thread(partial(_weight, kept, user_id, entries))
        own = [entry for entry in entries if not entry.of_another]
        chosen = _fitting(own, room)
        data = await in_own_thread(partial(_data, kept, user_id, entries, chosen))
        unfinished = target.with_name(f"{target.name}.unfinished")
        try:
            await in_own_thread(partial(_begin, unfinished, data))
            for entry in chosen:
                content = await self._content(entry)
                if content is not None:
                    await in_own_thread(partial(_add, unfinished, entry.path, content))
            size_bytes = await in_own_thread(partial(_put, unfinished, target))
        finally:
            await in_own_thread(partial(unfinished.unlink, missing_ok=True))
        return Archived(len(kept["jobs"]), len(chosen), len(own) - len(chosen), size_bytes)

    async def personal_data(self, user_id: int) -> Mapping[str, Sequence[Mapping[str, Any]]]:
        """Return the rows of a member by table, without tokens, signed URLs and files."""
        found: dict[str, Sequence[Mapping[str, Any]]] = {}
        for table, whose in _own(user_id).items():
            reading = _reading(table, whose)
            rows = await self._connections.read(
                lambda here, reading=reading: here.execute(reading).mappings().all()  # type: ignore[misc] # bound now
            )
            found[table.name] = [_for_them(dict(row), user_id) for row in rows]
        return found

    async def _entries(self, user_id: int) -> list[_Entry]:
        """Return the member's files, those of the newest job first."""
        columns = (
            inputs.c.job_id,
            inputs.c.name,
            inputs.c.media_type,
            func.length(inputs.c.data).label("size_bytes"),
            exists().where(lineage.c.job_id == inputs.c.job_id).label("of_another"),
        )
        theirs = select(*columns).join(jobs, jobs.c.id == inputs.c.job_id)
        theirs = theirs.where(jobs.c.user_id == user_id)
        theirs = theirs.order_by(jobs.c.created_at.desc(), inputs.c.job_id, inputs.c.name)
        found = await self._connections.read(lambda here: here.execute(theirs).all())
        return [_Entry(*row) for row in found]

    async def _content(self, entry: _Entry) -> bytes | None:
        """Return a file; None if it was deleted meanwhile."""
        this = select(inputs.c.data).where(
            inputs.c.job_id == entry.job_id, inputs.c.name == entry.name
        )
        found = await self._connections.read(lambda here: here.execute(this).scalar_one_or_none())
        # The first bytes are zeros while it is being deleted.
        return bytes(found) if found is not None and any(found[:WIPED_BYTES]) else None


def _own(user_id: int) -> Mapping[Table, ColumnElement[bool]]:
    """Return which rows are a member's, for every table that has any."""
    theirs = select(jobs.c.id).where(jobs.c.user_id == user_id)
    return {
        jobs: jobs.c.user_id == user_id,
        deliveries: deliveries.c.job_id.in_(theirs),
        inputs: inputs.c.job_id.in_(theirs),
        lineage: or_(lineage.c.user_id == user_id, lineage.c.job_id.in_(theirs)),
        bells: bells.c.user_id == user_id,
        stars: stars.c.user_id == user_id,
        showcased: showcased.c.user_id == user_id,
        input_bytes: input_bytes.c.user_id == user_id,
        turns: turns.c.user_id == user_id,
        ledger: ledger.c.user_id == user_id,
        totals: and_(totals.c.scope == MEMBER, totals.c.scope_id == user_id),
        drafts: drafts.c.user_id == user_id,
        settings: and_(settings.c.scope == MEMBER, settings.c.id == user_id),
        blocks: blocks.c.user_id == user_id,
        characters: characters.c.user_id == user_id,
        character_lineage: character_lineage.c.user_id == user_id,
        audit: or_(audit.c.user_id == user_id, audit.c.member_id == user_id),
    }


TABLES: Final = frozenset(table.name for table in _own(0))
"""The tables that an archive is made of."""


def _reading(table: Table, whose: ColumnElement[bool]) -> Select[Any]:
    columns = [column for column in table.c if column.name not in _LEFT_OUT]
    return select(*columns).where(whose).order_by(*table.primary_key.columns)


def _for_them(row: dict[str, Any], user_id: int) -> dict[str, Any]:
    """Return a row without the ids of other members."""
    for name in ("user_id", "member_id", "again_by"):
        if name in row and row[name] not in {None, user_id}:
            row[name] = None
    return row


def _fitting(entries: Iterable[_Entry], room_bytes: int | None) -> list[_Entry]:
    if room_bytes is None:
        return list(entries)
    chosen: list[_Entry] = []
    for entry in entries:
        if entry.size_bytes + ENTRY_BYTES <= room_bytes:
            room_bytes -= entry.size_bytes + ENTRY_BYTES
            chosen.append(entry)
    return chosen


def _weight(
    kept: Mapping[str, Sequence[Mapping[str, Any]]], user_id: int, entries: Sequence[_Entry]
) -> int:
    """Return how many bytes `data.json` takes, or a little more."""
    return len(zlib.compress(_data(kept, user_id, entries, ()))) + MARGIN_BYTES


def _data(
    kept: Mapping[str, Sequence[Mapping[str, Any]]],
    user_id: int,
    entries: Sequence[_Entry],
    chosen: Sequence[_Entry],
) -> bytes:
    inside = {entry.path for entry in chosen}
    files = [
        {
            "job_id": entry.job_id,
            "name": entry.name,
            "media_type": entry.media_type,
            "bytes": entry.size_bytes,
            **_where(entry, inside),
        }
        for entry in entries
    ]
    everything = {"about": ABOUT, "member": str(user_id), "files": files, **kept}
    return json.dumps(everything, ensure_ascii=False, indent=1, default=str).encode()


def _where(entry: _Entry, inside: Container[str]) -> dict[str, Any]:
    if entry.of_another:
        return {"of_another_member": True}
    return {"file": entry.path} if entry.path in inside else {"left_out": True}


def _begin(file: Path, data: bytes) -> None:
    handle = os.open(file, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, _FILE_MODE)
    with os.fdopen(handle, "wb") as opened:
        os.fchmod(opened.fileno(), _FILE_MODE)
        with zipfile.ZipFile(opened, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(DATA_FILE, data)


def _add(file: Path, name: str, content: bytes) -> None:
    """Add a file as it is: what members upload is compressed already."""
    with zipfile.ZipFile(file, "a", zipfile.ZIP_STORED) as archive:
        archive.writestr(name, content)


def _put(unfinished: Path, target: Path) -> int:
    unfinished.replace(target)
    return target.stat().st_size
