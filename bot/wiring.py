"""Assembles the use cases of `run`: what members and managers do; opens and closes nothing."""

from bot.client import KlingBot, Services
from bot.controls.desk import presses_of
from bot.delivery.hidden_files import HiddenFiles
from bot.delivery.leftovers import Leftovers
from bot.discord.once import Once
from bot.jobs.characters import Characters
from bot.jobs.checks import Checks
from bot.jobs.hiding import Hiding
from bot.jobs.history import JobHistory
from bot.jobs.intake import Intake, IntakeLimits
from bot.jobs.my_data import MyData
from bot.jobs.ordering import Asking, Orders
from bot.jobs.posted_media import PostedMedia
from bot.jobs.refusals import Refusals
from bot.jobs.retention import Retention
from bot.jobs.stars import Stars
from bot.messages.question import Questions as PriceQuestions
from bot.money.limits import operator_limits, usd_per_unit
from bot.money.usage import Usage
from bot.operator.limit_notices import LimitNotices
from bot.parts import Parts
from bot.servers.entrance import Entrance
from bot.servers.managing import Managing
from bot.servers.welcome import Welcome
from bot.working import Working


class Wiring:
    """The use cases, assembled over what `bot.parts` opened and beside the job worker."""

    def __init__(
        self, parts: Parts, working: Working, client: KlingBot, answer_within: IntakeLimits
    ) -> None:
        settings, store, clock = parts.settings, parts.store, parts.clock
        catalogue, words, cards = parts.catalogue, working.words, working.cards
        self._parts = parts
        self._working = working
        limits_told = LimitNotices(store, words, working.tell, working.tell_managers)
        self.retention = Retention(
            store,
            clock,
            client.here,
            self._forgotten,
            [
                # First: what is to be hidden is seen meanwhile.
                HiddenFiles(store, working.poster, clock, working.tell_managers).hide,
                Leftovers(store, working.poster, clock).take_out,
            ],
            late_s=settings.poll.late_s,
        )
        checks = Checks(catalogue, working.inputs, working.admission, answer_within.fetch_s)
        pricing = PriceQuestions(words, working.prices)
        refusals = Refusals(
            store,
            catalogue,
            clock,
            working.admission,
            cards,
            pricing,
            within_s=answer_within.standing_s,
        )
        self._intake = Intake(
            store,
            checks,
            cards,
            words,
            clock,
            working.admission,
            working.outages,
            refusals,
            working.wake,
            working.in_trouble,
            lambda full: parts.background.begin(limits_told.tell(full)),
            accept_s=answer_within.accept_s,
        )
        self._usage = Usage(
            store,
            clock,
            operator_limits(settings),
            usd_per_unit(settings),
            parts.result_pool,
            settings,
        )
        self._entrance = Entrance(store, working.in_trouble, answer_within.standing_s)
        self._managing = Managing(
            store,
            clock,
            catalogue,
            settings.defaults.by_setting,
            working.admission.units,
        )
        self._characters = Characters(
            store,
            catalogue,
            clock,
            working.removals.look,
            within_s=answer_within.standing_s,
        )
        asking = Asking(settings.money.confirm_usd, usd_per_unit(settings), answer_within.accept_s)
        self._orders = Orders(
            store,
            catalogue,
            clock,
            checks,
            working.admission,
            self._intake,
            pricing,
            cards,
            asking,
            self._characters,
        )
        self._my_data = MyData(store, parts.scratch, clock, self.retention.look)
        self._welcome = Welcome(Once(store), working.poster, clock)
        self._presses = presses_of(
            working.actions,
            self._orders,
            cards,
            words,
            working.prices,
            catalogue,
            PostedMedia(store, working.poster, working.clock),
            settings.defaults,
            JobHistory(store),
            self._my_data,
            Stars(store, clock, working.wake, self.retention.look),
            Hiding(store, clock, self.retention.look),
        )

    def _forgotten(self) -> None:
        """Jobs were deleted: slots may be free, and elements to delete at Kling.

        What was fetched of them goes, too; the others' is fetched again.
        """
        self._parts.background.begin(self._working.results.drop_all())
        self._working.wake()
        self._working.removals.look()

    def services(self) -> Services:
        """Return what cogs may call."""
        return Services(
            self._intake,
            self._orders,
            self._presses,
            self.retention,
            self._working.cards,
            self._working.words,
            self._parts.settings.defaults,
            self._parts.catalogue,
            self._entrance,
            self._managing,
            self._usage,
            self._working.prices,
            self._my_data,
            self._welcome,
            self._characters,
        )
