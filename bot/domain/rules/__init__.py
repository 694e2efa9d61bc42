"""What a member may ask for, and how raw options become a request."""

from bot.domain.rules.check import check
from bot.domain.rules.parse import (
    edit_request,
    image_request,
    lipsync_request,
    operation_request,
    storyboard_request,
    video_request,
)
from bot.domain.rules.suggestions import suggest

__all__ = [
    "check",
    "edit_request",
    "image_request",
    "lipsync_request",
    "operation_request",
    "storyboard_request",
    "suggest",
    "video_request",
]
