"""Kling's own elements: there for every account, to be cited like one's own, never deleted."""

import functools
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from sandbox.kling.fields import JsonObject
from sandbox.kling.orders import ElementMade
from sandbox.kling.samples import portrait


class Preset(NamedTuple):
    """One of them."""

    name: str
    words: str


PRESET_ELEMENTS: Final[Mapping[str, Preset]] = {
    "829836802793406551": Preset("Captain", "an old captain with a calm face"),
    "829836802793406552": Preset("Painter", "a painter in a blue apron"),
    "829836802793406553": Preset("Keeper", "a lighthouse keeper"),
}
"""By their ids, which are too long for a float."""


@functools.cache
def preset_element(element_id: str) -> ElementMade | None:
    """Return the one with this id, as it looks."""
    found = PRESET_ELEMENTS.get(element_id)
    if found is None:
        return None
    return ElementMade(found.name, found.words, (portrait(found.name),), of_clip=False)


def preset_page(number: int, size: int) -> Sequence[JsonObject]:
    """Return a page of them, as a list of the API shows elements; pages count from 1."""
    every = list(PRESET_ELEMENTS.items())
    return [
        {
            "element_id": int(element_id),
            "element_name": one.name,
            "element_description": one.words,
            "reference_type": "image_refer",
            "owned_by": "kling",
            "status": "succeed",
        }
        for element_id, one in every[(number - 1) * size : number * size]
    ]
