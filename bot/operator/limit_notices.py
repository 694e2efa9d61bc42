"""Says once a month that a limit is nearly used up, and once that it is used up."""

from collections.abc import Awaitable, Sequence
from typing import Final, Protocol

import structlog

from bot.domain.units import plain
from storage.errors import StorageUnavailable
from storage.ledger import ACCOUNT, SERVER
from storage.store import JobStore
from storage.unit_limits import PERCENT, Full

NOTICES: Final = {
    (ACCOUNT, False): "operator.limit_account_nearly",
    (ACCOUNT, True): "operator.limit_account_used_up",
    (SERVER, False): "operator.limit_server_nearly",
    (SERVER, True): "operator.limit_server_used_up",
}
"""What is said about a limit, by its scope and whether all of it is used."""

log = structlog.get_logger(__name__)


class Telling(Protocol):
    """Tells the operator something."""

    def __call__(self, key: str, **facts: str | float) -> Awaitable[bool]:
        """Tell it; `key` is one of the message catalogue."""
        ...


class LimitNotices:
    """Tells the operator of limits by units; also after restarts each limit once a month."""

    def __init__(self, store: JobStore, tell_operator: Telling) -> None:
        self._store = store
        self._tell_operator = tell_operator

    async def tell(self, full: Sequence[Full]) -> None:
        """Tell of those that were not told of in this month."""
        for one in full:
            try:
                new = await self._store.warn_once(one)
            except StorageUnavailable as trouble:
                log.warning("limit.not_noted", reason=trouble.reason)
                continue
            if not new:
                continue
            key = NOTICES[one.total.scope, one.percent >= PERCENT]
            facts: dict[str, str | float] = {
                "pack": one.total.pack,
                "percent": one.percent,
                "used": plain(one.used),
                "limit": plain(one.limit),
            }
            if one.total.scope == SERVER:
                facts["server"] = str(one.total.scope_id)
            await self._tell_operator(key, **facts)
