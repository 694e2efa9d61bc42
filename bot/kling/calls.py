"""Calls that Kling answers at once, and charges: the faces of a video, and spoken words.

Neither has an id of ours, and neither is repeated here. A caller may repeat them: all it risks is
to pay that twice.
"""

from bot.kling.decode import read_faces, read_speech
from bot.kling.dialects import IDENTIFY_FACE, SPEAK
from bot.kling.encode import encode_clip, encode_speech
from bot.kling.exchange import Exchange
from bot.kling.tasks import Faces, Speech


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
