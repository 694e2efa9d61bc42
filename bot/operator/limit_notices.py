"""Says once a month that a limit is nearly used up, and once that it is used up."""

from collections.abc import Sequence
from typing import Final

import structlog

from bot.domain.units import plain
from bot.messages.translations import FALLBACK, Translations
from bot.operator.server_notices import ServerNotices, Telling
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
TO_MANAGERS: Final = {
    False: "notice.limit_nearly",
    True: "notice.limit_used_up",
}
"""What the managers read about their server's, in the channel that they chose."""

log = structlog.get_logger(__name__)


class LimitNotices:
    """Tells of limits by units, each once a month, also after restarts.

    The operator hears of all, managers of those of their server.
    """

    def __init__(
        self,
        store: JobStore,
        words: Translations,
        tell_operator: Telling,
        servers: ServerNotices,
    ) -> None:
        self._store = store
        self._servers = servers
        self._words = words
        self._tell_operator = tell_operator

    async def tell(self, full: Sequence[Full]) -> None:
        """Tell of those that were not told of in this month. Never raises."""
        for one in full:
            try:
                if await self._store.warn_once(one):
                    await self._tell(one)
            except StorageUnavailable as trouble:
                log.warning("limit.not_noted", reason=trouble.reason)

    async def _tell(self, one: Full) -> None:
        used_up = one.percent >= PERCENT
        facts: dict[str, str | float] = {
            "pack": one.total.pack,
            "percent": one.percent,
            "used": plain(one.used),
            "limit": plain(one.limit),
        }
        about = {"server": str(one.total.scope_id)} if one.total.scope == SERVER else {}
        key = NOTICES[one.total.scope, used_up]
        told = await self._tell_operator(key, **facts, **about)
        if one.total.scope == SERVER:
            told = await self._tell_managers(one, TO_MANAGERS[used_up], facts) or told
        if not told:  # the next command is another chance
            await self._store.warn_again(one)

    async def _tell_managers(self, one: Full, key: str, facts: dict[str, str | float]) -> bool:
        pack = self._words.say(f"pack.{facts['pack']}", FALLBACK)
        guild_id = one.total.scope_id
        nonce = f"lim-{one.total.pack}-{one.percent}-{guild_id % 10**9}"
        return await self._servers.post(guild_id, key, nonce=nonce, **{**facts, "pack": pack})
