"""Scenes of the tour: a longer video, a person who speaks, an effect, a sound, a character."""

import io
from typing import Any, Final

import av

from sandbox.discord import Attachment, Upload
from sandbox.discord.components import INPUTS, STRING_SELECT, walk
from sandbox.kling.orders import PictureDrawing
from sandbox.kling.samples import portrait
from sandbox.tour.acting import SCENE_TIMEOUT_S, Acting
from sandbox.tour.script import custom_ids, label_of

WORDS: Final = "Good morning, dear neighbours! The harbour is open, and the coffee is hot."
EFFECT: Final = "nezha"
SOUND_S: Final = 4
NEXT: Final = "she turns and walks to the water"
NAME: Final = "Ana"
SPEAK: Final = "/v1/audio/tts"


class OperationScenes(Acting):
    """Scenes of operations (`docs/architecture.md`)."""

    async def _goes_on(self) -> None:
        """The video goes on from its last frame, and both are one."""
        stage = self._stage
        [before] = [p for p in stage.discord.messages(stage.channel) if _is_clip(p.attachments)]
        [press] = [one for one in custom_ids(before) if one.startswith("kling:continue:")]
        self._told.member(stage.member.name, f"presses “{label_of(before, press)}”: {NEXT}")
        opened = await (await stage.discord.click(stage.member, before, press)).answered()
        fields = _as_shown(opened.modal) | {"prompt": NEXT}
        sent = await (await stage.discord.submit_modal(opened, fields)).answered()
        self._told_privately(sent)
        longer = await self._posted(sent)
        self._check_clip(longer)
        one, both = (_frames(post.attachments[0]) for post in (before, longer))
        self._check(f"{one} frames became {both}: none is missing or twice", both == 2 * one - 1)

    async def _avatar(self) -> None:
        """An image speaks words that were typed."""
        captain = portrait("captain")
        asked = await self._ask("avatar", image=Upload(captain, "captain.png"), text=WORDS)
        self._check_clip(await self._posted(asked))
        kling = self._stage.kling
        spoken = [one.body or {} for one in kling.requests if one.path == SPEAK]
        by_id = "audio_id" in kling.creates[-1].body
        held = [one.get("text") for one in spoken] == [WORDS] and by_id
        self._check("Kling spoke the words once, and the image speaks them", held)

    async def _effect(self) -> None:
        """An image becomes an effect; its price is not known, so it is asked about first."""
        picture = Upload(portrait("painter"), "painter.png")
        asked = await self._ask("effect", effect=EFFECT, image=picture)
        self._check("the question is private", asked.ephemeral)
        self._check_clip(await self._posted(await self._start(asked)))

    async def _sound(self) -> None:
        """A prompt becomes audio."""
        asked = await self._ask("sound", prompt="rain on a tin roof", seconds=SOUND_S)
        [file] = (await self._posted(asked)).attachments
        self._check("audio that plays in the channel", file.filename.endswith(".mp3"))

    async def _character(self) -> None:
        """A person becomes a character, whom a prompt shows by name until she is deleted."""
        kling = self._stage.kling
        captain = Upload(portrait("captain"), "captain.png")
        await self._posted(await self._ask("character create", name=NAME, image=captain))
        element = kling.creates[-1].media_id(0)
        post = await self._posted(await self._ask("image", prompt=f"@{NAME} mends a net"))
        drawing = kling.creates[-1].order.drawing
        shown = isinstance(drawing, PictureDrawing) and len(drawing.sources) == 1
        self._check("Kling was shown her, and made an image", shown and post.attachments)
        await self._ask("character delete", name=NAME)
        await kling.until(lambda: element in kling.deleted_elements, SCENE_TIMEOUT_S)
        self._check("she is deleted at Kling, too", kling.deleted_elements == [element])


def _is_clip(files: list[Attachment]) -> bool:
    return any(file.filename.endswith(".mp4") for file in files)


def _frames(file: Attachment) -> int:
    with av.open(io.BytesIO(file.data or b""), "r") as clip:
        return sum(1 for _ in clip.decode(video=0))


def _as_shown(form: dict[str, Any] | None) -> dict[str, Any]:
    """Return the fields of a form as a client shows them."""
    fields: dict[str, Any] = {}
    for _, part in walk((form or {}).get("components", [])):
        if part["type"] == STRING_SELECT:
            shown = [one["value"] for one in part["options"] if one.get("default")]
            fields[part["custom_id"]] = shown
        elif part["type"] in INPUTS:
            fields[part["custom_id"]] = part.get("value") or ""
    return fields
