"""Characters: who a command cites, whether a new one may be made, and what becomes of its task."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

from bot.clock import Clock
from bot.domain.catalogue import Catalogue, for_model
from bot.domain.characters import OWN_MAX, SIGN, Element, citations, slips
from bot.domain.citing import CitingRequest, citing_texts, with_cited
from bot.domain.outcomes import CHARACTER
from bot.domain.requests import CharacterRequest
from bot.errors import Problem
from bot.jobs.checks import Asked
from bot.jobs.claim import Claim
from bot.kling.tasks import Task
from storage.character import Character, folded
from storage.errors import StorageUnavailable
from storage.job import Job, Kind, State
from storage.money import Verdict
from storage.store import JobStore


class Characters:
    """Use cases of characters."""

    def __init__(
        self,
        store: JobStore,
        catalogue: Catalogue,
        clock: Clock,
        remove_now: Callable[[], None],
        *,
        within_s: float,
    ) -> None:
        self._store = store
        self._catalogue = catalogue
        self._clock = clock
        self._remove_now = remove_now
        self._within_s = within_s

    async def known(self, asked: Asked) -> Asked:
        """Return a command with the characters it cites, and with what is wrong about them.

        They are those that this member may use here: whoever made what it is run again from. Raises
        `StorageUnavailable`, also if the answer is late.
        """
        request = asked.request
        if isinstance(request, CharacterRequest):
            return replace(asked, found=await self._new(asked, request))
        if not isinstance(request, CitingRequest):
            return asked
        texts = citing_texts(request)
        if not request.elements and not any(SIGN in text for text in texts):
            return asked
        usable = _first_of_each(await self._usable(asked))
        names = [one.name for one in usable]
        made = with_cited(request, usable)
        earlier = {one.name for one in request.elements}
        missing = earlier - {one.name for one in made.elements}
        whole = "\n".join(texts)
        gone = {one.name for one in citations(whole, missing)}
        found = [Problem("character_gone", {"name": name}) for name in sorted(gone)]
        found += [
            Problem("character_slip", {"given": given, "name": name})
            for given, name in slips(whole, names)
            if folded(given) not in {folded(one) for one in gone}
        ]
        placed = for_model(self._catalogue, made, made.model)
        return replace(asked, request=placed, found=tuple(found))

    async def list_of(self, user_id: int, guild_id: int | None) -> list[Character]:
        """Return what a member may use here: their own, then those shared in the server."""
        return await self._store.characters(user_id, guild_id)

    async def delete(self, user_id: int, name: str) -> bool:
        """Delete a member's own character; False: there is none of this name.

        Kling is told soon, and again until it says that it is gone.
        """
        plain = name.strip().removeprefix(SIGN)
        gone = await self._store.delete_character(user_id, plain, now=self._clock.now())
        if gone:
            self._remove_now()
        return gone

    async def _usable(self, asked: Asked) -> list[Character]:
        origin = asked.origin
        try:
            async with asyncio.timeout(self._within_s):
                return await self._store.characters(origin.user_id, origin.guild_id)
        except TimeoutError:
            raise StorageUnavailable("held", "characters could not be read in time") from None

    async def _new(self, asked: Asked, request: CharacterRequest) -> tuple[Problem, ...]:
        """Return why the member can't have such a character, beside what it is made from."""
        origin, name = asked.origin, folded(request.name)
        shared_in = origin.guild_id if request.share else None
        try:
            async with asyncio.timeout(self._within_s):
                taken = await self._store.names_in_use(origin.user_id, shared_in)
        except TimeoutError:
            raise StorageUnavailable("held", "characters could not be read in time") from None
        found: list[Problem] = []
        if name in taken.own:
            found.append(Problem("character_taken", {"name": request.name}))
        elif shared_in is not None and name in taken.shared:
            found.append(Problem("character_taken_here", {"name": request.name}))
        if len(taken.own) >= OWN_MAX:
            found.append(Problem("characters_full", {"limit": OWN_MAX}))
        if request.share and origin.guild_id is None:
            found.append(Problem("character_share", {"option": "share"}))
        return tuple(found)


def is_character(job: Job) -> bool:
    """Tell whether a job makes a character."""
    return job.kind is Kind.CHARACTER


async def hand_over(
    claim: Claim, task: Task, verdict: Verdict, units: str | None, now: float
) -> None:
    """Move a job whose task has made an element to `ready`; the character is the member's.

    Of one that the member stopped following, the deletion is owed instead.
    """
    job, request = claim.job, claim.request
    if not isinstance(request, CharacterRequest) or task.element_id is None:
        raise TypeError("no character was made")
    character = Character(
        id=job.id,
        user_id=job.origin.user_id,
        name=request.name,
        element_id=task.element_id,
        of_clip=request.of_clip,
        made_at=job.created_at,
        guild_id=job.origin.guild_id if request.share else None,
        description=request.prompt,
    )
    outcome = {CHARACTER: request.name, "units": units, "late": job.gave_up}
    await claim.move(
        State.READY,
        outcome=outcome,
        finished_at=now,
        failures=0,
        money=verdict,
        character=character,
    )


def _first_of_each(usable: list[Character]) -> tuple[Element, ...]:
    """Return a character for each name: the member's own, else that of the server."""
    found: dict[str, Element] = {}
    for one in usable:
        found.setdefault(folded(one.name), Element(one.name, one.element_id, one.of_clip))
    return tuple(found.values())
