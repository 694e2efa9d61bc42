"""Which options of a job a default filled in: kept beside its request. Pure."""

from collections.abc import Mapping
from typing import Any, Final

DEFAULTED: Final = "defaulted"
"""Under this key of the stored request; the request itself does not know it."""


def noting(request: Mapping[str, Any], defaulted: Mapping[str, str]) -> dict[str, Any]:
    """Return a stored request with a note of its defaults, if there are any."""
    return {**request, DEFAULTED: dict(defaulted)} if defaulted else dict(request)


def noted(request: Mapping[str, Any]) -> dict[str, str]:
    """Return which options were filled in, each with for whom or what the value was set."""
    return dict(request.get(DEFAULTED) or {})
