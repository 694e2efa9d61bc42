"""What is known about our own ids at the other side: where a task is found by them."""

import re
from collections.abc import Awaitable, Callable, Iterable
from typing import Final

from bot.domain.catalogue import Catalogue
from bot.domain.requests import Route
from bot.kling.bodies import Body
from bot.kling.dialects import Dialect
from bot.kling.tasks import Lookup

KEPT_BY_ANY_GATEWAY: Final = frozenset({Route.TEXT2VIDEO, Route.IMAGE2VIDEO, Route.OMNI_IMAGE})
"""Routes on which the known gateways of this API forward our id (read from their code, 2026-01)."""
CARRIES_AN_ID: Final = b'"external_task_id":"'
"""In a body; inside a text, its quotes would be escaped."""
NAMES_AN_ID: Final = re.compile(r"external.?(task.?)?id|callback.?url", re.IGNORECASE)
"""A refusal with these words is about the id, not about what was asked for."""


async def _forget(_model: str) -> None:
    """Where nobody keeps it, it is learnt again."""


class KnownIds:
    """Routes that keep our ids, and models that take none.

    `kept` are routes of which a response once echoed an id (for a lip-sync: by which one was
    found), `without` the models that once refused one. `on_kept` is called with each new route;
    `on_without` is awaited with each new model, before an order goes without an id.
    """

    def __init__(
        self,
        dialect: Dialect,
        catalogue: Catalogue | None,
        is_ours: Callable[[], bool],
        *,
        kept: Iterable[Route] = (),
        without: Iterable[str] = (),
        on_kept: Callable[[Route], None] | None = None,
        on_without: Callable[[str], Awaitable[None]] | None = None,
    ) -> None:
        self._dialect = dialect
        self._catalogue = catalogue
        self._is_ours = is_ours
        self._kept = set(kept)
        self._without = set(without)
        self._echoed: set[str] = set()
        self._on_kept = on_kept
        self._on_without = on_without or _forget

    def lookup(self, route: Route, model: str = "") -> Lookup:
        """Tell what a look-up by our id can prove."""
        if route.newer and not self._proven(model):
            return Lookup.MAY_FIND if self.sent_with(model) else Lookup.BLIND
        if route in self._kept:
            return Lookup.PROVES
        if self._dialect is Dialect.OFFICIAL or self._is_ours():
            # It is not documented whether a lip-sync can be queried by our id.
            return Lookup.MAY_FIND if route is Route.LIP_SYNC else Lookup.PROVES
        return Lookup.PROVES if route in KEPT_BY_ANY_GATEWAY else Lookup.BLIND

    def sent_with(self, model: str) -> bool:
        """Tell whether an order of this model carries our id."""
        return model not in self._without and self._takes_ids(model) is not False

    async def refused(self, route: Route, model: str, message: str, written: Body) -> bool:
        """Tell whether an order was refused because it carries our id; the model is then known.

        Two orders may be under way when the first refusal teaches it.
        """
        if not (route.newer and CARRIES_AN_ID in written and NAMES_AN_ID.search(message)):
            return False
        if self.sent_with(model):
            await self._on_without(model)
            self._without.add(model)
        return True

    def learn_from_echo(self, route: Route, model: str = "") -> None:
        """Learn from a response that shows our id."""
        if model:
            self._echoed.add(model)
        # A lip-sync may keep our id without being found by it: only finding one proves that.
        if route is not Route.LIP_SYNC:
            self.learn(route)

    def learn(self, route: Route) -> None:
        """Remember that tasks of this route are found by our ids."""
        if route in self._kept or self.lookup(route) is Lookup.PROVES:
            return
        self._kept.add(route)
        if self._on_kept is not None:
            self._on_kept(route)

    def _proven(self, model: str) -> bool:
        """Tell whether the model surely keeps ids: what ignores one can't be found by it."""
        return self.sent_with(model) and (model in self._echoed or bool(self._takes_ids(model)))

    def _takes_ids(self, model: str) -> bool | None:
        return self._catalogue.takes_ids(model) if self._catalogue else None
