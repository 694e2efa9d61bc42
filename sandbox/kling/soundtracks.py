"""What video-to-audio refuses, the order, and the clip with a melody, which is there alone too."""

from decimal import Decimal
from functools import partial
from typing import Final

from sandbox.kling import fields
from sandbox.kling.clips import dub, melody_of
from sandbox.kling.errors import bad_value
from sandbox.kling.fields import JsonObject
from sandbox.kling.intake import MIB, SLACK_MS, Clip, Intake, OwnClip
from sandbox.kling.noises import FORMS, PROMPT_MAX_CHARS
from sandbox.kling.orders import Dub, Made, Order, Parent, Product
from sandbox.kling.samples import sound_file
from sandbox.kling.switches import Switches

SHORTEST_MS: Final = 3_000
LONGEST_MS: Final = 20_000
MIB_MAX: Final = 100
UNITS: Final = Decimal("0.25")


async def video_to_audio(
    body: JsonObject, intake: Intake, _switches: Switches, own: OwnClip | None = None
) -> Order:
    """Return the order for a clip with sound; `own` is the clip that `video_id` names."""
    video_id, url = fields.text(body, "video_id"), fields.text(body, "video_url")
    if bool(video_id) == bool(url):
        raise bad_value("Exactly one of video_id and video_url is required")
    words = [
        fields.text(body, name, max_chars=PROMPT_MAX_CHARS)
        for name in ("sound_effect_prompt", "bgm_prompt")
    ]
    fields.flag(body, "asmr_mode")
    clip = await intake.any_clip(url, MIB_MAX * MIB) if own is None else own.clip
    parent = Parent("", url, clip.ms) if own is None else own.parent
    if not SHORTEST_MS - SLACK_MS <= clip.ms <= LONGEST_MS + SLACK_MS:
        raise bad_value("Video duration is invalid")
    prompt = " ".join(word for word in words if word)
    made = Made(
        partial(_draw, clip, parent, prompt),
        "mp4",
        clip.ms,
        given=(clip.content,),
        parent=parent,
        with_sound=True,
    )
    return Order(Product.VIDEO_TO_AUDIO, "video-to-audio", prompt, UNITS, 1, made)


def _draw(clip: Clip, parent: Parent, prompt: str, index: int, _every: int) -> bytes:
    """Return the clip with its frames as they were, or what is heard in it."""
    melody = melody_of(prompt, clip.ms / 1000)
    if index:
        return sound_file(melody, FORMS[index - 1])
    sound = sound_file(melody, "wav")
    return dub(Dub(clip.content, clip.ms, sound, 0, clip.ms, 0, 1.0, 1.0, parent))
