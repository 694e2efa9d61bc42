"""Kling's limits in numbers, for everything that checks or converts.

Kling's API documentation (2026-09) unless a comment says otherwise. What a single model accepts is
in the catalogue.
"""

from typing import Final

PROMPT_CHARACTERS_MAX: Final = 2500
MODEL_NAME_CHARACTERS_MAX: Final = 64
"""Ours: the longest name Kling has used is 28 characters."""

PICTURE_SIDE_MIN_PX: Final = 300
PICTURE_RATIO_MAX: Final = 2.5
"""The longer side divided by the shorter."""

MEGABYTE: Final = 1_000_000
PICTURE_MAX_MB: Final = 50
"""Ours: what is declared larger is not even fetched. Kling takes 10 MB; we shrink to that."""
PICTURES_MAX_MEGAPIXELS: Final = 400
"""Ours: all pictures of a command together, so that opening them keeps nobody waiting for long."""
MEGAPIXEL: Final = 1_000_000
SOUND_MAX_MB: Final = 25
"""Ours: if the declared size is larger, it is not even downloaded. Kling accepts 5 MB of MP3; we
convert."""
CLIP_MAX_MB: Final = 100
CLIP_SIDE_MIN_PX: Final = 512
CLIP_SIDE_MAX_PX: Final = 2160
CLIP_TYPES: Final = frozenset({"video/mp4", "video/quicktime"})
CLIP_ENDINGS: Final = (".mp4", ".mov")
CLIP_MAX_S: Final = 60
JOINED_MAX_S: Final = 60
"""Ours: the longest video that is made by going on from another, all its parts together."""
SOUND_MIN_S: Final = 2
"""Shortest audio."""
SOUND_PART_MIN_S: Final = SOUND_MIN_S
"""Shortest part of the audio that can be put on a video."""
INSERT_MAX_S: Final = CLIP_MAX_S - SOUND_PART_MIN_S
"""The audio must end inside the video."""

TEXT_CHARACTERS_MAX: Final = 1000
"""Words that are spoken."""
SPEED_MIN: Final = 0.8
SPEED_MAX: Final = 2.0
COUNT_MAX: Final = 9
CAMERA_AMOUNT_MAX: Final = 10.0
"""To either side."""
VOLUME_MAX: Final = 2.0

MODES: Final = ("std", "pro", "4k")
NEWER_RESOLUTIONS: Final = {"std": "720p", "pro": "1080p", "4k": "4k"}
"""What the newer generation calls the modes."""
RESOLUTIONS: Final = ("1k", "2k", "4k", "8k")
SERIES_MIN: Final = 2
SERIES_MAX: Final = 10
"""What any image model makes as one series (schemas of resellers, 2026-10)."""
REFERENCES: Final = ("subject", "face")
VIDEO_RATIOS: Final = ("16:9", "9:16", "1:1")
"""What every video model makes."""
VIDEO_RATIO_CHOICES: Final = (*VIDEO_RATIOS, "21:9", "4:3", "3:4")
IMAGE_RATIOS: Final = ("1:1", "16:9", "9:16", "4:3", "3:4", "3:2", "2:3", "21:9")
AUTO_RATIO: Final = "auto"
CAMERA_AXES: Final = ("zoom", "pan", "tilt", "roll", "horizontal", "vertical")
CAMERA_PRESETS: Final = ("down_back", "forward_up", "right_turn_forward", "left_turn_forward")
RESULTS_KEPT_DAYS: Final = 30
"""Kling deletes a result after so many days; until then it also knows a clip by its id."""
