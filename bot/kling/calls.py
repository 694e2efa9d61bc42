"""Calls that Kling answers at once: the faces of a video, spoken words, deleting an element.

The first two are charged; neither has an id of ours, and neither is repeated here. A caller may
repeat them: all it risks is to pay that twice.
"""

import re
from typing import Final

from pydantic_core import to_json

from bot.errors import KlingNotFound, KlingRefusedRequest
from bot.kling.decode import read_faces, read_speech
from bot.kling.dialects import DELETE_ELEMENT, IDENTIFY_FACE, SPEAK
from bot.kling.encode import encode_clip, encode_speech
from bot.kling.exchange import Exchange
from bot.kling.tasks import Faces, Speech

GONE: Final = re.compile(
    r"\balready (be(en)? )?deleted\b|\bnot (be )?found\b|\bnot exist\b|\bdoesn't exist\b",
    re.IGNORECASE,
)
"""How Kling says that an element is not there: seen live, `already be deleted` (2026-09)."""


async def identify_face(
    exchange: Exchange, *, video_url: str | None = None, video_id: str | None = None
) -> Faces:
    """Return the faces of a video, given by its URL or by Kling's id. Costs 0.05 units."""
    asked = encode_clip(video_url=video_url, video_id=video_id)
    found = await exchange.order(IDENTIFY_FACE[exchange.dialect], asked)
    return read_faces(found, base=exchange.base_url)


async def speak(
    exchange: Exchange, text: str, *, voice_id: str, language: str, speed: float | None = None
) -> Speech:
    """Return words as they were spoken. Costs 0.05 units."""
    asked = encode_speech(text, voice_id=voice_id, language=language, speed=speed)
    found = await exchange.order(SPEAK[exchange.dialect], asked)
    return read_speech(exchange.dialect, found, base=exchange.base_url)


async def delete_element(exchange: Exchange, element_id: str) -> None:
    """Have an element deleted; returns once Kling says that it is gone. Free, and may be repeated.

    Raises `KlingError` for any other answer.
    """
    try:
        await exchange.order(DELETE_ELEMENT[exchange.dialect], to_json({"element_id": element_id}))
    except KlingNotFound:
        return
    except KlingRefusedRequest as no:
        if no.no_such_path or not GONE.search(no.message):
            raise
