"""Credentials: a signed token or a key for Kling, another token for a gateway.

The two never mix: the keys of a Kling account are never sent to a gateway, whoever runs it.
"""

import warnings
from typing import Final, Protocol

import jwt

from bot.clock import Clock
from bot.errors import SettingsInvalid
from bot.kling.dialects import Dialect

TOKEN_LIFE_S: Final = 1800
"""What Kling's own sample uses (Kling's API documentation, 2026-09)."""
TOKEN_EARLY_S: Final = 5
"""How long before now the token becomes valid, to allow for clock differences (same source)."""
TOKEN_MARGIN_S: Final = 120
"""A new token is minted this long before the old one expires, so that none expires in transit."""


class Credentials(Protocol):
    """The value of the `Authorization` header."""

    for_kling: bool
    """Whether this gives access to a Kling account; if so, it is never sent to a gateway."""
    signs: bool
    """Whether it is a pair of keys, which Kling's newer API refuses."""

    def bearer(self) -> str | None:
        """Return a token that is valid now, or None if there is none."""
        ...

    def forget(self) -> bool:
        """Drop the cached token; tell whether the next `bearer()` will return a different one."""
        ...


class SigningKeys:
    """An access key and a secret key: mints a JWT (HS256), cached until shortly before it expires.

    Claims are `iss`, `exp` and `nbf`, as in Kling's API documentation (2026-09).
    """

    for_kling = True
    signs = True

    def __init__(self, access_key: str, secret_key: str, clock: Clock) -> None:
        _must_be_a_key(access_key, "kling.access_key")
        _must_be_a_key(secret_key, "kling.secret_key")
        self._access_key = access_key
        self._secret_key = secret_key
        self._clock = clock
        self._token = ""
        self._valid_from = 0
        self._valid_until = 0

    def bearer(self) -> str:
        """Return the cached token, or a new one if the cached one is not safely valid."""
        now = self._clock.now()
        if not (self._token and self._valid_from <= now < self._valid_until - TOKEN_MARGIN_S):
            self._valid_from = int(now) - TOKEN_EARLY_S
            self._valid_until = int(now) + TOKEN_LIFE_S
            claims = {
                "iss": self._access_key,
                "exp": self._valid_until,
                "nbf": self._valid_from,
            }
            with warnings.catch_warnings():
                # Kling chose the length of its secret keys, so a warning about it helps no one.
                warnings.simplefilter("ignore", jwt.InsecureKeyLengthWarning)
                self._token = jwt.encode(claims, self._secret_key, algorithm="HS256")
        return self._token

    def forget(self) -> bool:
        """Drop the token, so that the next call mints a new one."""
        self._token = ""
        return True


class ApiKey:
    """An API key from Kling's console: opaque, sent as it is."""

    for_kling = True
    signs = False

    def __init__(self, key: str) -> None:
        _must_be_a_key(key, "kling.api_key")
        self._key = key

    def bearer(self) -> str:
        """Return the key."""
        return self._key

    def forget(self) -> bool:
        """Nothing is cached: there is no other key to try."""
        return False


class GatewayToken:
    """A gateway's token, if it needs one; with an empty token no header is sent."""

    for_kling = False
    signs = False

    def __init__(self, token: str = "") -> None:
        if token:
            _must_be_a_key(token, "gateway.api_token")
        self._token = token

    def bearer(self) -> str | None:
        """Return the token, or None if the gateway needs none."""
        return self._token or None

    def forget(self) -> bool:
        """Nothing is cached: there is no other token to try."""
        return False


def credentials_for(
    dialect: Dialect,
    *,
    clock: Clock,
    access_key: str = "",
    secret_key: str = "",
    api_key: str = "",
    gateway_token: str = "",
) -> Credentials:
    """Choose the credentials that fit the dialect; the API key takes precedence over the key pair.

    Raises SettingsInvalid for the official API without a complete key.
    """
    if dialect is Dialect.GATEWAY:
        return GatewayToken(gateway_token)
    if api_key:
        return ApiKey(api_key)
    if access_key and secret_key:
        return SigningKeys(access_key, secret_key, clock)
    raise SettingsInvalid("kling.api_key, or kling.access_key and kling.secret_key: not set")


def _must_be_a_key(secret: str, setting: str) -> None:
    # A stray line end from a copied key would otherwise fail on every call, far from its cause.
    if not secret or not all("!" <= character <= "~" for character in secret):
        raise SettingsInvalid(f"{setting}: not a key (empty, a space or an odd character in it)")
