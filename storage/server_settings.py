"""What servers and members set, and who is blocked: read together, once for each command."""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    ColumnElement,
    Connection,
    Text,
    and_,
    bindparam,
    delete,
    literal,
    or_,
    select,
    union_all,
)

from storage.access import Access
from storage.audit import BLOCK, Change, note
from storage.batching import Batcher
from storage.connections import Connections
from storage.prepared import Prepared
from storage.schema import blocks, settings
from storage.standing import EVERYWHERE, Block, Scope, Set, Standing
from storage.statements import take_turn

_Rows = Sequence[Sequence[Any]]
MEMBER: Final = Scope.MEMBER.value
_SETTING: Final = "setting"
_STANDING: Final = Prepared(
    union_all(
        select(
            literal(_SETTING).label("what"),
            settings.c.scope.label("scope"),
            settings.c.id.label("id"),
            settings.c.name.label("name"),
            settings.c.value.label("value"),
            literal(value=False, type_=Boolean).label("by_operator"),
        ).where(
            or_(
                and_(settings.c.guild_id == bindparam("server"), settings.c.scope != MEMBER),
                and_(settings.c.scope == MEMBER, settings.c.id == bindparam("member")),
            )
        ),
        select(
            literal(BLOCK),
            literal("", Text),
            blocks.c.guild_id,
            literal("", Text),
            blocks.c.reason,
            blocks.c.by_operator,
        ).where(
            blocks.c.user_id == bindparam("member", type_=BigInteger),
            blocks.c.guild_id.in_([EVERYWHERE, bindparam("server", type_=BigInteger)]),
        ),
    )
)
"""One statement, because a member waits for it."""
READ_AT_ONCE_MAX: Final = 50
"""So many that arrive together are looked up in one turn of a thread, which takes about 2 ms."""


class ServerSettings(Access):
    """The part of the store that keeps settings and blocks, each change with its row of the log."""

    def __init__(self, connections: Connections, owner: str) -> None:
        super().__init__(connections, owner)
        self._asking: Batcher[dict[str, int], _Rows] = Batcher(self._asked, READ_AT_ONCE_MAX)
        self._under_way = 0

    async def standing(self, guild_id: int | None, user_id: int) -> Standing:
        """Return everything that was set in this server and by this member, and their blocks."""
        asked = {"server": guild_id or EVERYWHERE, "member": user_id}
        self._under_way += 1
        try:
            # One connection to PostgreSQL would take them one after the other, each with its way.
            if self.shared or self._under_way == 1:
                [found] = await self._asked([asked])
            else:
                found = await self._asking(asked)
        finally:
            self._under_way -= 1
        return Standing(
            tuple(Set(*its) for what, *its, _ in found if what == _SETTING),
            tuple(
                Block(at, bool(by_operator), reason)
                for what, _, at, _, reason, by_operator in found
                if what == BLOCK
            ),
        )

    async def _asked(self, all_asked: Sequence[dict[str, int]]) -> list[_Rows]:
        return await self._connections.read(
            lambda here: [_STANDING.rows(here, asked) for asked in all_asked]
        )

    async def server_settings(self, guild_id: int) -> list[Set]:
        """Return everything that was set in this server."""
        return list((await self.standing(guild_id, 0)).settings)

    async def put_settings(
        self, guild_id: int, wanted: Sequence[Set], *, by: int, now: float
    ) -> None:
        """Set values, or with an empty value clear them; each change is noted in the audit log.

        `guild_id` is the server of all of them; `EVERYWHERE` for a member's own, which are not
        noted.
        """

        def write(here: Connection) -> None:
            take_turn(here, guild_id or by)
            changes = []
            for one in wanted:
                key = and_(
                    settings.c.scope == one.scope,
                    settings.c.id == one.id,
                    settings.c.name == one.name,
                )
                was = here.execute(select(settings.c.value).where(key)).scalar_one_or_none() or ""
                if was == one.value:
                    continue
                if not one.value:
                    here.execute(delete(settings).where(key))
                else:
                    putting = self._insert(settings).values(
                        scope=one.scope,
                        id=one.id,
                        name=one.name,
                        value=one.value,
                        guild_id=guild_id,
                    )
                    here.execute(
                        putting.on_conflict_do_update(
                            index_elements=["scope", "id", "name"], set_={"value": one.value}
                        )
                    )
                where = "" if one.scope == Scope.SERVER else f" {one.scope} {one.id}"
                changes.append(Change(now, by, guild_id, one.name + where, was, one.value))
            if guild_id:
                note(here, changes)

        await self._connections.write(write)

    async def block(
        self, user_id: int, guild_id: int, *, by: int | None, reason: str, now: float
    ) -> bool:
        """Block a member; False if this changes nothing. `by` is a manager, or None: the operator.

        Blocking again replaces the reason.
        """
        of = _block_of(user_id, guild_id, by)

        def write(here: Connection) -> bool:
            take_turn(here, user_id)
            was = here.execute(select(blocks.c.reason).where(of)).scalar_one_or_none()
            if was == reason:
                return False
            here.execute(delete(blocks).where(of))
            values = {"user_id": user_id, "guild_id": guild_id, "by_operator": by is None}
            here.execute(blocks.insert().values(**values, at=now, reason=reason))
            change = Change(
                now,
                by,
                guild_id or None,
                BLOCK,
                "" if was is None else "blocked",
                "blocked",
                user_id,
            )
            note(here, [change])
            return True

        return await self._connections.write(write)

    async def unblock(self, user_id: int, guild_id: int, *, by: int | None, now: float) -> bool:
        """Lift a manager's block, or with `by` None the operator's; False if there is none."""
        of = _block_of(user_id, guild_id, by)

        def write(here: Connection) -> bool:
            if not here.execute(delete(blocks).where(of)).rowcount:
                return False
            change = Change(now, by, guild_id or None, BLOCK, "blocked", "", user_id)
            note(here, [change])
            return True

        return await self._connections.write(write)

    async def blocks(self, guild_id: int | None = None) -> list[Block]:
        """Return all blocks, oldest first, or those that name this server."""
        reading = select(blocks).order_by(blocks.c.at, blocks.c.user_id)
        if guild_id is not None:
            reading = reading.where(blocks.c.guild_id == guild_id)
        found = await self._connections.read(lambda here: here.execute(reading).all())
        return [Block(r.guild_id, r.by_operator, r.reason, r.user_id, r.at) for r in found]


def _block_of(user_id: int, guild_id: int, by: int | None) -> ColumnElement[bool]:
    return and_(
        blocks.c.user_id == user_id,
        blocks.c.guild_id == guild_id,
        blocks.c.by_operator == (by is None),
    )


def forget_settings_of_member(connection: Connection, user_id: int) -> None:
    """Delete a member's own settings, and the words in their blocks; the blocks stay."""
    own = and_(settings.c.scope == MEMBER, settings.c.id == user_id)
    connection.execute(delete(settings).where(own))
    connection.execute(blocks.update().where(blocks.c.user_id == user_id).values(reason=""))


def forget_settings_of_server(connection: Connection, guild_id: int) -> None:
    """Delete everything that was set in a server, and the words in its blocks."""
    its = and_(settings.c.guild_id == guild_id, settings.c.scope != MEMBER)
    connection.execute(delete(settings).where(its))
    connection.execute(blocks.update().where(blocks.c.guild_id == guild_id).values(reason=""))
