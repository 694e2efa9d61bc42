"""What made a job, and which units it takes. Standard library only."""

import enum
from typing import Final


class Kind(enum.StrEnum):
    """The command that made the job, or the control."""

    VIDEO = "video"
    IMAGE = "image"
    LIPSYNC = "lipsync"
    STORYBOARD = "storyboard"
    EDIT = "edit"
    MOTION = "motion"
    AVATAR = "avatar"
    EFFECT = "effect"
    EXPAND = "expand"
    SOUND = "sound"
    SOUNDTRACK = "soundtrack"
    """No command: a control under a silent video."""
    CHARACTER = "character"


class Pack(enum.StrEnum):
    """What Kling counts slots for, and can refuse by itself; packs never add up."""

    VIDEO = "video"
    IMAGE = "image"
    AUDIO = "audio"

    @property
    def units(self) -> "Pack":
        """The pack in whose units it is paid and limited: sounds are in video units."""
        return Pack.VIDEO if self is Pack.AUDIO else self


UNITS_SOLD: Final = (Pack.VIDEO, Pack.IMAGE)
"""The packs of units that Kling sells, in which prices, limits and the ledger count."""
