"""The place of a job in its queue, as the queue would move if nothing else came. Pure.

It is the order of `storage.turns` without its walk. All start tags follow from what waits now: in
the order of their ages, the jobs of a member start at their member's finish tag or their flow's
virtual time, whichever is later, each as many slots after the one before as that one has. By those
tags they are the order of their flow, whose jobs start in the same way by what is remembered of it.
Of equal tags the one whose member, or flow, has the older job goes first.
"""

from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from storage.rotation import Key


class Stands(NamedTuple):
    """A job in the queue, with what is remembered of its server and its member."""

    id: str
    guild_id: int
    """0: outside of servers."""
    user_id: int
    slots: int
    turn: float | None
    """Its start tag, if it has gone before."""
    finish: float | None
    """The finish tag of its flow, if one is remembered; the others likewise."""
    virtual: float | None
    """The virtual time of its flow."""
    member_finish: float | None
    everybody: float | None
    """The virtual time of the pack."""


_Inside = tuple[float, int, int]
"""Start tag inside the flow, age, slots."""


def places(oldest_first: Sequence[Stands], of: Collection[str]) -> dict[str, int]:
    """Return the place of each of these jobs, from 1; behind all others if it is not in the queue.

    Takes as long as sorting the queue does, however many are asked for.
    """
    before: list[tuple[float, int]] = []
    flows: dict[Key, list[_Inside]] = {}
    first: dict[Key, float] = {}
    follows: dict[Key, float] = {}
    for age, row in enumerate(oldest_first):
        _, guild_id, user_id, slots, turn, finish, virtual, member_finish, everybody = row
        if turn is not None:
            before.append((turn, age))
            continue
        member = (guild_id, user_id)
        tag = follows.get(member)
        if tag is None:
            tag = max(member_finish or 0.0, virtual or 0.0)
        follows[member] = tag + slots
        flow = (guild_id, 0) if guild_id else member
        if flow in flows:
            flows[flow].append((tag, age, slots))
        else:
            flows[flow] = [(tag, age, slots)]
            first[flow] = max(finish or 0.0, everybody or 0.0)
    turns: list[tuple[float, int, int]] = []
    for flow, jobs in flows.items():
        turns += _of_flow(jobs, first[flow])
    ages = [age for _, age in sorted(before)] + [age for _, _, age in sorted(turns)]
    return _found(ages, oldest_first, of)


def _of_flow(jobs: list[_Inside], start: float) -> Iterable[tuple[float, int, int]]:
    """Return start tag, the age of the oldest job that is left, and age, of every job."""
    if len(jobs) == 1:
        [(_, age, _)] = jobs
        return ((start, age, age),)
    jobs.sort()
    left: list[int] = []
    oldest = jobs[-1][1]
    for _, age, _ in reversed(jobs):
        oldest = min(oldest, age)
        left.append(oldest)
    turns = []
    for _, age, slots in jobs:
        turns.append((start, left.pop(), age))
        start += slots
    return turns


def _found(
    ages: Iterable[int], oldest_first: Sequence[Stands], of: Collection[str]
) -> dict[str, int]:
    wanted = {age: row[0] for age, row in enumerate(oldest_first) if row[0] in of}
    found = dict.fromkeys(of, len(oldest_first) + 1)
    for place, age in enumerate(ages, start=1):
        if age in wanted:
            found[wanted[age]] = place
    return found
