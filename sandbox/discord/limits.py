"""Rate limits: buckets per route and major parameter, and one for the whole bot."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from sandbox.clock import Clock

MAJOR_PARAMETERS = ("channel_id", "guild_id", "webhook_id", "webhook_token")
VIA = {"Via": "1.1 google"}  # tells discord.py that Discord itself answered


@dataclass(frozen=True, slots=True)
class Bucket:
    """This many requests in this many seconds."""

    requests: int
    window_s: float


DEFAULT_BUCKETS: Mapping[tuple[str, str], Bucket] = MappingProxyType(
    {
        ("POST", "/channels/{channel_id}/messages"): Bucket(5, 5.0),
        ("PATCH", "/channels/{channel_id}/messages/{message_id}"): Bucket(5, 5.0),
        ("POST", "/webhooks/{webhook_id}/{webhook_token}"): Bucket(5, 2.0),
    }
)


@dataclass(frozen=True, slots=True)
class Limits:
    """The buckets. The numbers are what bots observe; Discord publishes none."""

    buckets: Mapping[tuple[str, str], Bucket] = field(default_factory=lambda: DEFAULT_BUCKETS)
    whole_bot: Bucket = Bucket(50, 1.0)


class Meter:
    """Counts requests against the limits, on the server's clock; without limits all pass."""

    def __init__(self, clock: Clock, limits: Limits | None) -> None:
        self.limits = limits
        self._clock = clock
        self._spent: dict[str, tuple[float, int]] = {}

    def take(
        self, method: str, route: str, params: Mapping[str, str]
    ) -> tuple[dict[str, str], dict[str, Any] | None]:
        """Count one request; return the headers to send and the body of a 429, if it is one."""
        if self.limits is None:
            return {}, None
        if not route.startswith(("/interactions/", "/webhooks/")):
            left, reset_after_s = self._count("global", self.limits.whole_bot)
            if left < 0:
                return refuse(reset_after_s, "global")
        bucket = self.limits.buckets.get((method, route))
        if bucket is None:
            return {}, None
        name = hashlib.sha256(f"{method} {route}".encode()).hexdigest()[:16]
        major = ":".join(params.get(key, "") for key in MAJOR_PARAMETERS)
        left, reset_after_s = self._count(f"{name}:{major}", bucket)
        headers = {
            "X-RateLimit-Bucket": name,
            "X-RateLimit-Limit": str(bucket.requests),
            "X-RateLimit-Remaining": str(max(0, left)),
            "X-RateLimit-Reset": f"{self._clock.now() + reset_after_s:.3f}",
            "X-RateLimit-Reset-After": f"{reset_after_s:.3f}",
        }
        if left >= 0:
            return headers, None
        more, body = refuse(reset_after_s, "user")
        return headers | more, body

    def _count(self, key: str, bucket: Bucket) -> tuple[int, float]:
        now = self._clock.now()
        since, spent = self._spent.get(key, (now, 0))
        if now - since >= bucket.window_s:
            since, spent = now, 0
        self._spent[key] = (since, spent + 1)
        return bucket.requests - spent - 1, since + bucket.window_s - now


def refuse(retry_after_s: float, scope: str) -> tuple[dict[str, str], dict[str, Any]]:
    """Return the headers and body of a 429; `scope` is user, global or shared."""
    headers = {"Retry-After": f"{retry_after_s:.3f}", "X-RateLimit-Scope": scope}
    if scope == "global":
        headers["X-RateLimit-Global"] = "true"
    return headers, {
        "message": "You are being rate limited.",
        "retry_after": retry_after_s,
        "global": scope == "global",
    }
