"""Makes the message of a delivery: which results go together, in what form, and as what files."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from bot.cards import Cards
from bot.errors import DownloadFailed, DownloadGone, KlingError
from bot.filenames import result_name
from bot.message import FILES_MAX, File, Message
from bot.parcels import Parcel, Parcels
from bot.poster import Poster
from storage.job import Delivery, Form, Job, Venue

UPLOAD_MARGIN_BYTES: Final = 64 * 1024
"""Room for the words and the multipart borders beside the files."""
SAFE_LIMIT_BYTES: Final = 10 * 2**20
"""What every server and every direct channel takes (Discord's default upload limit)."""
PICTURES_PER_MESSAGE: Final = FILES_MAX - 1
"""One place is kept for `prompt.txt`."""
FETCH_TRIES_MAX: Final = 10
"""A result that cannot be downloaded this often is posted as a link."""


class Packing:
    """Packs results into messages that fit the place they go to."""

    def __init__(self, parcels: Parcels, poster: Poster, cards: Cards) -> None:
        self._parcels = parcels
        self._poster = poster
        self._cards = cards

    async def groups(
        self, job: Job, folder: Path, venue: Venue
    ) -> tuple[Job, list[tuple[int, ...]]]:
        """Return which results share a message: a clip stands alone, pictures go together."""
        media: Sequence[Any] = (job.outcome or {}).get("media", ())
        everything = tuple(range(len(media)))
        if venue is not Venue.CHANNEL or len(everything) == 1:
            return job, [everything]
        limit = self._limit(job, venue)
        groups: list[list[int]] = []
        room = 0
        for index in everything:
            job, size, alone = await self._measure(job, index, folder, limit)
            if not groups or alone or size > room or len(groups[-1]) >= PICTURES_PER_MESSAGE:
                groups.append([])
                room = limit
            groups[-1].append(index)
            room = 0 if alone else room - size
        return job, [tuple(group) for group in groups]

    async def _measure(
        self, job: Job, index: int, folder: Path, limit: int
    ) -> tuple[Job, int, bool]:
        try:
            job, parcel = await self._parcels.fetch(job, index, folder)
        except DownloadGone:
            return job, 0, False
        except (DownloadFailed, KlingError):
            if job.failures + 1 < FETCH_TRIES_MAX:
                raise
            return job, limit, True
        return job, min(parcel.size_bytes, limit), parcel.is_clip

    async def message(
        self, job: Job, delivery: Delivery, folder: Path
    ) -> tuple[Job, Message, Delivery]:
        """Return the message of a part, and the part in the form in which it now goes.

        Raises `DownloadFailed` or `KlingError` while another try may still bring the files.
        """
        if not delivery.items:
            return job, self._cards.problem(job, delivery), delivery
        limit = self._limit(job, delivery.venue)
        if delivery.form is Form.FITTED:  # 413 was the last word
            limit = min(limit, SAFE_LIMIT_BYTES - UPLOAD_MARGIN_BYTES)
        try:
            job, parcels = await self._fetched(job, delivery, folder)
        except (DownloadFailed, KlingError):
            # Without an address not even a link can be posted: then only another try helps.
            if job.failures + 1 < FETCH_TRIES_MAX or not job.result_urls:
                raise
            return job, self._link(job, delivery), replace(delivery, form=Form.LINK)
        if not parcels:
            return job, self._cards.gone(job, delivery), delivery
        if delivery.form is not Form.LINK:
            fitted = await self._fitted(parcels, folder, limit)
            if fitted is not None:
                files = [self._file(job, delivery, parcel) for parcel in fitted]
                smaller = fitted != parcels
                return job, self._cards.result(job, delivery, files, fitted=smaller), delivery
        frame = await self._parcels.poster_frame(parcels[0], limit)
        picture = [] if frame is None else [self._named(job, delivery, 0, ".jpg", data=frame)]
        return job, self._link(job, delivery, picture), replace(delivery, form=Form.LINK)

    async def _fetched(
        self, job: Job, delivery: Delivery, folder: Path
    ) -> tuple[Job, list[Parcel]]:
        """Return what of the part can still be had: none when Kling keeps it no longer."""
        parcels: list[Parcel] = []
        for index in delivery.items:
            try:
                job, parcel = await self._parcels.fetch(job, index, folder)
            except DownloadGone:
                continue
            parcels.append(parcel)
        return job, parcels

    async def _fitted(self, parcels: list[Parcel], folder: Path, limit: int) -> list[Parcel] | None:
        """Return the parcels so that together they fit, or None."""
        if sum(parcel.size_bytes for parcel in parcels) <= limit:
            return parcels
        share = limit // len(parcels)
        fitted = [await self._parcels.fitted(parcel, folder, share) for parcel in parcels]
        return None if None in fitted else [parcel for parcel in fitted if parcel]

    def _link(self, job: Job, delivery: Delivery, files: Sequence[File] = ()) -> Message:
        urls = [job.result_urls[i] for i in delivery.items if i < len(job.result_urls)]
        return self._cards.result(job, delivery, files, links=urls)

    def _file(self, job: Job, delivery: Delivery, parcel: Parcel) -> File:
        return self._named(job, delivery, parcel.index, parcel.suffix, path=parcel.path)

    def _named(
        self,
        job: Job,
        delivery: Delivery,
        index: int,
        suffix: str,
        *,
        path: Path | None = None,
        data: bytes | None = None,
    ) -> File:
        name = result_name(delivery.nonce, index, suffix)
        return File(name, alt=self._cards.alt(job), path=path, data=data)

    def _limit(self, job: Job, venue: Venue) -> int:
        if venue is Venue.ANSWER:
            return job.origin.answer_limit_bytes - UPLOAD_MARGIN_BYTES
        if venue is not Venue.CHANNEL or job.origin.guild_id is None:
            return SAFE_LIMIT_BYTES - UPLOAD_MARGIN_BYTES
        known = self._poster.limit_bytes(job.origin.guild_id)
        return (known or job.origin.post_limit_bytes) - UPLOAD_MARGIN_BYTES
