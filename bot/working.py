"""Assembles the job worker with its steps, as `run` and `worker` have it."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
from typing import Final

import structlog

from bot.background import Background
from bot.controls.table import CONTROLS
from bot.delivery.asks import Asks
from bot.delivery.besides import Surroundings
from bot.delivery.card_editor import CardEditor
from bot.delivery.composer import Composer
from bot.delivery.deliverer import Deliverer
from bot.delivery.face_pictures import FacePictures
from bot.delivery.joined import JoinedResults
from bot.delivery.results import Results
from bot.delivery.sender import Sender
from bot.delivery.showcase import Showcase
from bot.delivery.spoilers import Spoilers
from bot.delivery.upload_limits import UploadLimits
from bot.discord.poster import Poster
from bot.domain.policy.backoff import BACKOFF_MAX_S, DAY_S
from bot.domain.policy.polling import POLL_STRETCH_MAX, PollLimits
from bot.jobs.actions import Actions
from bot.jobs.checks import MIB, Admission
from bot.jobs.continuing import Continuing
from bot.jobs.dispatcher import Dispatcher
from bot.jobs.earlier_parts import EarlierParts
from bot.jobs.elimination import Elimination
from bot.jobs.housekeeping import Duty, Housekeeper
from bot.jobs.inputs import Inputs
from bot.jobs.lanes import Lanes
from bot.jobs.outages import Outages
from bot.jobs.own_clips import OwnClips
from bot.jobs.poison import Poison
from bot.jobs.poller import Poller
from bot.jobs.preparer import Preparer
from bot.jobs.reconcile import Reconciler
from bot.jobs.removals import Removals
from bot.jobs.tidying import Tidying
from bot.jobs.unsure import Unsure
from bot.jobs.wakeups import Wakeups
from bot.jobs.worker import LONGEST, JobWorker
from bot.messages.cards import Cards
from bot.messages.controls import Buttons
from bot.messages.price_lines import PriceLines
from bot.messages.translations import Translations, load_translations
from bot.money.limits import operator_limits, usd_per_unit
from bot.operator.explain import storage_fix
from bot.operator.notices import OperatorNotices
from bot.operator.server_notices import ServerNotices
from bot.parts import Parts
from storage.errors import RowUnreadable, StorageError, StorageUnavailable
from storage.job import Pack
from storage.store import JobStore, Lane

TOGETHER_SHARE: Final = 0.5
"""Tasks that would be queried within this share of the interval are queried together."""
Register = Callable[[Translations, JobStore], Awaitable[None]]
"""Registers commands that other processes want, for as long as this one is the housekeeper."""
LEAVING_S: Final = 1.0
"""For notices under way, and for the database, which may be why the process ends."""

log = structlog.get_logger(__name__)


class Working:
    """The job worker over what `bot.parts` opened, and what its steps share with presses."""

    def __init__(self, parts: Parts, poster: Poster, register: Register) -> None:
        settings, store, clock = parts.settings, parts.store, parts.clock
        self._parts = parts
        self.clock = clock
        self.words = load_translations()
        self.buttons = Buttons(CONTROLS)
        self.prices = PriceLines(self.words, parts.catalogue, usd_per_unit(settings))
        self.cards = Cards(self.words, self.prices, self.buttons)
        self.slots = {
            Pack.VIDEO: settings.kling.video_slots,
            Pack.IMAGE: settings.kling.image_slots,
            Pack.AUDIO: settings.kling.video_slots,  # has no number of its own
        }
        self.limits = PollLimits(
            settings.poll.first_s,
            settings.poll.interval_s,
            settings.poll.late_s,
            settings.poll.give_up_s,
        )
        self.poster = poster
        channel = settings.discord.operator_channel
        self.tell = OperatorNotices(
            store,
            self.poster,
            self.words,
            clock,
            int(channel) if channel else None,
            parts.invocation,
        )
        self.tell_managers = ServerNotices(store, self.poster, self.words, clock, self.tell)
        self.outages = Outages(
            store, clock, self.tell, parts.background, patience_s=self.limits.give_up_s
        )
        self.admission = Admission(
            frozenset(int(guild) for guild in settings.access.guilds),
            settings.access.jobs_per_member_day,
            settings.limits.open_jobs_per_member,
            settings.limits.input_mib_per_member_day * MIB,
            self.slots,
            operator_limits(settings),
        )
        self.inputs = Inputs(parts.input_downloader, parts.input_pool, parts.scratch)
        self.actions = Actions(
            store,
            clock,
            self.wake,
            again_per_hour=settings.limits.deliveries_again_per_hour,
        )
        pools = parts.result_pool, parts.join_pool
        self._expiring = Background()
        self.results = Results(
            parts.kling, parts.result_downloader, *pools, parts.scratch, clock, self._expiring
        )
        self._unsure = Unsure(clock, self.limits, self.notify)
        self.worker = self._worker()
        self.wakeups = Wakeups(store, clock, self.worker.wake)
        tidying = Tidying(
            clock,
            inputs_kept_s=settings.storage.keep_inputs_days * DAY_S,
            jobs_kept_s=settings.storage.keep_days * DAY_S,
            books_kept_s=settings.storage.keep_ledger_days * DAY_S,
        )
        self.removals = Removals(parts.kling, clock, self.outages, self.tell)
        removing = self.removals.keep_removing
        duties: dict[str, Duty] = {"purge": tidying.keep_tidy, "removals": removing}
        if store.shared:
            duties["registration"] = partial(register, self.words)
        self.housekeeper = Housekeeper(store, clock, duties, self.background_failed)

    def wake(self) -> None:
        """Wake the job worker, and those of other processes."""
        self.worker.wake()
        self.wakeups.tell()

    async def on_callback(self, key: str) -> None:
        """Take a callback as a hint to query Kling now; its content is never trusted."""
        store, now = self._parts.store, self._parts.clock.now()
        job = await store.by_callback_key(key)
        if job is not None and await store.hint(job.id, now=now):
            self.wake()

    def in_trouble(self, trouble: StorageUnavailable) -> None:
        """Tell the operator that the database can't be used; nothing waits for this."""
        if trouble.reason == "closed":
            return  # the process is about to end
        reason = trouble.reason.replace("_", " ")
        fix = storage_fix(trouble)
        self.notify("operator.database", reason=reason, fix=fix)

    def background_failed(self, name: str) -> None:
        """Tell the operator that a background task failed; nothing waits for this."""
        self.notify("operator.background_failed", name=name)

    def notify(self, key: str, **facts: str | float) -> None:
        """Tell the operator; nothing waits for this."""
        self._parts.background.begin(self.tell(key, **facts))

    async def leave(self) -> None:
        """Let other processes have at once what this one holds."""
        await self._expiring.close()
        await self._parts.background.close(LEAVING_S)  # notices need the connection, closed next
        await self.housekeeper.leave()
        with contextlib.suppress(StorageError, TimeoutError):
            async with asyncio.timeout(LEAVING_S):
                await self._parts.store.return_calls()

    def _unreadable(self, row: RowUnreadable) -> None:
        """Tell the operator that a row was set aside; nothing waits for this."""
        self.notify("operator.unreadable", job=row.job_id)

    def _worker(self) -> JobWorker:
        parts, settings = self._parts, self._parts.settings
        store, clock, kling = parts.store, parts.clock, parts.kling
        dispatcher = self._dispatcher()
        earlier = EarlierParts(
            store, kling, self.poster, parts.result_downloader, parts.input_downloader
        )
        preparer = Preparer(
            store,
            parts.catalogue,
            self.inputs,
            OwnClips(store, self.poster, self.clock),
            kling,
            clock,
            self.limits,
            self.outages,
            self.admission,
            Continuing(store, earlier, parts.input_pool, parts.scratch),
        )
        poller = Poller(parts.questions, clock, self.limits, self.outages, usd_per_unit(settings))
        pictures = FacePictures(parts.result_downloader)
        results = self.results
        joined = JoinedResults(earlier, parts.join_pool)
        composer, sender = self._sender(results, joined, pictures)
        deliverer = Deliverer(store, results, composer, sender, clock, parts.restored_at)
        editor = CardEditor(store, self.poster, pictures, results, self.cards, self.outages, clock)
        showcase = Showcase(
            store,
            results,
            composer,
            sender,
            self.poster,
            self.tell_managers,
            clock,
            parts.restored_at,
        )
        asks = Asks(store, sender, self.actions, self._unsure, clock)
        lanes = Lanes(
            store, clock, self.outages, self.slots, parts.meter, restored_at=parts.restored_at
        )
        return JobWorker(
            store,
            clock,
            [
                lanes.work(Lane.SETTLE, Reconciler(store, self.poster, clock).settle),
                lanes.recovery(dispatcher.recover),
                *(lanes.queue(pack, dispatcher.dispatch) for pack in Pack),
                lanes.work(Lane.PREPARE, lanes.finding_out(preparer.prepare)),
                lanes.work(Lane.TELL, deliverer.tell),
                lanes.work(Lane.ASK, asks.look),
                lanes.work(Lane.CARD, editor.edit),
                lanes.work(Lane.SHOW, showcase.show),
                # The only work that recurs all the time: before the card it would starve it.
                lanes.work(
                    Lane.POLL, poller.poll, ahead_s=settings.poll.interval_s * TOGETHER_SHARE
                ),
            ],
            self.in_trouble,
            self._unreadable,
            Poison(clock, self.tell, self.limits),
            on_failure=self.background_failed,
            longest=replace(
                LONGEST,
                quick_s=max(BACKOFF_MAX_S, POLL_STRETCH_MAX * settings.poll.interval_s),
                slots_kept_s=settings.poll.late_s,
            ),
            before_look=self.outages.refresh,
        )

    def _dispatcher(self) -> Dispatcher:
        parts, settings = self._parts, self._parts.settings
        elimination = Elimination(
            parts.store,
            parts.kling,
            parts.clock,
            shared=settings.kling.account_shared,
            restored_at=parts.restored_at,
        )
        return Dispatcher(
            parts.store,
            parts.kling,
            parts.catalogue,
            parts.clock,
            self.limits,
            self.outages,
            self.notify,
            elimination,
            self._unsure,
            callback_base=settings.web.public_url,
        )

    def _sender(
        self, results: Results, joined: JoinedResults, pictures: FacePictures
    ) -> tuple[Composer, Sender]:
        parts = self._parts
        store, clock = parts.store, parts.clock
        upload_limits = UploadLimits(store, self.poster, clock)
        spoilers = Spoilers(store, self.poster)
        besides = Surroundings(store)
        composer = Composer(
            results, upload_limits, spoilers, pictures, besides, joined, self.cards, self.notify
        )
        sender = Sender(
            store,
            self.poster,
            composer,
            upload_limits,
            self.cards,
            clock,
            self.notify,
            parts.meter,
            parts.restored_at,
        )
        return composer, sender
