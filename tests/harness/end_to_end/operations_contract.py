"""How the commands of the table of operations look to Discord, as others rely on it."""

from typing import Final

SUB, STRING, INTEGER, BOOLEAN, NUMBER, ATTACHMENT = 1, 3, 4, 5, 10, 11

CONTRACT: Final[dict[str, dict[str, int]]] = {
    "motion": {
        **dict.fromkeys(("image", "video"), ATTACHMENT),
        **dict.fromkeys(("video_url", "prompt", "orientation", "mode", "model"), STRING),
        "keep_sound": BOOLEAN,
    },
    "avatar": {
        **dict.fromkeys(("image", "audio"), ATTACHMENT),
        **dict.fromkeys(("text", "voice", "prompt", "mode"), STRING),
        "speed": NUMBER,
    },
    "effect": {**dict.fromkeys(("image", "image_2"), ATTACHMENT), "effect": STRING},
    "expand": {"image": ATTACHMENT, **dict.fromkeys(("shape", "prompt"), STRING)},
    "sound": {"prompt": STRING, "seconds": INTEGER},
    "character": dict.fromkeys(("create", "list", "delete"), SUB),
}
CHOICES: Final = {
    ("motion", "orientation"): ["image", "video"],
    ("motion", "mode"): ["std", "pro"],
    ("avatar", "mode"): ["std", "pro"],
    ("expand", "shape"): ["wider", "taller", "all", "square"],
}
RANGES: Final = {
    ("sound", "seconds"): (3, 10),
    ("avatar", "speed"): (0.8, 2.0),
    ("lipsync", "speed"): (0.8, 2.0),
}
REQUIRED: Final = {
    ("motion", "image"),
    ("avatar", "image"),
    ("effect", "effect"),
    ("effect", "image"),
    ("expand", "image"),
    ("sound", "prompt"),
}
SUGGESTED: Final = {
    ("motion", "model"),
    ("effect", "effect"),
    ("avatar", "voice"),
    ("lipsync", "voice"),
}
