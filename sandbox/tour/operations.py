"""The scenes of the tour about a person who speaks, an effect and a sound."""

from typing import Final

from sandbox.discord import Upload
from sandbox.kling.samples import portrait
from sandbox.tour.acting import Acting

WORDS: Final = "Good morning, dear neighbours! The harbour is open, and the coffee is hot."
EFFECT: Final = "nezha"
SOUND_S: Final = 4
SPEAK: Final = "/v1/audio/tts"


class OperationScenes(Acting):
    """Scenes of operations (`docs/architecture.md`)."""

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
