"""Who changed what: a row for each change by a manager or by the operator."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, delete, insert, select, update

from storage.access import Access
from storage.schema import audit

BLOCK: Final = "block"
"""What a change of a block is called; a setting has its name, and the scope that it is set for."""
OPERATOR: Final = None
"""In the place of a member's id: the operator."""


@dataclass(frozen=True, slots=True)
class Change:
    """One change, by a member of the server or by the operator."""

    at: float
    by: int | None
    """The member; `OPERATOR`."""
    guild_id: int | None
    what: str
    was: str = ""
    becomes: str = ""
    member_id: int | None = None
    """The member whom it is about."""
    known: bool = True
    """False: the id of the member who did it is forgotten."""


class Audit(Access):
    """The part of the store that reads the audit log."""

    async def changes(self, *, guild_id: int | None = None, limit: int) -> list[Change]:
        """Return the latest changes, newest first, of one server or of all."""
        reading = select(audit).order_by(audit.c.number.desc()).limit(limit)
        if guild_id is not None:
            reading = reading.where(audit.c.guild_id == guild_id)
        found = await self._connections.read(lambda here: here.execute(reading).all())
        return [
            Change(
                row.at,
                row.user_id,
                row.guild_id,
                row.what,
                row.was,
                row.becomes,
                row.member_id,
                known=row.by_operator or row.user_id is not None,
            )
            for row in found
        ]


def note(connection: Connection, changes: Sequence[Change]) -> None:
    """Add rows to the log, in the transaction of what they tell."""
    if changes:
        connection.execute(
            insert(audit),
            [
                {
                    "at": change.at,
                    "by_operator": change.by is OPERATOR,
                    "user_id": change.by,
                    "guild_id": change.guild_id,
                    "what": change.what,
                    "member_id": change.member_id,
                    "was": change.was,
                    "becomes": change.becomes,
                }
                for change in changes
            ],
        )


def forget_member_in_audit(connection: Connection, user_id: int) -> None:
    """Leave what was changed, without the member who changed it or whom it is about."""
    connection.execute(update(audit).where(audit.c.user_id == user_id).values(user_id=None))
    about = update(audit).where(audit.c.member_id == user_id)
    connection.execute(about.values(member_id=None))


def forget_server_in_audit(connection: Connection, guild_id: int) -> None:
    """Leave what was changed in a server, without its id."""
    connection.execute(update(audit).where(audit.c.guild_id == guild_id).values(guild_id=None))


def forget_audit(connection: Connection, before: float) -> None:
    """Delete the changes made before this moment."""
    connection.execute(delete(audit).where(audit.c.at < before))
