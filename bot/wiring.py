"""Assembles the use cases and the job worker; opens and closes nothing."""

import math
from typing import Final

import structlog

from bot.background import Background
from bot.client import KlingBot, Services
from bot.clock import Clock
from bot.controls.control import Desk
from bot.controls.pages import Pages
from bot.controls.presses import Presses
from bot.controls.table import CONTROLS
from bot.delivery.asks import Asks
from bot.delivery.card_editor import CardEditor
from bot.delivery.composer import Composer
from bot.delivery.deliverer import Deliverer
from bot.delivery.face_pictures import FacePictures
from bot.delivery.results import Results
from bot.delivery.sender import Sender
from bot.delivery.spoilers import Spoilers
from bot.delivery.upload_limits import UploadLimits
from bot.discord.poster import Poster
from bot.domain.catalogue import Catalogue
from bot.domain.policy.backoff import BACKOFF_MAX_S, DAY_S
from bot.domain.policy.polling import POLL_STRETCH_MAX, PollLimits
from bot.invocation import Invocation
from bot.jobs.actions import Actions
from bot.jobs.checks import MIB, Admission, Checks
from bot.jobs.dispatcher import Dispatcher
from bot.jobs.elimination import Elimination
from bot.jobs.history import JobHistory
from bot.jobs.inputs import Inputs
from bot.jobs.intake import Intake, IntakeLimits
from bot.jobs.lanes import Lanes
from bot.jobs.my_data import MyData
from bot.jobs.ordering import Asking, Orders
from bot.jobs.outages import Outages
from bot.jobs.own_clips import OwnClips
from bot.jobs.poison import Poison
from bot.jobs.poller import Poller
from bot.jobs.preparer import Preparer
from bot.jobs.reconcile import Reconciler
from bot.jobs.refusals import Refusals
from bot.jobs.retention import Retention
from bot.jobs.unsure import Unsure
from bot.jobs.worker import JobWorker
from bot.kling.client import Kling
from bot.kling.questions import Questions
from bot.media.download import Downloader
from bot.media.pool import MediaPool
from bot.messages.cards import Cards
from bot.messages.controls import Buttons
from bot.messages.price_lines import PriceLines
from bot.messages.question import Questions as PriceQuestions
from bot.messages.translations import load_translations
from bot.meter import NO_METER, Meter
from bot.money.limits import operator_limits, usd_per_unit
from bot.money.usage import Usage
from bot.operator.explain import storage_fix
from bot.operator.limit_notices import LimitNotices
from bot.operator.notices import OperatorNotices
from bot.servers.entrance import Entrance
from bot.servers.managing import Managing
from bot.settings.load import Settings
from storage.errors import RowUnreadable, StorageUnavailable
from storage.job import Pack
from storage.scratch import Scratch
from storage.store import JobStore, Lane

TOGETHER_SHARE: Final = 0.5
"""Tasks that would be queried within this share of the interval are queried together."""

log = structlog.get_logger(__name__)


