"""What made a job, and which units it takes. Standard library only."""

import enum


class Kind(enum.StrEnum):
    """The command that made the job."""

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


class Pack(enum.StrEnum):
    """Kling sells video and image units separately and counts slots for each; they never add up."""

    VIDEO = "video"
    IMAGE = "image"
