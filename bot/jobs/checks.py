"""Checks a command before anything is accepted: rules and files, every problem at once."""

import asyncio
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from bot.domain.budget import (
    NO_OPERATOR_LIMITS,
    OperatorLimits,
    limits_for,
)
from bot.domain.catalogue import Catalogue, Price, price_or_guess
from bot.domain.catalogue.fitting import Fitting, still_fits
from bot.domain.edits import ClipFacts
from bot.domain.policy.backoff import DAY_S
from bot.domain.requests import (
    DURATION_FACT,
    AvatarRequest,
    ClipTaker,
    LipSyncRequest,
    Offered,
    Request,
    UrlTaker,
)
from bot.domain.rules import check
from bot.domain.rules.measured import measured_problems
from bot.domain.rules_of_place import NO_RULES, RulesOfPlace
from bot.domain.units import plain
from bot.errors import (
    BotError,
    DownloadFailed,
    Fact,
    MediaWorkerFailed,
    MemberMustChange,
    Problem,
    RequestRefused,
)
from bot.jobs.faces import Judge
from bot.jobs.inputs import SOUND, Inputs, link_of, longest_sound_s
from storage.errors import (
    AgainLimitReached,
    BytesLimitReached,
    LimitReached,
    OpenLimitReached,
    UnitsLimitReached,
)
from storage.job import Origin, Pack, StoredInput
from storage.ledger import ACCOUNT, MEMBER, SERVER
from storage.limits import Limits

MIB: Final = 2**20
ABOUT_TIMES: Final = frozenset({"start", "end", "insert", "end_before_start", "sound_trim_short"})
"""Options and problems after which the part of the audio can't be worked out."""
UNITS_PROBLEMS: Final = {
    (MEMBER, Pack.VIDEO): "units_member_video",
    (MEMBER, Pack.IMAGE): "units_member_image",
    (SERVER, Pack.VIDEO): "units_server_video",
    (SERVER, Pack.IMAGE): "units_server_image",
    (ACCOUNT, Pack.VIDEO): "units_account_video",
    (ACCOUNT, Pack.IMAGE): "units_account_image",
}
ABOUT_LINKS: Final = frozenset({"video", "clip_missing", "clip_both", "url_scheme"})
"""And after which there is no video URL to check."""


@dataclass(frozen=True, slots=True)
class Admission:
    """Who may use the bot, and how often."""

    guilds: frozenset[int] = frozenset()
    jobs_per_member_day: int = 0
    open_jobs_per_member: int = 0
    input_bytes_per_member_day: int = 0
    slots: Mapping[Pack, int] | None = None
    """Slots of the account by pack; a job that needs more is refused."""
    units: OperatorLimits = NO_OPERATOR_LIMITS

    def limits(self, now: float) -> Limits:
        """Return a member's limits for a command at this moment; days are those of UTC."""
        return Limits(
            self.jobs_per_member_day,
            self.open_jobs_per_member,
            self.input_bytes_per_member_day,
            day_starts=now // DAY_S * DAY_S,
        )

    def limits_of(self, asked: "Asked", price: Price, now: float) -> Limits:
        """Return the limits for this command, those by units included."""
        units = limits_for(
            price.pack,
            self.units,
            managers=asked.rules.server_units(price.pack),
            role=asked.rules.role_units(price.pack),
            price_known=price.known,
        )
        return replace(self.limits(now), units=units)


