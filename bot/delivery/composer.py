"""Makes the message of a delivery: which results go together, in what form, and as which files."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from bot.delivery.besides import Surroundings
from bot.delivery.face_pictures import FacePictures
from bot.delivery.joined import JoinedResults, Joint
from bot.delivery.results import ResultFile, Results
from bot.delivery.spoilers import Spoilers
from bot.delivery.upload_limits import UploadLimits
from bot.domain.policy.delivery import SAFE_LIMIT_BYTES
from bot.domain.policy.in_vain import Vain, waits_of
from bot.domain.policy.questions import QUESTION
from bot.errors import DownloadFailed, DownloadGone, KlingError, UrlRefused
from bot.jobs.claim import Claim
from bot.jobs.notices import Notify
from bot.messages.cards import Cards
from bot.messages.filenames import as_spoiler, result_name, still_name
from bot.messages.message import FILES_MAX, File, Message
from bot.messages.result_parts import Alone, Besides, Left, Why
from storage.delivery import SHOWCASE
from storage.job import Delivery, Form, Job, Venue

PICTURES_PER_MESSAGE: Final = FILES_MAX - 1
"""One place is kept for `prompt.txt`."""
LINK_SCHEMES: Final = ("https://", "http://")
ALONE_MAX_BYTES: Final = SAFE_LIMIT_BYTES // 2
"""A new part up to this size is posted as a file where Discord took no longer video."""
FETCH_TRIES_MAX: Final = 10
"""A result that can't be downloaded after this many tries is posted as a link."""


class NothingToShow(Exception):
    """There is no file for a copy in the showcase any more."""


@dataclass(slots=True)
class _Fetched:
    """Which files of a part were available."""

    results: list[ResultFile] = field(default_factory=list)
    gone: int = 0
    """How many results Kling no longer has."""
    refused: list[int] = field(default_factory=list)
    """Results whose URL must not be downloaded."""


