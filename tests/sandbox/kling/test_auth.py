"""Who is let in, and with which code everybody else is turned away."""

from typing import Any

import jwt
import pytest

from sandbox.kling import LocalKling, Switches
from tests.harness.kling_caller import Caller
from tests.sandbox.kling.conftest import OpenWorld

ANYTHING = "images/generations/1"


def token(world: LocalKling, **changes: Any) -> str:
    now_s = world.clock.now()
    claims: dict[str, Any] = {
        "iss": world.keys.access_key,
        "exp": now_s + 1800,
        "nbf": now_s - 5,
    } | changes
    secret = claims.pop("secret", world.keys.secret_key)
    algorithm = claims.pop("algorithm", "HS256")
    kept = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode(kept, secret, algorithm=algorithm)


async def code_for(kling: Caller, header: str | None) -> tuple[int, int]:
    kling.headers = {} if header is None else {"Authorization": header}
    answer = await kling.get(ANYTHING)
    return answer.status, answer.code


async def test_a_fresh_jwt_opens_the_account(kling: Caller) -> None:
    """A JWT signed with the account's keys passes and is recorded as one."""
    assert await code_for(kling, f"Bearer {token(kling.world)}") == (400, 1201)
    assert kling.world.requests[-1].auth == "jwt"
    assert "authorization" in kling.world.requests[-1].headers


async def test_an_api_key_opens_the_account(kling: Caller) -> None:
    """The opaque key passes as a bearer token."""
    assert await code_for(kling, f"Bearer {kling.world.keys.api_key}") == (400, 1201)
    assert kling.world.requests[-1].auth == "api_key"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"secret": "another-secret-of-thirty-two-bytes!"}, 1000),
        ({"iss": "somebody-else"}, 1000),
        ({"nbf": 2e9}, 1003),
        ({"exp": 1.0}, 1004),
        ({"exp": None}, 1002),
        ({"algorithm": "HS512", "secret": "x" * 64}, 1002),
    ],
)
async def test_a_wrong_jwt_is_refused_by_code(
    kling: Caller, changes: dict[str, Any], code: int
) -> None:
    """Each thing that can be wrong with a JWT has its code, always HTTP 401."""
    assert await code_for(kling, f"Bearer {token(kling.world, **changes)}") == (401, code)


@pytest.mark.parametrize(
    ("header", "code"),
    [
        (None, 1001),
        ("Bearer", 1001),
        ("Basic abc", 1002),
        ("Bearer  two", 1002),
        ("Bearer x", 1002),
    ],
)
async def test_a_header_that_is_no_token_is_refused(
    kling: Caller, header: str | None, code: int
) -> None:
    """No header is 1001; one that cannot be read is 1002."""
    assert await code_for(kling, header) == (401, code)


async def test_a_malformed_key_meets_the_jwt_parser(kling: Caller) -> None:
    """An unknown opaque key gets the parser's own words."""
    kling.headers = {"Authorization": "Bearer nonsense"}
    answer = await kling.get(ANYTHING)
    assert answer.message == "The token was expected to have 3 parts, but got 0"


async def test_a_token_ends_on_the_injected_clock(kling: Caller) -> None:
    """The same token passes before its end and is refused with 1004 at it."""
    header = f"Bearer {token(kling.world)}"
    kling.clock.advance(1799)
    assert (await code_for(kling, header))[1] == 1201
    kling.clock.advance(1)
    assert (await code_for(kling, header))[1] == 1004


async def test_switch_bad_signature_code(open_world: OpenWorld) -> None:
    """A bad signature may be 1002 instead of 1000."""
    kling = await open_world(switches=Switches(bad_signature_code=1002))
    bad = token(kling.world, secret="another-secret-of-thirty-two-bytes!")
    assert await code_for(kling, f"Bearer {bad}") == (401, 1002)


async def test_switch_jwt_leeway(open_world: OpenWorld) -> None:
    """With a leeway, a token that just ended or is about to begin passes."""
    kling = await open_world(switches=Switches(jwt_leeway_s=60))
    now_s = kling.clock.now()
    assert (await code_for(kling, f"Bearer {token(kling.world, exp=now_s - 30)}"))[1] == 1201
    assert (await code_for(kling, f"Bearer {token(kling.world, nbf=now_s + 30)}"))[1] == 1201


async def test_switch_jwt_lifetime(open_world: OpenWorld) -> None:
    """With a longest lifetime, a token that lives longer is refused."""
    kling = await open_world(switches=Switches(jwt_lifetime_max_s=1800))
    assert (await code_for(kling, f"Bearer {token(kling.world)}"))[1] == 1201
    long = token(kling.world, exp=kling.clock.now() + 7200)
    assert (await code_for(kling, f"Bearer {long}"))[1] == 1002
