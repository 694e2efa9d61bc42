"""Tokens and keys, and who gets to see them."""

import jwt
import pytest
from jwt.types import Options

from bot.domain.requests import Route
from bot.errors import KlingRefusedAccount, SettingsInvalid
from bot.kling.auth import ApiKey, GatewayToken, SigningKeys, credentials_for
from bot.kling.client import Kling
from bot.kling.dialects import Dialect
from tests.harness.kling.stub import LeapingClock, Stub, dice, no, says, yes
from tests.kling.conftest import MakeKling

SECRET = "secret-secret-secret-secret-1234"


def claims_of(token: str) -> dict[str, object]:
    no_times: Options = {"verify_exp": False, "verify_nbf": False}
    return dict(jwt.decode(token, SECRET, algorithms=["HS256"], options=no_times))


def test_a_token_says_what_kling_documents_and_no_more(clock: LeapingClock) -> None:
    """The header is HS256 and JWT; the claims are iss, exp in 1800 s and nbf 5 s ago."""
    token = SigningKeys("access", SECRET, clock).bearer()
    now = int(clock.now())
    assert jwt.get_unverified_header(token) == {"alg": "HS256", "typ": "JWT"}
    assert claims_of(token) == {"iss": "access", "exp": now + 1800, "nbf": now - 5}


def test_a_token_is_kept_until_shortly_before_it_ends(clock: LeapingClock) -> None:
    """The same token serves for most of its life, and a new one is there before it is over."""
    keys = SigningKeys("access", SECRET, clock)
    first = keys.bearer()
    clock.advance(1600)
    assert keys.bearer() == first
    clock.advance(100)
    second = keys.bearer()
    assert second != first
    assert claims_of(second)["exp"] == int(clock.now()) + 1800


def test_a_clock_that_was_set_back_means_a_new_token(clock: LeapingClock) -> None:
    """A token that is not valid yet, because the clock was corrected, is not used."""
    keys = SigningKeys("access", SECRET, clock)
    keys.bearer()
    clock.advance(-3600)
    assert claims_of(keys.bearer())["nbf"] == int(clock.now()) - 5


def test_a_short_secret_mints_without_a_warning(clock: LeapingClock) -> None:
    """The length of a secret key is Kling's affair, not something to warn the operator about."""
    assert SigningKeys("access", "short", clock).bearer().count(".") == 2


async def test_a_refused_token_is_minted_anew_exactly_once(
    make_kling: MakeKling, clock: LeapingClock
) -> None:
    """After 1004 the same request goes out with another token; after a second 1004 it ends."""
    async with Stub(no(401, 1004, "expired"), yes(task_id="1")) as stub:
        kling = await make_kling(stub.base_url, auth=SigningKeys("access", SECRET, clock))
        clock.advance(0.5)
        assert (await kling.query(Route.TEXT2VIDEO, "1")).task_id == "1"
        assert len(stub.asked) == 2
        stub.answers = [no(401, 1003, "not valid yet")]
        with pytest.raises(KlingRefusedAccount):
            await kling.query(Route.TEXT2VIDEO, "1")
        assert len(stub.asked) == 4
        assert clock.slept == []


async def test_the_second_token_is_a_fresh_one(make_kling: MakeKling, clock: LeapingClock) -> None:
    """What is sent after a refusal has been minted after it."""
    keys = SigningKeys("access", SECRET, clock)
    keys.bearer()
    clock.advance(600)
    async with Stub(no(401, 1004, "expired"), yes(task_id="1")) as stub:
        kling = await make_kling(stub.base_url, auth=keys)
        await kling.query(Route.TEXT2VIDEO, "1")
        first, second = (claims_of(asked.token)["exp"] for asked in stub.asked)
    assert (first, second) == (int(clock.now()) + 1200, int(clock.now()) + 1800)


@pytest.mark.parametrize("status_and_code", [(401, 1000), (401, 1002), (403, 1103), (429, 1102)])
async def test_a_key_that_cannot_be_renewed_is_tried_once(
    make_kling: MakeKling, status_and_code: tuple[int, int]
) -> None:
    """With an API key there is no other token, so a refusal is final at once."""
    async with Stub(no(*status_and_code, "no")) as stub:
        kling = await make_kling(stub.base_url)
        with pytest.raises(KlingRefusedAccount):
            await kling.query(Route.TEXT2VIDEO, "1")
        assert len(stub.asked) == 1


@pytest.mark.parametrize("kind", ["pair", "api_key"])
def test_keys_of_kling_are_never_given_to_a_gateway(kind: str, clock: LeapingClock) -> None:
    """A client for a gateway cannot even be built with keys of a Kling account."""
    auth = ApiKey("k-123") if kind == "api_key" else SigningKeys("access", SECRET, clock)
    with pytest.raises(ValueError, match="never sent to a gateway"):
        Kling(
            "http://127.0.0.1:1",
            dialect=Dialect.GATEWAY,
            auth=auth,
            clock=clock,
            rng=dice(),
        )


async def test_a_gateway_gets_its_own_token_or_none(make_kling: MakeKling) -> None:
    """`gateway.api_token` goes out as a bearer token; without one there is no header at all."""
    async with Stub(says({"task_id": "1", "message": "submitted", "raw_data": {}})) as stub:
        for token in ("gate", ""):
            kling = await make_kling(stub.base_url, Dialect.GATEWAY, auth=GatewayToken(token))
            await kling.query(Route.TEXT2VIDEO, "1")
    assert stub.asked[0].headers["Authorization"] == "Bearer gate"
    assert "Authorization" not in stub.asked[1].headers


def test_which_credentials_go_where(clock: LeapingClock) -> None:
    """A gateway sees its token only; Kling sees the API key, or else a token from the pair."""
    everything = {
        "access_key": "access",
        "secret_key": SECRET,
        "api_key": "k-123",
        "gateway_token": "gate",
    }
    pair = everything | {"api_key": ""}
    assert credentials_for(Dialect.GATEWAY, clock=clock, **everything).bearer() == "gate"
    assert credentials_for(Dialect.OFFICIAL, clock=clock, **everything).bearer() == "k-123"
    token = credentials_for(Dialect.OFFICIAL, clock=clock, **pair).bearer()
    assert claims_of(token or "")["iss"] == "access"


@pytest.mark.parametrize(
    "keys",
    [{}, {"access_key": "a"}, {"secret_key": "s"}, {"api_key": "k\n"}, {"api_key": "two words"}],
)
def test_keys_that_cannot_work_are_named_without_being_shown(
    keys: dict[str, str], clock: LeapingClock
) -> None:
    """Missing halves and stray characters are told by the name of the setting alone."""
    with pytest.raises(SettingsInvalid, match=r"kling\.") as caught:
        credentials_for(Dialect.OFFICIAL, clock=clock, **keys)
    assert "two words" not in str(caught.value)
