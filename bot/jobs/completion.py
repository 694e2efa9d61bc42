"""A request with what was learnt since it was asked for, just before it is sent. Pure."""

from collections.abc import Mapping
from dataclasses import replace

from bot.domain.requests import ExpandRequest, Request
from bot.jobs.clip_source import with_url
from bot.jobs.speech import with_speech
from storage.job import Job, StoredInput


def completed(request: Request, job: Job, stored: Mapping[str, StoredInput]) -> Request:
    """Return the request with the URL of its video, its voice, and the size of its image."""
    request = with_speech(with_url(request, job.sources), job.question)
    image = stored.get("image")
    if not isinstance(request, ExpandRequest) or image is None:
        return request
    return replace(request, width=int(image.facts["width"]), height=int(image.facts["height"]))
