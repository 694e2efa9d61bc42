"""What is left of a request once its job was deleted: the options, not the words. Pure."""

from collections.abc import Mapping
from typing import Any

from bot.domain.requests import ELEMENTS, REQUESTS, options_of
from storage.job import Kind


def without_words(kind: Kind, request: Mapping[str, Any]) -> dict[str, Any]:
    """Return a stored request without every text that a member wrote; it can still be read."""
    texts = {
        option.field: option.required
        for option in options_of(REQUESTS[kind])
        if option.longest is not None
    }
    gone = {*texts, ELEMENTS}
    kept = {key: value for key, value in request.items() if key not in gone}
    return kept | {field: "" for field, required in texts.items() if required}