def limit_problem(reached: LimitReached, now: float) -> Problem:
    """Return what a member reads about a limit: its name, and when it is possible again."""
    facts: dict[str, Fact] = {"used": reached.used, "limit": reached.limit}
    if isinstance(reached, OpenLimitReached):
        return Problem("open_limit", facts)
    if isinstance(reached, AgainLimitReached):
        return Problem("again_limit", {"count": reached.limit, "when": math.ceil(reached.again_at)})
    if isinstance(reached, UnitsLimitReached):
        return units_problem(reached)
    facts["when"] = int(now // DAY_S * DAY_S + DAY_S)
    if isinstance(reached, BytesLimitReached):
        return Problem("bytes_limit", {**facts, "limit": reached.limit // MIB})
    return Problem("day_limit", facts)


def units_problem(reached: UnitsLimitReached) -> Problem:
    """Return what a member reads about a limit by units: which, what is left, and until when."""
    left = max(0, reached.limit - reached.used)
    return Problem(
        UNITS_PROBLEMS[reached.scope, Pack(reached.pack)],
        {
            "price": plain(reached.price),
            "left": plain(left),
            "limit": plain(max(reached.limit, left)),  # more is left where the operator credited
            "when": math.ceil(reached.again_at),
        },
    )


@dataclass(frozen=True, slots=True)
class Asked:
    """A command as it arrived."""

    request: Request
    offered: Mapping[str, Offered]
    origin: Origin
    token: str
    parent_id: str | None = None
    stored: tuple[StoredInput, ...] = ()
    """Inputs of an earlier job that is run again, or its video as Kling has it."""
    rules: RulesOfPlace = NO_RULES
    """What was set for this place and member."""
    defaulted: Mapping[str, str] = field(default_factory=dict)
    """Options that a default filled in, each with for whom or what that was set."""
    by_form: bool = False
    """Whether it was filled into a form, and is kept where it is refused."""
    job_id: str | None = None
    """The id of its draft, which the job takes over; None: it gets an id of its own."""
    began: float | None = None
    """When its answer was begun, by the loop's clock; None: now."""
    found: tuple[Problem, ...] = ()
    """What is wrong with it beyond its rules: characters that it cites, or would make."""
    clip: ClipFacts | None = None
    """What the header of its video says; None: that is not known in time, or not needed."""


class Checks:
    """Finds everything that is wrong with a command, as far as it can be known in time."""

    def __init__(
        self, catalogue: Catalogue, inputs: Inputs, admission: Admission, fetch_s: float
    ) -> None:
        self._catalogue = catalogue
        self._inputs = inputs
        self._admission = admission
        self._fetch_s = fetch_s

    def price(self, request: Request) -> Price:
        """Return what the request costs, or a guess."""
        return price_or_guess(self._catalogue, request)

    def still_fits(self, request: Request, left: int) -> Fitting | None:
        """Return what like this request costs no more than so many hundredths of a unit."""
        return still_fits(self._catalogue, request, left)

    def serves(self, guild_id: int | None) -> bool:
        """Tell whether commands from this server are accepted; None stands for direct messages."""
        return not self._admission.guilds or guild_id in self._admission.guilds

    def known_problems(self, asked: Asked) -> tuple[Problem, ...]:
        """Return why a command would be refused whatever its files are like; none: it may not."""
        try:
            self._admit(asked)
        except RequestRefused as refused:
            return refused.problems
        return self._of_request(asked)

    def _of_request(self, asked: Asked) -> tuple[Problem, ...]:
        slots = (self._admission.slots or {}).get(asked.request.route.pack)
        found = check(self._catalogue, asked.request, asked.offered, slots=slots)
        found = (*found, *asked.found)
        if asked.clip is None or not isinstance(asked.request, UrlTaker):
            return found
        return (*found, *measured_problems(self._catalogue, asked.request, asked.clip))

    async def measured(self, asked: Asked) -> Asked:
        """Return it with the length of its video or audio, where the file says so in time.

        Never raises: what is wrong with the URL or the file is found with everything else.
        """
        request = asked.request
        if isinstance(request, AvatarRequest):
            return await self._heard(asked, request)
        if not isinstance(request, UrlTaker | LipSyncRequest) or request.video_s is not None:
            return asked
        try:
            self._admit(asked)
            if not request.video_url or _known(self._of_request(asked)) & ABOUT_LINKS:
                return asked
            async with asyncio.timeout_at(_began(asked) + self._fetch_s):
                facts = await self._inputs.clip(request.video_url)
        except (TimeoutError, BotError):
            return asked
        return replace(asked, request=replace(request, video_s=facts.seconds), clip=facts)

    async def _heard(self, asked: Asked, request: AvatarRequest) -> Asked:
        """Return it with the length of its audio, which is read with its other files."""
        if not request.audio or request.sound_s:
            return asked
        try:
            stored, late = await self.inputs_of(asked)
        except BotError:
            return asked
        sound = next((one for one in stored if one.name == SOUND), None)
        if late or sound is None:
            return asked
        sound_s = math.ceil(sound.facts[DURATION_FACT])
        return replace(asked, request=replace(request, sound_s=sound_s), stored=stored)

    async def inputs_of(self, asked: Asked) -> tuple[tuple[StoredInput, ...], bool]:
        """Return the inputs that arrived in time, and whether some are still to be fetched.

        Raises `RequestRefused` with every problem of the command and of its files. Files are
        checked even if the command is refused anyway, except those whose own problem is known.
        """
        self._admit(asked)
        problems = self._of_request(asked)
        try:
            fetched = await self._fetch(asked, problems)
        except MemberMustChange as refusal:
            raise RequestRefused((*problems, *refusal.problems)) from refusal
        if problems:
            raise RequestRefused(problems)
        return fetched

    def _admit(self, asked: Asked) -> None:
        """Refuse a command from a place that is not served, whatever else is wrong with it."""
        if not self.serves(asked.origin.guild_id):
            raise RequestRefused([Problem("guild_not_served")])
        if not asked.origin.channel_id:  # the result would have no venue
            raise RequestRefused([Problem("channel_unknown")])
        if (not_here := asked.rules.not_here()) is not None:
            raise RequestRefused([not_here])

    async def _fetch(
        self, asked: Asked, problems: Sequence[Problem]
    ) -> tuple[tuple[StoredInput, ...], bool]:
        request = asked.request
        known = _known(problems)
        judge = Judge() if known & ABOUT_TIMES else Judge(request)
        wrong = [problem for one in asked.stored for problem in judge(one)]
        if wrong:
            raise RequestRefused(wrong)
        stored = {one.name for one in asked.stored}
        wanted = [one for name, one in asked.offered.items() if name not in known | stored]
        if stored and not wanted:
            return asked.stored, False
        url = request.video_url if isinstance(request, ClipTaker) else ""
        link = None if known & ABOUT_LINKS else link_of(request, url)
        try:
            async with asyncio.timeout_at(_began(asked) + self._fetch_s):
                member = asked.origin.user_id
                fetched = await self._inputs.fetch(
                    wanted, link, judge, member=member, sound_max_s=longest_sound_s(request)
                )
                return (*asked.stored, *fetched), False
        except (TimeoutError, DownloadFailed, MediaWorkerFailed):
            return asked.stored, True


def _known(problems: Sequence[Problem]) -> set[str]:
    """Return the options that have a problem, and the codes of problems without an option."""
    return {str(problem.facts.get("option", problem.code)) for problem in problems}


def _began(asked: Asked) -> float:
    return asyncio.get_running_loop().time() if asked.began is None else asked.began
