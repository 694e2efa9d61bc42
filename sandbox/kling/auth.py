"""Authentication: a JWT signed with the account's keys, or an API key, judged by our clock."""

import hmac
from dataclasses import dataclass

import jwt
from jwt.types import Options

from sandbox.kling.errors import Refusal
from sandbox.kling.switches import Switches

JWT_DOTS = 2
# Times are judged here, by the clock of this world and with Kling's codes.
UNTIMED: Options = {"verify_exp": False, "verify_nbf": False, "verify_iat": False}


@dataclass(frozen=True)
class Keys:
    """The account's credentials: a pair to sign JWTs with, and an opaque API key."""

    access_key: str
    secret_key: str
    api_key: str


def kind_of(header: str | None, keys: Keys) -> str:
    """Return `none`, `jwt`, `api_key` or `other`, without judging whether it is valid."""
    if not header:
        return "none"
    token = header.removeprefix("Bearer ")
    if token == keys.api_key:
        return "api_key"
    return "jwt" if token.count(".") == JWT_DOTS else "other"


def authenticate(
    header: str | None, keys: Keys, now_s: float, switches: Switches, *, newer: bool = False
) -> None:
    """Return if `header` gives access to the account; otherwise raise Refusal 1000 to 1004.

    The newer generation takes an API key only.
    """
    if not header or not header.strip() or header.strip() == "Bearer":
        raise Refusal(1001, "Authorization is empty")
    scheme, _, token = header.partition(" ")
    if scheme != "Bearer" or " " in token:
        raise Refusal(1002, "Authorization is invalid")
    if hmac.compare_digest(token.encode(), keys.api_key.encode()):
        return
    dots = token.count(".")
    if dots != JWT_DOTS:
        got = {0: "0", 1: "2"}.get(dots, "> 3")
        raise Refusal(1002, f"The token was expected to have 3 parts, but got {got}")
    if newer:
        raise Refusal(1002, "This API does not support AK/SK authentication")
    _check_claims(_claims(token, keys, switches), now_s, switches)


def _claims(token: str, keys: Keys, switches: Switches) -> dict[str, object]:
    try:
        claims: dict[str, object] = jwt.decode(
            token, keys.secret_key, algorithms=["HS256"], options=UNTIMED
        )
    except jwt.InvalidSignatureError:
        raise Refusal(switches.bad_signature_code, "Signature verification failed") from None
    except jwt.InvalidTokenError:
        raise Refusal(1002, "Authorization is invalid") from None
    if claims.get("iss") != keys.access_key:
        raise Refusal(switches.bad_signature_code, "Access key is not found")
    return claims


def _check_claims(claims: dict[str, object], now_s: float, switches: Switches) -> None:
    begins, ends = claims.get("nbf", 0), claims.get("exp")
    if not isinstance(ends, int | float) or not isinstance(begins, int | float):
        raise Refusal(1002, "Authorization is invalid")
    if begins > now_s + switches.jwt_leeway_s:
        raise Refusal(1003, "The token is not valid yet")
    if ends <= now_s - switches.jwt_leeway_s:
        raise Refusal(1004, "The token has expired")
    longest = switches.jwt_lifetime_max_s
    if longest is not None and ends - now_s > longest + switches.jwt_leeway_s:
        raise Refusal(1002, "The token lives too long")
