"""How result files are named, and how a file that a member brings back is recognised. Pure."""

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote, urlsplit

from storage.job import ID_ALPHABET, ID_CHARACTERS

SPOILER: Final = "SPOILER_"
RESULT: Final = "kling-"
JOINED: Final = "-joined"
STILL: Final = "-still"
OURS: Final = re.compile(
    rf"(?:SPOILER_)?kling-(?P<nonce>(?P<job_id>[{ID_ALPHABET}]{{{ID_CHARACTERS}}})-[a-z0-9]{{1,4}}-\d{{1,3}})"
    r"-(?P<number>\d{1,2})(?P<other>-joined|-still)?\.(?P<ending>[a-z0-9]{1,4})"
)
VIDEO_ENDING: Final = "mp4"
VIDEO_ENDINGS: Final = frozenset({VIDEO_ENDING, "mov", "webm"})
"""What a video of Kling may end in: `bot.media.kinds`."""


def result_name(nonce: str, index: int, suffix: str, *, joined: bool = False) -> str:
    """Return the file name of a result; the nonce in it identifies the message.

    One that is joined to earlier videos is none that Kling knows, and its name says so.
    """
    return f"kling-{nonce}-{index + 1}{JOINED * joined}{suffix}"


def still_name(nonce: str) -> str:
    """Return the file name of an image that stands for a video; it is no result itself."""
    return f"{RESULT}{nonce}-1{STILL}.jpg"


def as_spoiler(name: str) -> str:
    """Return the name of a result that Discord hides until a member clicks it.

    Discord goes by this beginning of the name (API documentation, attachments).
    """
    return f"{SPOILER}{name}" if name.startswith(RESULT) else name


@dataclass(frozen=True, slots=True)
class OurName:
    """The parsed name of a result video of ours."""

    filename: str
    job_id: str
    nonce: str
    """Which of the job's messages carried it."""
    index: int
    """Which of the job's results it is, from 0."""


def name_of_ours(url: str) -> OurName | None:
    """Return the contents of a URL that ends in one of our names, None for any other.

    It is a hint, not a proof: anyone can name a file.
    """
    name = _last_part(url)
    found = OURS.fullmatch(name)
    if found is None or found["other"] or found["ending"] != VIDEO_ENDING:
        return None
    return OurName(name, found["job_id"], found["nonce"], int(found["number"]) - 1)


def job_of(filename: str) -> str | None:
    """Return whose result a file of ours says it is, as a job id; None for any other file."""
    found = OURS.fullmatch(filename)
    return found["job_id"] if found else None


def job_linked(url: str) -> str | None:
    """Return whose result a URL says that it leads to, as a job id; None for any other URL."""
    return job_of(_last_part(url))


def _last_part(url: str) -> str:
    try:
        return unquote(urlsplit(url).path).rpartition("/")[2]
    except ValueError:
        return ""


def index_of(job_id: str, filename: str, *, of_video: bool) -> int | None:
    """Return which of this job's results a file of ours is, from 0; None for any other file.

    The still of a video is none of them, and where a video is looked for no image is one: stills
    were once named like results.
    """
    found = OURS.fullmatch(filename)
    if found is None or found["job_id"] != job_id or found["other"]:
        return None
    fits = not of_video or found["ending"] in VIDEO_ENDINGS
    return int(found["number"]) - 1 if fits else None


def is_joined(job_id: str, filename: str) -> bool:
    """Tell whether a file of ours is this job's video, joined to those before it."""
    found = OURS.fullmatch(filename)
    return found is not None and found["job_id"] == job_id and found["other"] == JOINED
