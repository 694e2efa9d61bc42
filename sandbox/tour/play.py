"""Plays the tour scene by scene and narrates it in the terminal."""

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final, TextIO

from sandbox.discord import Upload
from sandbox.kling import FAILED_WORD
from sandbox.kling.orders import ClipDrawing, Remake
from sandbox.kling.samples import clip_with_faces, portrait, speech
from sandbox.tour.acting import SCENE_TIMEOUT_S
from sandbox.tour.day import JOBS as JOBS_OF_THE_DAY
from sandbox.tour.day import Day
from sandbox.tour.operations import OperationScenes
from sandbox.tour.script import Told, card_of, custom_ids, label_of, words_of
from sandbox.tour.stage import set_stage
from sandbox.tour.transcript import keep

FIRST_PROMPT: Final = "blue mountains in the evening light, cut paper"
PICTURES: Final = 4
FACES: Final = 2
CLIP_S: Final = 6.0
SOUND_S: Final = 4.0
EDIT_S: Final = 3.0
EDIT_MODEL: Final = "kling-v3-omni"
EDIT_PRICE: Final = "Price: 2.7 video units"
DONE: Final = "✅"
REFERENCES: Final = 2
WIDE: Final = (1280, 720)
OMNI: Final = "kling-3.0-omni"
JOBS: Final = 17
"""The number of scenes that lead to a task."""
LAST_PICTURE: Final = "a night train crossing a viaduct under the northern lights"


def play_tour(out: Path) -> int:
    """Play every scene, keep what was posted in `out`, and return the exit code: 0 if all held."""
    return asyncio.run(_play(out, sys.stdout))


async def _play(out: Path, terminal: TextIO) -> int:
    told = Told(terminal)
    began = time.monotonic()
    async with set_stage() as stage:
        told.line("The real bot, a local Discord and a local Kling: no account, no key.")
        await stage.start_bot()
        told.line(f"the bot connected after {time.monotonic() - began:.1f} s")
        tour = _Tour(stage, told)
        for number, scene in enumerate(tour.scenes(), 1):
            title = (scene.__doc__ or "").strip().rstrip(".")
            told.scene(number, title)
            try:
                async with asyncio.timeout(SCENE_TIMEOUT_S):
                    await scene()
            except TimeoutError:
                told.check("timed out; the end of the bot's log:", held=False)
                told.line(stage.last_words())
                return 1
        code = await stage.stop_bot()
        told.scene(0, "Summary")
        tour.count(code)
        page = await asyncio.to_thread(keep, stage, out, told.lines)
        told.line(f"everything the bot posted: {page}")
        told.line(f"{time.monotonic() - began:.0f} s in total")
    return 0 if tour.all_held else 1