class Wiring:
    """The use cases and the job worker, assembled over what `bot.app` opened."""

    def __init__(
        self,
        settings: Settings,
        catalogue: Catalogue,
        clock: Clock,
        store: JobStore,
        kling: Kling,
        questions: Questions,
        input_downloader: Downloader,
        result_downloader: Downloader,
        input_pool: MediaPool,
        result_pool: MediaPool,
        client: KlingBot,
        scratch: Scratch,
        background: Background,
        answer_within: IntakeLimits,
        invocation: Invocation,
        meter: Meter = NO_METER,
        *,
        restored_at: float = -math.inf,
    ) -> None:
        limits = PollLimits(
            settings.poll.first_s,
            settings.poll.interval_s,
            settings.poll.late_s,
            settings.poll.give_up_s,
        )
        self._settings = settings
        self.catalogue = catalogue
        self._clock = clock
        self._store = store
        self._words = load_translations()
        self._background = background
        buttons = Buttons(CONTROLS)
        self._prices = PriceLines(self._words, catalogue, usd_per_unit(settings))
        self._cards = Cards(self._words, self._prices, buttons)
        self._slots = {
            Pack.VIDEO: settings.kling.video_slots,
            Pack.IMAGE: settings.kling.image_slots,
        }
        poster = Poster(client, client.discord_time)
        channel = settings.discord.operator_channel
        self._tell = tell = OperatorNotices(
            poster, self._words, clock, int(channel) if channel else None, invocation
        )
        self.outages = Outages(clock, tell, background, patience_s=limits.give_up_s)
        admission = Admission(
            frozenset(int(guild) for guild in settings.access.guilds),
            settings.access.jobs_per_member_day,
            settings.limits.open_jobs_per_member,
            settings.limits.input_mib_per_member_day * MIB,
            self._slots,
            operator_limits(settings),
        )
        limits_told = LimitNotices(store, poster, self._words, tell)
        inputs = Inputs(input_downloader, input_pool)
        results = Results(kling, result_downloader, result_pool, scratch)
        upload_limits = UploadLimits(store, poster, clock)
        pictures = FacePictures(result_downloader)
        composer = Composer(
            results, upload_limits, Spoilers(store, poster), pictures, self._cards, tell
        )
        self._actions = Actions(
            store,
            clock,
            self.wake,
            again_per_hour=settings.limits.deliveries_again_per_hour,
        )
        self.retention = Retention(
            store,
            clock,
            client.here,
            self.wake,
            inputs_kept_s=settings.storage.keep_inputs_days * DAY_S,
            jobs_kept_s=settings.storage.keep_days * DAY_S,
            books_kept_s=settings.storage.keep_ledger_days * DAY_S,
            late_s=settings.poll.late_s,
        )
        checks = Checks(catalogue, inputs, admission, answer_within.fetch_s)
        pricing = PriceQuestions(self._words, self._prices)
        refusals = Refusals(
            store,
            catalogue,
            clock,
            admission,
            self._cards,
            pricing,
            within_s=answer_within.standing_s,
        )
        self._intake = Intake(
            store,
            checks,
            self._cards,
            self._words,
            clock,
            admission,
            self.outages,
            refusals,
            self.wake,
            self._in_trouble,
            lambda full: self._background.begin(limits_told.tell(full)),
            accept_s=answer_within.accept_s,
        )
        self._usage = Usage(
            store, clock, operator_limits(settings), usd_per_unit(settings), result_pool, settings
        )
        self._entrance = Entrance(store, self._in_trouble, answer_within.standing_s)
        self._managing = Managing(
            store,
            clock,
            catalogue,
            {
                "video_model": settings.defaults.video_model,
                "image_model": settings.defaults.image_model,
            },
            admission.units,
        )
        pages = Pages(self._actions, JobHistory(store), self._words, buttons)
        asking = Asking(settings.money.confirm_usd, usd_per_unit(settings), answer_within.accept_s)
        self._orders = Orders(
            store, catalogue, clock, checks, admission, self._intake, pricing, self._cards, asking
        )
        self._my_data = MyData(store, scratch, clock, self.retention.look)
        desk = Desk(self._actions, self._orders, self._cards, self._words, pages, self._my_data)
        self._presses = Presses(desk, CONTROLS)
        unsure = Unsure(clock, limits, tell)
        elimination = Elimination(
            store, kling, clock, shared=settings.kling.account_shared, restored_at=restored_at
        )
        self._dispatcher = Dispatcher(
            store,
            kling,
            catalogue,
            clock,
            limits,
            self.outages,
            tell,
            elimination,
            unsure,
            callback_base=settings.web.public_url,
        )
        reconciler = Reconciler(store, poster, clock)
        own_clips = OwnClips(store, poster)
        preparer = Preparer(
            store, catalogue, inputs, own_clips, kling, clock, limits, self.outages, admission
        )
        poller = Poller(questions, clock, limits, self.outages, usd_per_unit(settings))
        sender = Sender(
            store, poster, composer, upload_limits, self._cards, clock, tell, meter, restored_at
        )
        deliverer = Deliverer(store, results, composer, sender, clock, restored_at)
        editor = CardEditor(store, poster, pictures, self._cards, self.outages, clock)
        asks = Asks(store, sender, self._actions, unsure, clock)
        lanes = Lanes(store, clock, self.outages, self._slots, meter, restored_at=restored_at)
        self.worker = JobWorker(
            store,
            clock,
            [
                lanes.work(Lane.SETTLE, reconciler.settle),
                lanes.recovery(self._dispatcher.recover),
                *(lanes.queue(pack, self._dispatcher.dispatch) for pack in Pack),
                lanes.work(Lane.PREPARE, lanes.finding_out(preparer.prepare)),
                lanes.work(Lane.TELL, deliverer.tell),
                lanes.work(Lane.ASK, asks.look),
                lanes.work(Lane.CARD, editor.edit),
                # The only work that recurs all the time: before the card it would starve it.
                lanes.work(
                    Lane.POLL, poller.poll, ahead_s=settings.poll.interval_s * TOGETHER_SHARE
                ),
            ],
            self._in_trouble,
            self._unreadable,
            Poison(clock, tell),
            longest_wait_s=max(BACKOFF_MAX_S, POLL_STRETCH_MAX * settings.poll.interval_s),
        )

    def services(self) -> Services:
        """Return what cogs may call."""
        return Services(
            self._intake,
            self._orders,
            self._presses,
            self.retention,
            self._cards,
            self._words,
            self._settings.defaults,
            self.catalogue,
            self._entrance,
            self._managing,
            self._usage,
            self._prices,
            self._my_data,
        )

    def wake(self) -> None:
        """Wake the job worker."""
        self.worker.wake()

    async def on_callback(self, key: str) -> None:
        """Take a callback as a hint to query Kling now; its content is never trusted."""
        job = await self._store.by_callback_key(key)
        if job is not None and await self._store.hint(job.id, now=self._clock.now()):
            self.wake()

    def _in_trouble(self, trouble: StorageUnavailable) -> None:
        """Tell the operator that the database can't be used; nothing waits for this."""
        if trouble.reason == "closed":
            return  # the process is about to end
        reason = trouble.reason.replace("_", " ")
        fix = storage_fix(trouble)
        self._background.begin(self._tell("operator.database", reason=reason, fix=fix))

    def _unreadable(self, row: RowUnreadable) -> None:
        """Tell the operator that a row was set aside; nothing waits for this."""
        self._background.begin(self._tell("operator.unreadable", job=row.job_id))

    def background_failed(self, name: str) -> None:
        """Tell the operator that a background task failed; nothing waits for this."""
        self._background.begin(self._tell("operator.background_failed", name=name))
