"""What Kling takes, in numbers: one page for everybody who checks or converts.

Kling's API documentation (2026-09) unless a comment says otherwise. What a single model accepts
is in the catalogue.
"""

from typing import Final

PROMPT_CHARACTERS_MAX: Final = 2500
MODEL_NAME_CHARACTERS_MAX: Final = 64
"""Ours: the longest name Kling has used is 28 characters."""

PICTURE_SIDE_MIN_PX: Final = 300
PICTURE_RATIO_MAX: Final = 2.5
"""The longer side over the shorter."""

MEGABYTE: Final = 1_000_000
PICTURE_MAX_MB: Final = 50
"""Ours: what is declared larger is not even fetched. Kling takes 10 MB; we shrink to that."""
SOUND_MAX_MB: Final = 25
"""Ours: what is declared larger is not even fetched. Kling takes 5 MB of MP3; we convert."""
CLIP_MAX_MB: Final = 100
CLIP_SIDE_MIN_PX: Final = 512
CLIP_SIDE_MAX_PX: Final = 2160
CLIP_TYPES: Final = frozenset({"video/mp4", "video/quicktime"})
CLIP_ENDINGS: Final = (".mp4", ".mov")
CLIP_MAX_S: Final = 60
SOUND_MIN_S: Final = 2
"""Shortest sound."""
SOUND_PART_MIN_S: Final = SOUND_MIN_S
"""Shortest part of a sound that is put on a clip."""
INSERT_MAX_S: Final = CLIP_MAX_S - SOUND_PART_MIN_S
"""The sound must end inside the clip."""

COUNT_MAX: Final = 9
CAMERA_AMOUNT_MAX: Final = 10.0
"""To either side."""
VOLUME_MAX: Final = 2.0

MODES: Final = ("std", "pro", "4k")
RESOLUTIONS: Final = ("1k", "2k", "4k")
REFERENCES: Final = ("subject", "face")
VIDEO_RATIOS: Final = ("16:9", "9:16", "1:1")
IMAGE_RATIOS: Final = ("1:1", "16:9", "9:16", "4:3", "3:4", "3:2", "2:3", "21:9")
AUTO_RATIO: Final = "auto"
CAMERA_AXES: Final = ("zoom", "pan", "tilt", "roll", "horizontal", "vertical")
CAMERA_PRESETS: Final = ("down_back", "forward_up", "right_turn_forward", "left_turn_forward")