class _Tour(OperationScenes):
    def scenes(self) -> list[Callable[[], Awaitable[None]]]:
        """Return the scenes in order; the title of each is its docstring."""
        return [
            self._pictures,
            self._picture_moves,
            self._goes_on,
            self._storyboard,
            self._references,
            self._edit,
            self._reference_clip,
            self._two_pictures,
            self._lip_sync,
            self._avatar,
            self._effect,
            self._sound,
            self._character,
            self._refused,
            self._asked_first,
            self._failed,
            self._killed,
            self._day,
        ]

    async def _pictures(self) -> None:
        """One prompt, four images."""
        asked = await self._ask("image", prompt=FIRST_PROMPT, n=PICTURES, aspect_ratio="16:9")
        post = await self._posted(asked)
        self._check("four images are in the channel", len(post.attachments) == PICTURES)

    async def _picture_moves(self) -> None:
        """An attached image starts to move."""
        picture = Upload(portrait("captain"), "captain.png")
        asked = await self._ask("video", prompt="she looks up and smiles, soft wind", image=picture)
        self._check_clip(await self._posted(asked))

    async def _storyboard(self) -> None:
        """A storyboard: three shots, one video."""
        asked = await self._ask(
            "storyboard",
            shot_1="a fox wakes up in the snow",
            shot_2="it runs across a frozen lake",
            seconds_2=3,
            shot_3="it sleeps by a fire",
            seconds_3=1,
        )
        self._check_clip(await self._posted(asked))
        drawing = self._stage.kling.creates[-1].order.drawing
        lengths = (
            [shot.seconds for shot in drawing.shots] if isinstance(drawing, ClipDrawing) else []
        )
        self._check("Kling was told each shot and its length", lengths == [2, 3, 1])

    async def _references(self) -> None:
        """Two reference images, cited in the prompt, become one video."""
        asked = await self._ask(
            "video",
            prompt="<<<image_1>>> shows <<<image_2>>> the harbour",
            model=OMNI,
            duration=3,
            reference=Upload(portrait("captain", WIDE), "captain.png"),
            reference_2=Upload(portrait("painter", WIDE), "painter.png"),
        )
        self._check_clip(await self._posted(asked))
        drawing = self._stage.kling.creates[-1].order.drawing
        seen = drawing.references if isinstance(drawing, ClipDrawing) else ()
        self._check("Kling was given both, in order", len(set(seen)) == len(seen) == REFERENCES)

    async def _edit(self) -> None:
        """A video is edited; it is measured first, so the price is that of this video."""
        clip = await self._street()
        asked = await self._ask(
            "edit", prompt="make it winter", video=Upload(clip, "street.mp4"), model=EDIT_MODEL
        )
        self._check("the price is exact", EDIT_PRICE in words_of(card_of(asked), {}))
        self._check_clip(await self._posted(asked))
        self._check("Kling edited the video that was attached", self._remade(clip, edits=True))

    async def _reference_clip(self) -> None:
        """The same video is the reference of a new one."""
        clip = await self._street()
        asked = await self._ask(
            "edit",
            prompt="an elderly sailor walks like in <<<video_1>>>",
            video=Upload(clip, "street.mp4"),
            use="reference",
            duration=3,
            model=EDIT_MODEL,
        )
        self._check_clip(await self._posted(asked))
        self._check("Kling was shown the video, and made another", self._remade(clip, edits=False))

    async def _street(self) -> bytes:
        return await asyncio.to_thread(clip_with_faces, 1, EDIT_S, seed="street")

    def _remade(self, clip: bytes, *, edits: bool) -> bool:
        drawing = self._stage.kling.creates[-1].order.drawing
        return isinstance(drawing, Remake) and (drawing.clip, drawing.edits) == (clip, edits)

    async def _two_pictures(self) -> None:
        """Two images are combined into one."""
        asked = await self._ask(
            "image",
            prompt="put <<<image_1>>> and <<<image_2>>> at one table by the harbour",
            image=Upload(portrait("captain"), "captain.png"),
            image_2=Upload(portrait("painter"), "painter.png"),
            aspect_ratio="3:2",
        )
        post = await self._posted(asked)
        self._check("the two became one image", len(post.attachments) == 1)

    async def _lip_sync(self) -> None:
        """A lip-sync: two faces are found, and the chosen one speaks."""
        clip = await asyncio.to_thread(clip_with_faces, FACES, CLIP_S)
        sound = await asyncio.to_thread(speech, SOUND_S)
        asked = await self._ask(
            "lipsync", video=Upload(clip, "two-people.mp4"), audio=Upload(sound, "voice.mp3")
        )
        card = card_of(asked)
        discord = self._stage.discord
        await discord.until(lambda: any("face" in i for i in custom_ids(card)), SCENE_TIMEOUT_S)
        self._told.bot(words_of(card, self._names))
        self._check("the card shows both faces", len(card.attachments) == FACES)
        menu = next(i for i in custom_ids(card) if ":face:" in i)
        options = card.components[0]["components"][0]["options"]
        self._told.member(self._stage.member.name, f"chooses “{options[1]['label']}”")
        chosen = await discord.choose(self._stage.member, card, menu, [options[1]["value"]])
        self._told_privately(await chosen.answered())
        self._check_clip(await self._posted(asked))

    async def _refused(self) -> None:
        """A command with mistakes is refused at once: all are listed, nothing is charged."""
        before = len(self._stage.kling.creates)
        asked = await self._ask(
            "video", prompt="a paper boat", model="kling-v2-5-turbo", duration=7, cfg_scale=0.5
        )
        self._check("the answer is private", asked.ephemeral)
        self._check("Kling was not asked", len(self._stage.kling.creates) == before)

    async def _asked_first(self) -> None:
        """A dear video is asked about first, and a cheaper variant is started."""
        before = len(self._stage.kling.creates)
        asked = await self._ask(
            "video", prompt="a lighthouse in a storm", model="kling-v3", mode="pro", duration=10
        )
        self._check("the question is private", asked.ephemeral)
        self._check("Kling was not asked", len(self._stage.kling.creates) == before)
        question = card_of(asked)
        short = next(one for one in custom_ids(question) if one.endswith(":s5"))
        self._told.member(self._stage.member.name, f"presses “{label_of(question, short)}”")
        started = await self._stage.discord.click(self._stage.member, question, short)
        self._told.bot(words_of(card_of(await started.answered()), self._names))
        self._check_clip(await self._posted(started))

    async def _failed(self) -> None:
        """Kling's content check stops a task, and the member is told why."""
        asked = await self._ask("image", prompt=f"something {FAILED_WORD}")
        post = await self._posted(asked)
        self._check("the member is notified", bool(post.mentions))

    async def _killed(self) -> None:
        """The bot is killed mid-job and restarted: nothing is lost, nothing is paid twice."""
        kling, discord = self._stage.kling, self._stage.discord
        asked = await self._ask("image", prompt=LAST_PICTURE)
        await kling.until(lambda: kling.creates[-1].order.prompt == LAST_PICTURE, SCENE_TIMEOUT_S)
        await self._stage.kill_bot()
        self._told.line("  ⚡ kill -9")
        await self._stage.start_bot()
        self._told.line("  ▶ restarted")
        await self._posted(asked)
        card = card_of(asked)
        await discord.until(lambda: DONE in words_of(card, {}), SCENE_TIMEOUT_S)
        times = sum(task.order.prompt == LAST_PICTURE for task in kling.creates)
        self._check("Kling accepted the task exactly once", times == 1)

    async def _day(self) -> None:
        """A day of a server of fifty members, its hours without the time between them."""

        async def at_once(_hour: int) -> None:
            """Let no time pass."""

        stage, began = self._stage, time.monotonic()
        day = Day(stage.discord, stage.kling, self._told, at_once)
        await day.play()
        self._held.append(day.all_held)
        self._told.after(time.monotonic() - began)

    def count(self, exit_code: int) -> None:
        """Check the totals at Kling and in the channel."""
        kling, discord = self._stage.kling, self._stage.discord
        ours = [m for m in discord.messages(self._stage.channel) if m.author is discord.bot]
        posts = [m for m in ours if m.interaction is None]
        creates = len(kling.creates)
        self._check(f"{creates} tasks at Kling, one per job", creates == JOBS + JOBS_OF_THE_DAY)
        self._check(f"{len(posts)} messages posted, one per job", len(posts) == JOBS)
        self._check("the bot stopped on request, exit code 0", exit_code == 0)