class Composer:
    """Packs results into messages that fit their venue."""

    def __init__(
        self,
        results: Results,
        limits: UploadLimits,
        spoilers: Spoilers,
        pictures: FacePictures,
        surroundings: Surroundings,
        joined: JoinedResults,
        cards: Cards,
        notify: Notify,
    ) -> None:
        self._results = results
        self._limits = limits
        self._spoilers = spoilers
        self._pictures = pictures
        self._surroundings = surroundings
        self._joined = joined
        self._cards = cards
        self._notify = notify

    async def groups(self, claim: Claim, folder: Path, venue: Venue) -> list[tuple[int, ...]]:
        """Return which results share a message: a video is alone, images go together."""
        job = claim.job
        media: Sequence[Any] = (job.outcome or {}).get("media", ())
        everything = tuple(range(len(media)))
        if venue is Venue.ANSWER or len(everything) <= 1:
            return [everything]
        return await self._spread(claim, folder, everything, venue)

    async def fit_one(self, claim: Claim, folder: Path, venue: Venue) -> bool:
        """Tell whether one message holds all results as they are; one or none always does."""
        everything = tuple(range(len((claim.job.outcome or {}).get("media", ()))))
        if len(everything) <= 1:
            return True
        return len(await self._spread(claim, folder, everything, venue)) == 1

    async def _spread(
        self, claim: Claim, folder: Path, everything: Sequence[int], venue: Venue
    ) -> list[tuple[int, ...]]:
        limit = await self._limits.room_bytes(claim.job, venue)
        groups: list[list[int]] = []
        room = 0
        for index in everything:
            size, alone = await self._measure(claim, index, folder, limit)
            if not groups or alone or size > room or len(groups[-1]) >= PICTURES_PER_MESSAGE:
                groups.append([])
                room = limit
            groups[-1].append(index)
            room = 0 if alone else room - size
        return [tuple(group) for group in groups]

    async def _measure(
        self, claim: Claim, index: int, folder: Path, limit: int
    ) -> tuple[int, bool]:
        try:
            result = await self._results.fetch(claim, index, folder)
        except (DownloadGone, UrlRefused):
            return 0, False
        except (DownloadFailed, KlingError):
            if waits_of(claim.job).count(Vain.DOWNLOAD) + 1 < FETCH_TRIES_MAX:
                raise
            return 0, False  # a link needs no room
        return min(result.size_bytes, limit), result.is_clip

    async def message(
        self, claim: Claim, delivery: Delivery, folder: Path
    ) -> tuple[Message, Delivery]:
        """Return the message of a part, and the part in its current form.

        Raises `DownloadFailed` or `KlingError` as long as another try may bring the files, and of a
        copy for the showcase `NothingToShow` if none will.
        """
        message, delivery = await self._message(claim, delivery, folder)
        if message.files and await self._spoilers.wanted(claim.job, delivery):
            files = [replace(file, filename=as_spoiler(file.filename)) for file in message.files]
            message = replace(message, files=tuple(files))
        return message, delivery

    async def _message(
        self, claim: Claim, delivery: Delivery, folder: Path
    ) -> tuple[Message, Delivery]:
        if delivery.kind == QUESTION:
            pictures = await self._pictures.of(claim.job)
            return self._cards.announcement(claim.job, delivery, pictures), delivery
        besides = await self._surroundings.of(claim.job, delivery)
        if not delivery.items:
            return self._cards.problem(claim.job, delivery, besides), delivery
        limit = await self._limits.room_bytes(claim.job, delivery.venue, delivery.form)
        patient = waits_of(claim.job).count(Vain.DOWNLOAD) + 1 < FETCH_TRIES_MAX
        try:
            fetched = await self._fetched(claim, delivery, folder)
        except (DownloadFailed, KlingError):
            if patient:
                raise
            hidden = await self._spoilers.wanted(claim.job, delivery)
            return self._not_fetched(claim, delivery, replace(besides, hidden=hidden))
        job, prompt = claim.job, await self._prompt(claim, delivery)
        copies = delivery.kind == SHOWCASE
        written = self._cards.showcase if copies else self._cards.result
        alone, missing = fetched.results, fetched.gone
        joint = Joint([])
        if not fetched.refused:
            joint = await self._joined.of(claim, alone, folder, patient=patient)
        joint, fitted = await self._shaped(joint, alone, delivery, folder, limit)
        results = joint.results
        linked = fetched.refused or fitted != results
        hidden = bool(linked) and await self._spoilers.wanted(job, delivery)
        besides = replace(besides, parts=joint.parts, alone=joint.alone, hidden=hidden)
        if copies and not results:
            raise NothingToShow
        if not results and not fetched.refused:
            return self._cards.gone(job, delivery), delivery
        if fitted is not None:
            files = [self._file(job, prompt, delivery, result) for result in fitted]
            left = self._left(job, fetched.refused, Why.REFUSED, 0 if joint.parts else missing)
            smaller = fitted != results
            whole = self._whole(job, results, fitted)
            message = written(
                job, prompt, delivery, files, left, fitted=smaller, whole=whole, besides=besides
            )
            return message, delivery if results else self._as_link(delivery)
        frame = await self._results.poster_frame(results[0], limit)
        picture = [] if frame is None else [self._still(job, prompt, delivery, frame)]
        there = [*(result.index for result in results), *fetched.refused]
        left = self._left(job, sorted(there), Why.TOO_LARGE, missing)
        still = frame is not None
        message = written(job, prompt, delivery, picture, left, still=still, besides=besides)
        return message, self._as_link(delivery)

    async def _prompt(self, claim: Claim, delivery: Delivery) -> str:
        """Return the words that the message shows: in the showcase only if their author permits."""
        if delivery.kind == SHOWCASE and not await self._surroundings.shows_prompt(claim.job):
            return ""
        return claim.request.prompt

    def _not_fetched(
        self, claim: Claim, delivery: Delivery, besides: Besides
    ) -> tuple[Message, Delivery]:
        if delivery.kind == SHOWCASE:
            raise NothingToShow
        if not claim.job.result_urls:  # not even a link: "deliver again" stays possible
            return self._cards.gone(claim.job, delivery, "result_unreachable"), delivery
        left = self._left(claim.job, delivery.items, Why.NOT_FETCHED)
        prompt = claim.request.prompt
        message = self._cards.result(claim.job, prompt, delivery, (), left, besides=besides)
        return message, self._as_link(delivery)

    async def _fetched(self, claim: Claim, delivery: Delivery, folder: Path) -> _Fetched:
        """Return which files of the part are available, and count the others."""
        fetched = _Fetched()
        for index in delivery.items:
            try:
                result = await self._results.fetch(claim, index, folder)
            except DownloadGone:
                fetched.gone += 1
            except UrlRefused as refusal:  # no further try changes it, but the operator may
                fetched.refused.append(index)
                self._notify("operator.result_refused", reason=refusal.reason)
            else:
                fetched.results.append(result)
        return fetched

    async def _shaped(
        self,
        joint: Joint,
        alone: list[ResultFile],
        delivery: Delivery,
        folder: Path,
        limit: int,
    ) -> tuple[Joint, list[ResultFile] | None]:
        """Return what is posted, and its files as they fit; None: as a link.

        What is joined and does not fit is posted without what it was joined to.
        """
        for one in (joint, Joint(alone, alone=Alone.TOO_LARGE)) if joint.parts else (joint,):
            joint = one
            if not joint.results:
                return joint, []
            if delivery.form is Form.LINK:
                untried = joint.alone is Alone.TOO_LARGE and not delivery.broke_off
                if untried and _size_of(joint.results) <= ALONE_MAX_BYTES:
                    return joint, joint.results
                continue
            room = limit
            if delivery.form is Form.FITTED and delivery.broke_off:
                # Not too large for a limit: too large for Discord to take it just now.
                room = min(limit, _size_of(joint.results) // 2)
            fitted = await self._fitted(joint.results, folder, room)
            if fitted is not None:
                return joint, fitted
        return joint, None

    async def _fitted(
        self, results: list[ResultFile], folder: Path, limit: int
    ) -> list[ResultFile] | None:
        """Return the results so that together they fit, or None."""
        if _size_of(results) <= limit:
            return results
        share = limit // len(results)
        fitted = [await self._results.fitted(result, folder, share) for result in results]
        return None if None in fitted else [result for result in fitted if result]

    def _whole(
        self, job: Job, results: Sequence[ResultFile], fitted: Sequence[ResultFile]
    ) -> tuple[str, ...]:
        """Return links to the images that were made smaller: of an image, every pixel counts."""
        smaller = [
            result.index
            for result, made in zip(results, fitted, strict=True)
            if made != result and not result.is_clip
        ]
        return self._left(job, smaller, Why.WHOLE).links

    def _left(self, job: Job, items: Sequence[int], why: Why, missing: int = 0) -> Left:
        urls = [job.result_urls[i] for i in items if i < len(job.result_urls)]
        links = tuple(url for url in urls if url.lower().startswith(LINK_SCHEMES))
        return Left(links, why, missing, len(urls) - len(links))

    def _as_link(self, delivery: Delivery) -> Delivery:
        return replace(delivery, form=Form.LINK)

    def _file(self, job: Job, prompt: str, delivery: Delivery, result: ResultFile) -> File:
        name = result_name(delivery.nonce, result.index, result.suffix, joined=result.joined)
        return File(name, alt=self._cards.alt(job, prompt), path=result.path)

    def _still(self, job: Job, prompt: str, delivery: Delivery, data: bytes) -> File:
        name = still_name(delivery.nonce)
        return File(name, alt=self._cards.alt(job, prompt), data=data)


def _size_of(results: Sequence[ResultFile]) -> int:
    return sum(result.size_bytes for result in results)
