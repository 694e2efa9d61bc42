"""What members ask for while everything goes wrong: every operation, the usual ones most often."""

import random
from collections.abc import Callable, Mapping
from typing import Any, Final

from sandbox.discord import Upload
from sandbox.kling.orders import Product
from sandbox.kling.tasks import Task
from tests.harness.end_to_end.samples import clip, clip_with_faces, voice
from tests.harness.models import LEGACY_MOTION, SCENE
from tests.harness.recovery.orders import street
from tests.harness.town import png

Wish = tuple[str, dict[str, Any]]
"""A command and its options."""


def _dance() -> Upload:
    return Upload(clip_with_faces(1, 3.0, (480, 480), seed="dance"), "dance.mp4")


WISHES: Final[Mapping[str, tuple[int, Callable[[str], Wish]]]] = {
    "image": (52, lambda words: ("image", {"prompt": words})),
    "picture": (18, lambda words: ("image", {"prompt": words, "image": png()})),
    "video": (10, lambda words: ("video", {"prompt": words})),
    "lip-sync": (4, lambda _: ("lipsync", {"video": clip(1), "audio": voice()})),
    "spoken": (2, lambda words: ("lipsync", {"video": clip(1), "text": words})),
    "storyboard": (2, lambda words: ("storyboard", {"shot_1": words, "shot_2": "it runs"})),
    "edit": (2, lambda words: ("edit", {"prompt": words, "video": street()})),
    "motion": (
        2,
        lambda _: ("motion", {"image": png(), "video": _dance(), "model": LEGACY_MOTION}),
    ),
    "avatar": (2, lambda words: ("avatar", {"image": png(), "text": words})),
    "effect": (2, lambda _: ("effect", {"effect": SCENE, "image": png()})),
    "expand": (2, lambda _: ("expand", {"image": png(), "shape": "square"})),
    "sound": (2, lambda words: ("sound", {"prompt": words, "seconds": 3})),
}


def wished(dice: random.Random, number: int) -> Wish:
    """Return the next wish."""
    weights = [weight for weight, _ in WISHES.values()]
    [(_, wish)] = dice.choices(list(WISHES.values()), weights)
    return wish(f"Good morning, dear neighbours of number {number}!")


def small_result(task: Task, _index: int) -> bytes:
    """Return a small result: this tests the path, not the media."""
    if task.product in {Product.TEXT_TO_AUDIO, Product.VIDEO_TO_AUDIO}:
        return voice().data
    return clip(1).data if task.product.pack == "video" else png(width=64, height=64).data
