"""The Kling account as it is configured, with what is known about the other side."""

import contextlib
from collections.abc import AsyncIterator
from typing import Final

import structlog

from bot.background import Background
from bot.clock import Clock
from bot.domain.catalogue import Catalogue
from bot.domain.requests import Route
from bot.jobs.elimination import Elimination
from bot.kling.auth import credentials_for
from bot.kling.client import Kling
from bot.kling.dialects import Dialect
from bot.kling.questions import Questions
from bot.meter import NO_METER, Meter
from bot.network import Proxy
from bot.settings.load import Settings
from storage.errors import StorageUnavailable
from storage.store import JobStore

NO_BATCHES_FACT: Final = "no_batches:{base_url}"
NO_IDS_FACT: Final = "takes_no_id:{base_url}:{model}"
KEEPS_ID_FACT: Final = "keeps_id:{base_url}:{route}"

log = structlog.get_logger(__name__)


async def make_kling(
    settings: Settings,
    catalogue: Catalogue,
    clock: Clock,
    store: JobStore,
    background: Background,
    meter: Meter = NO_METER,
) -> Kling:
    """Return the client for the configured Kling or gateway, with what is known about it."""
    kling = settings.kling
    dialect = Dialect(kling.resolved_dialect)
    official = dialect is Dialect.OFFICIAL
    facts = {
        route: KEEPS_ID_FACT.format(base_url=kling.resolved_base_url, route=route.value)
        for route in Route
    }
    kept = [route for route, fact in facts.items() if await store.fact(fact) is not None]

    async def note(route: Route) -> None:
        try:
            await store.set_fact(facts[route], "yes")
        except StorageUnavailable:
            log.warning("kling.route_not_noted", route=route.value)  # the next echo reports it

    without = [
        name
        for name in catalogue.newer_names()
        if await store.fact(_no_ids_fact(settings, name)) is not None
    ]

    async def note_without(model: str) -> None:
        await store.set_fact(_no_ids_fact(settings, model), "yes")
        log.info("kling.model_takes_no_id", model=model)

    auth = credentials_for(
        dialect,
        clock=clock,
        access_key=kling.access_key.get_secret_value() if official else "",
        secret_key=kling.secret_key.get_secret_value() if official else "",
        api_key=kling.api_key.get_secret_value() if official else "",
        gateway_token="" if official else settings.gateway.api_token.get_secret_value(),
    )
    return Kling(
        kling.resolved_base_url,
        dialect=dialect,
        auth=auth,
        clock=clock,
        catalogue=catalogue,
        kept_routes=kept,
        models_without_ids=without,
        on_no_ids=note_without,
        on_learnt=lambda route: background.begin(note(route)),
        proxy=Proxy.of(kling.proxy.get_secret_value()),
        meter=meter,
    )


@contextlib.asynccontextmanager
async def finding_tasks(
    settings: Settings, catalogue: Catalogue, clock: Clock, store: JobStore
) -> AsyncIterator[Elimination]:
    """Yield what finds tasks for a shell beside the running bot."""
    background = Background()
    try:
        async with await make_kling(settings, catalogue, clock, store, background) as kling:
            yield Elimination(store, kling, clock, shared=settings.kling.account_shared)
    finally:
        await background.close()


def _no_ids_fact(settings: Settings, model: str) -> str:
    return NO_IDS_FACT.format(base_url=settings.kling.resolved_base_url, model=model)


def catalogue_for(settings: Settings, catalogue: Catalogue) -> Catalogue:
    """Return what this account can use: Kling's newer generation takes an API key only."""
    kling = settings.kling
    official = Dialect(kling.resolved_dialect) is Dialect.OFFICIAL
    pair_only = official and not kling.api_key.get_secret_value()
    return catalogue.without_newer() if pair_only else catalogue


async def make_questions(
    settings: Settings, clock: Clock, store: JobStore, background: Background, kling: Kling
) -> Questions:
    """Return what asks for tasks, with what is known about the other side."""
    fact = NO_BATCHES_FACT.format(base_url=settings.kling.resolved_base_url)

    async def note(refused_at: float) -> None:
        try:
            await store.set_fact(fact, str(refused_at))
        except StorageUnavailable:
            log.warning("kling.batches_not_noted")  # the next start finds out again

    refused_at = await store.fact(fact)
    return Questions(
        kling,
        clock,
        refused_at=None if refused_at is None else float(refused_at),
        on_refused=lambda moment: background.begin(note(moment)),
    )
