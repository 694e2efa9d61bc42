"""What has to be learnt of a request before it is sent, and the request with it. Pure."""

from collections.abc import Mapping
from dataclasses import replace

from bot.domain.operations.character import of_images
from bot.domain.requests import ExpandRequest, LipSyncRequest, Request, UrlTaker, VideoRequest
from bot.jobs.clip_source import with_url
from bot.jobs.speech import text_of, with_speech
from bot.messages.filenames import name_of_ours
from storage.job import Job, StoredInput


def completed(request: Request, job: Job, stored: Mapping[str, StoredInput]) -> Request:
    """Return the request with the URL of its video, its voice, and the size of its image."""
    request = with_speech(with_url(request, job.sources), job.question)
    image = stored.get("image")
    if not isinstance(request, ExpandRequest) or image is None:
        return request
    return replace(request, width=int(image.facts["width"]), height=int(image.facts["height"]))


def is_looked_for(request: Request) -> bool:
    """Tell whether something is found out or spoken before it is queued."""
    if of_images(request):
        return False
    if isinstance(request, UrlTaker):
        unknown = request.video_s is None or bool(request.of_task)
        return unknown or name_of_ours(request.video_url) is not None
    goes_on = isinstance(request, VideoRequest) and bool(request.continues)
    return goes_on or isinstance(request, LipSyncRequest) or bool(text_of(request))
