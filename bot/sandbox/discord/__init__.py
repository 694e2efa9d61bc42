"""A local Discord: REST, gateway and content network on one loopback port."""

from bot.sandbox.discord.faults import Answer, Fault, Hold, Recorded, Reset, Slow, Throttle
from bot.sandbox.discord.interactions import Interaction
from bot.sandbox.discord.limits import Bucket, Limits
from bot.sandbox.discord.model import (
    EVERY_PERMISSION,
    MEMBER_PERMISSIONS,
    POSTING,
    Attachment,
    Channel,
    Guild,
    Message,
    Permission,
    Upload,
    User,
)
from bot.sandbox.discord.refusal import LocalRefusal
from bot.sandbox.discord.world import LocalDiscord

__all__ = [
    "EVERY_PERMISSION",
    "MEMBER_PERMISSIONS",
    "POSTING",
    "Answer",
    "Attachment",
    "Bucket",
    "Channel",
    "Fault",
    "Guild",
    "Hold",
    "Interaction",
    "Limits",
    "LocalDiscord",
    "LocalRefusal",
    "Message",
    "Permission",
    "Recorded",
    "Reset",
    "Slow",
    "Throttle",
    "Upload",
    "User",
]
