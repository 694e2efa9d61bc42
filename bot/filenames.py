"""How result files are named, and how one that a member brings back is recognised. Pure."""

import re
from typing import Final
from urllib.parse import unquote, urlsplit

from storage.job import ID_ALPHABET, ID_CHARACTERS

OURS: Final = re.compile(
    rf"kling-(?P<job_id>[{ID_ALPHABET}]{{{ID_CHARACTERS}}})-[a-z0-9]{{1,4}}-\d{{1,3}}"
    r"-(?P<number>\d{1,2})\.mp4"
)


def result_name(nonce: str, index: int, suffix: str) -> str:
    """Return the name of a result's file; the nonce in it says which message it belongs to."""
    return f"kling-{nonce}-{index + 1}{suffix}"


def clip_of_ours(url: str) -> tuple[str, int] | None:
    """Return job id and index of a clip whose address ends in a name that we give.

    It is a hint, not a proof: anybody can name a file.
    """
    try:
        name = unquote(urlsplit(url).path).rpartition("/")[2]
    except ValueError:
        return None
    found = OURS.fullmatch(name)
    return (found["job_id"], int(found["number"]) - 1) if found else None
