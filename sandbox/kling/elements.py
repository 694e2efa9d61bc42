"""Elements: what making one refuses, and what requests that cite some may hold.

Kling's documentation of both generations (2026-09), for 4.0 the schemas of its resellers (2026-10).
"""

import asyncio
import io
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from sandbox.kling import fields
from sandbox.kling.clips import frame_at
from sandbox.kling.errors import bad_value, invalid
from sandbox.kling.fields import JsonObject
from sandbox.kling.intake import MIB, SLACK_MS, Intake
from sandbox.kling.orders import ElementMade, Order, Product
from sandbox.kling.switches import Switches

NAME_MAX_CHARS: Final = 20
DESCRIPTION_MAX_CHARS: Final = 100
REFERENCES: Final = (1, 3)
CLIP_MS: Final = (3_000, 8_000)
CLIP_MIB_MAX: Final = 200
CLIP_SHORT_PX: Final = 1080
WIDE: Final = 16 / 9
WIDE_SLACK: Final = 0.02
LIST_MAX: Final = 10
CITATION: Final = re.compile(r"<<<element_(\d+)>>>")
FREE: Final = Decimal(0)
ELEMENT: Final = "element"
ElementOf = Callable[[str], ElementMade | None]
"""Finds an element of the account by its id."""


async def custom_element(body: JsonObject, intake: Intake, _switches: Switches) -> Order:
    """Return the order for an element made from pictures, or from a clip."""
    name = fields.text(body, "element_name", max_chars=NAME_MAX_CHARS)
    words = fields.text(body, "element_description", max_chars=DESCRIPTION_MAX_CHARS)
    if not name.strip() or not words.strip():
        raise bad_value("element_name and element_description cannot be empty")
    kind = fields.choice(body, "reference_type", ("image_refer", "video_refer"), "")
    if kind == "video_refer":
        made = ElementMade(name, words, await _looks_of_clip(body, intake), of_clip=True)
    else:
        made = ElementMade(name, words, await _looks_of_pictures(body, intake), of_clip=False)
    return Order(Product.ELEMENTS, "element", f"{name} {words}", FREE, 1, made)


async def _looks_of_pictures(body: JsonObject, intake: Intake) -> tuple[bytes, ...]:
    given = fields.inner(body, "element_image_list")
    others = fields.objects(given, "refer_images", REFERENCES[1])
    if len(others) < REFERENCES[0] or not all(isinstance(one, dict) for one in others):
        raise bad_value("refer_images must have 1 to 3 items")
    front = await intake.image(given.get("frontal_image"))
    return (front, *[await intake.image(one.get("image_url")) for one in others])


async def _looks_of_clip(body: JsonObject, intake: Intake) -> tuple[bytes, ...]:
    given = fields.inner(body, "element_video_list")
    videos = fields.objects(given, "refer_videos", 1)
    if not videos or not isinstance(videos[0], dict):
        raise bad_value("refer_videos must have 1 item")
    clip = await intake.any_clip(fields.text(videos[0], "video_url"), CLIP_MIB_MAX * MIB)
    if not CLIP_MS[0] - SLACK_MS <= clip.ms <= CLIP_MS[1] + SLACK_MS:
        raise bad_value("Video duration is invalid")
    short, long = sorted(clip.size)
    if short != CLIP_SHORT_PX:
        raise bad_value("Video pixel is invalid")
    if abs(long / short - WIDE) > WIDE_SLACK:
        raise bad_value("Video ratio is invalid")
    return (await asyncio.to_thread(_still, clip.content),)


def _still(content: bytes) -> bytes:
    out = io.BytesIO()
    frame_at(content, 0).save(out, "PNG")
    return out.getvalue()


@dataclass(frozen=True)
class Cast:
    """How many elements a request may hold; None: no such limit."""

    most: int
    together: int | None = None
    """With pictures that the words cite."""
    first: int | None = None
    """With a first frame."""
    both: int | None = None
    """With a first and a last frame."""
    clips: int | None = None
    mixed: int | None = None
    clips_beside_pictures: bool = True


NO_CAST: Final = Cast(0)


def listed(body: JsonObject, intake: Intake, cast: Cast, prompt: str, **beside: int) -> list[bytes]:
    """Return how the elements of `element_list` look, in order; legacy generation."""
    ids = []
    for item in fields.objects(body, "element_list", LIST_MAX):
        if not isinstance(item, dict) or isinstance(item.get("element_id"), bool):
            raise invalid("element_list", item)
        ids.append(item.get("element_id"))
    if any(not 1 <= int(cited) <= len(ids) for cited in CITATION.findall(prompt)):
        raise bad_value("prompt cites an element that is not in element_list")
    return _looks(ids, intake, cast, **beside)


def in_contents(
    items: Sequence[JsonObject], intake: Intake, cast: Cast, **beside: int
) -> list[bytes]:
    """Return how the elements among `contents` look, in order; newer generation."""
    names = [fields.text(one, "id") for one in items]
    if not all(names) or len(set(names)) < len(names):
        raise bad_value("id of an element is required and unique")
    ids = [one.get("element_id") for one in items]
    if not all(isinstance(one, str) for one in ids):
        raise bad_value("element_id must be a string")
    return _looks(ids, intake, cast, **beside)


def by_name(prompt: str, cited: Mapping[str, object], intake: Intake) -> str:
    """Return the prompt with the name of each element in place of its citation.

    `cited` has the id of an element for each citation.
    """
    if not cited:
        return prompt

    def name(found: re.Match[str]) -> str:
        made = intake.element_of(str(cited[found[0]]))
        return found[0] if made is None else f"@{made.name}"

    longest_first = sorted(cited, key=len, reverse=True)
    return re.sub("|".join(map(re.escape, longest_first)), name, prompt)


def cited_in_list(body: JsonObject) -> dict[str, object]:
    """Return the ids of `element_list` by how a prompt cites them; legacy generation."""
    items = fields.objects(body, "element_list", LIST_MAX)
    return {f"<<<element_{at}>>>": one["element_id"] for at, one in enumerate(items, start=1)}


def cited_in_contents(items: Sequence[JsonObject]) -> dict[str, object]:
    """Return the ids of the elements among `contents` by how a prompt cites them."""
    return {f"@{one['id']}": one["element_id"] for one in items}


def _looks(
    ids: Sequence[Any], intake: Intake, cast: Cast, *, pictures: int = 0, frames: int = 0
) -> list[bytes]:
    found: list[ElementMade] = []
    for one in ids:
        element = intake.element_of(str(one))
        if element is None:
            raise bad_value(f"element_id {one} not found")
        found.append(element)
    if not found:
        return []
    clips = sum(one.of_clip for one in found)
    most = [cast.most]
    most += [] if cast.together is None else [cast.together - pictures]
    most += [cast.first] if frames == 1 and cast.first is not None else []
    most += [cast.both] if frames > 1 and cast.both is not None else []
    most += [cast.mixed] if 0 < clips < len(found) and cast.mixed is not None else []
    if len(found) > min(most):
        raise bad_value(f"element_list cannot exceed {max(0, min(most))}")
    if cast.clips is not None and clips > cast.clips:
        raise bad_value(f"video elements cannot exceed {cast.clips}")
    if clips and pictures and not cast.clips_beside_pictures:
        raise bad_value("video elements cannot be used together with images")
    return [one.looks[0] for one in found]
