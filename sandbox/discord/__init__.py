"""A local Discord: REST, gateway and content network on one loopback port."""

from sandbox.discord.faults import Answer, Fault, Hold, Recorded, Reply, Reset, Slow, Throttle
from sandbox.discord.interactions import Interaction
from sandbox.discord.limits import Bucket, Limits
from sandbox.discord.model import (
    EVERY_PERMISSION,
    MEMBER_PERMISSIONS,
    POSTING,
    Attachment,
    Channel,
    Guild,
    Message,
    Permission,
    Role,
    Upload,
    User,
)
from sandbox.discord.refusal import LocalRefusal
from sandbox.discord.world import LocalDiscord

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
    "Reply",
    "Reset",
    "Role",
    "Slow",
    "Throttle",
    "Upload",
    "User",
]
