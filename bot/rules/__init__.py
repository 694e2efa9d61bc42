"""What a member may ask for, and how raw options become a request."""

from bot.rules.check import check
from bot.rules.parse import image_request, lipsync_request, video_request

__all__ = ["check", "image_request", "lipsync_request", "video_request"]
