"""What leaves the process as a log line never holds a secret."""

import base64
import io
import json
import logging
import string
from collections.abc import Iterator

import discord
import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from bot.log import REDACTED, Redactor, about_job, set_up_logging
from tests.harness.logged import logged

B64 = string.ascii_letters + string.digits + "-_"


def b64(minimum: int, maximum: int) -> st.SearchStrategy[str]:
    return st.text(B64, min_size=minimum, max_size=maximum)


bot_tokens = st.builds(lambda *p: ".".join(p), b64(23, 28), b64(6, 7), b64(27, 45))
jwts = st.builds(
    lambda claims, body, sign: (
        base64.urlsafe_b64encode(f'{{"alg":"HS256","x":"{claims}"}}'.encode()).decode().rstrip("=")
        + f".{body}.{sign}"
    ),
    b64(1, 20),
    b64(10, 80),
    b64(20, 60),
)
interaction_tokens = st.builds(
    lambda text: base64.b64encode(f"interaction:{text}".encode()).decode(), b64(20, 90)
)
around = st.sampled_from(["", " ", "'", '"', "(", "\n", "=", ": "])


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    with logged("json", ["hunter22"]) as stream:
        yield stream


def lines(stream: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


@given(bot_tokens, around, around)
def test_bot_tokens_are_taken_out(token: str, before: str, after: str) -> None:
    """Whatever stands around it, a bot token does not survive."""
    assert token not in Redactor().text(f"login{before}{token}{after}failed")


@given(jwts, around, around)
def test_jwts_are_taken_out(token: str, before: str, after: str) -> None:
    """A JWT goes, with or without the header's scheme, its signature too."""
    text = Redactor().text(f"sent{before} {token}{after}")
    assert token not in text
    assert token.rsplit(".", 1)[1] not in text


@given(st.one_of(bot_tokens, jwts, interaction_tokens))
def test_tokens_that_stand_alone_are_taken_out(token: str) -> None:
    """A value that is nothing but a token goes, however short it is."""
    assert token not in Redactor().text(token)


@given(st.sampled_from(["Bearer", "bearer", "BEARER"]), st.text(B64 + ".~+/=", min_size=1))
def test_bearer_headers_are_taken_out(scheme: str, credentials: str) -> None:
    """Whatever follows the scheme goes: keys have no shape of their own."""
    assert Redactor().text(f"Authorization: {scheme} {credentials}") == (
        f"Authorization: {scheme} {REDACTED}"
    )


@given(
    st.sampled_from(
        [
            "/webhooks/{id}/{token}",
            "/webhooks/{id}/{token}/messages/@original",
            "/interactions/{id}/{token}/callback?with_response=1",
        ]
    ),
    st.integers(min_value=1),
    b64(1, 200),
)
def test_interaction_tokens_in_addresses_are_taken_out(path: str, id_: int, token: str) -> None:
    """The token of an interaction is part of its address, and goes."""
    token = f"Q{token}Q9"
    assert token not in Redactor().text("POST " + path.format(id=id_, token=token))


@given(interaction_tokens)
def test_bare_interaction_tokens_are_taken_out(token: str) -> None:
    """They are recognised by how they begin, wherever they stand."""
    assert Redactor().text(f"token={token}!") == f"token={REDACTED}!"


@given(
    st.sampled_from(
        [
            "ex",
            "is",
            "hm",
            "Expires",
            "Signature",
            "x-kcdn-sign",
            "X-Amz-Signature",
            "auth_key",
            "token",
            "x-oss-security-token",
            "anything",
        ]
    ),
    b64(4, 80),
)
def test_signed_addresses_are_taken_out(name: str, value: str) -> None:
    """Of an address with a query string only the address is told."""
    address = f"https://cdn.example/a/b.png?{name}=Z{value}&{name}=Z{value}"
    assert Redactor().text(f"<{address}> gone") == f"<https://cdn.example/a/b.png?{REDACTED}> gone"


@given(st.sampled_from(["ex", "hm", "Signature", "x-kcdn-sign"]), b64(4, 80))
def test_signatures_of_bare_paths_are_taken_out(name: str, value: str) -> None:
    """A path without its host still loses its signature."""
    assert Redactor().text(f"/a/b.png?v=1&{name}=Z{value}") == f"/a/b.png?v=1&{name}={REDACTED}"


def test_passwords_in_addresses_are_taken_out() -> None:
    """User and password of a database go, its host stays."""
    text = Redactor().text("cannot reach postgresql+asyncpg://user:p@ss@db.lan/kling")
    assert text == f"cannot reach postgresql+asyncpg://{REDACTED}@db.lan/kling"


@given(st.text(min_size=4), st.text(), st.text())
def test_told_secrets_are_taken_out(secret: str, before: str, after: str) -> None:
    """A secret that was told at set-up goes, however ordinary it looks."""
    assert Redactor([secret]).text(before + secret + after).count(secret) <= REDACTED.count(secret)


def test_callback_keys_are_taken_out() -> None:
    """The unguessable part of a callback address stays unguessable."""
    assert "secretkey" not in Redactor().text("https://bot.example/callback/secretkey1234567")


@pytest.mark.parametrize(
    "text",
    [
        "Bot disconnected from gateway",
        "job abcdefgh23456722 moved from queued to creating",
        "kling-v2-5-turbo took 12.345 s",
        "GET https://api-singapore.klingai.com/v1/videos/text2video/844123456789012345",
        "storage/store.py:120 in claim",
        "discord.app_commands.errors.CommandInvokeError",
    ],
)
def test_ordinary_words_stay(text: str) -> None:
    """A log that hides everything is useless."""
    assert Redactor(["abc"]).text(text) == text


def test_every_corner_of_a_record_is_redacted(log: io.StringIO) -> None:
    """Message, values, nested values, keys, objects, arguments and tracebacks alike."""
    ours = structlog.get_logger("bot.test")
    theirs = logging.getLogger("somebody.else")
    ours.info("hunter22", value="hunter22", nested={"hunter22": [{"a": b"hunter22"}]})
    ours.info("object", error=ValueError("hunter22"), path={"hunter22"})
    theirs.warning("%s and %r", "hunter22", {"a": "hunter22"})
    try:
        int("hunter22")
    except ValueError:
        ours.exception("failed")
        theirs.exception("failed too")
    assert len(lines(log)) == 5
    assert "hunter22" not in log.getvalue()
    assert "Traceback" in log.getvalue()


def test_numbers_and_structure_survive(log: io.StringIO) -> None:
    """What is no text is logged as it was."""
    structlog.get_logger("bot.test").info("x", n=3, f=1.5, no=None, yes=True, many=(1, 2))
    (line,) = lines(log)
    assert line | {"n": 3, "f": 1.5, "no": None, "yes": True, "many": [1, 2]} == line


def test_debug_is_for_our_own_rooms(log: io.StringIO) -> None:
    """discord.py's DEBUG holds whole bodies: it stays at INFO whatever the level."""
    for name in ("discord.http", "discord.gateway", "aiosqlite", "asyncio"):
        logging.getLogger(name).debug("whole body")
        logging.getLogger(name).info("fine")
    for name in ("bot.jobs.intake", "cogs.create", "storage.store"):
        structlog.get_logger(name).debug("detail")
    assert [line["event"] for line in lines(log)] == ["fine"] * 4 + ["detail"] * 3


async def test_a_library_for_calls_is_not_missed(log: io.StringIO) -> None:
    """discord.py's warnings about voice are left out, by their words: its others are not."""
    voice = discord.VoiceClient
    voice.warn_nacl = voice.warn_dave = True  # as in a process that has made no client yet
    async with discord.Client(intents=discord.Intents(guilds=True)):
        logging.getLogger("discord.client").warning("PyNaCl is somewhere else")
    assert (voice.warn_nacl, voice.warn_dave) == (False, False)
    assert [line["event"] for line in lines(log)] == ["PyNaCl is somewhere else"]


def test_the_job_is_on_every_record_inside(log: io.StringIO) -> None:
    """Ours and the libraries' records carry the job they were written for, and only inside."""
    with about_job("abcdefgh23456722"):
        structlog.get_logger("bot.test").info("ours")
        logging.getLogger("discord").info("theirs")
    structlog.get_logger("bot.test").info("outside")
    assert [line.get("job_id") for line in lines(log)] == ["abcdefgh23456722"] * 2 + [None]


@given(
    st.text(max_size=40),
    st.sampled_from(["pretty", "json"]),
    st.sampled_from(["\x1b[2J", "\r", "\n", "\x9b", "\u202e", "\u2028", "\ud800", "\x00"]),
)
def test_outside_text_neither_moves_nor_forges_a_line(text: str, fmt: str, trick: str) -> None:
    """Escapes of a terminal, line ends and directions are written out, wherever they come from."""
    with logged(fmt, ["hunter22"]) as stream:
        said = f"{text}{trick}{text}"
        structlog.get_logger("bot.test").info("ours", words=said, many=[{"a": said}])
        logging.getLogger("somebody.else").warning("theirs %s", said)
    written = stream.getvalue().removesuffix("\n").split("\n")
    assert len(written) == 2
    assert all(line.isprintable() for line in written)


def clear_the_screen() -> None:
    raise ValueError("\x1b[2Jcleared")


def test_a_traceback_keeps_its_lines() -> None:
    """What was raised is escaped like any text, and the lines of the traceback stay lines."""
    with logged("pretty", ["hunter22"]) as stream:
        try:
            clear_the_screen()
        except ValueError:
            structlog.get_logger("bot.test").exception("failed")
    assert "\x1b" not in stream.getvalue()
    assert "Traceback" in stream.getvalue()
    assert len(stream.getvalue().splitlines()) > 3


@pytest.mark.parametrize(
    ("fmt", "tty", "is_json"),
    [("auto", False, True), ("auto", True, False), ("pretty", False, False), ("json", True, True)],
)
def test_auto_looks_at_the_terminal(
    log: io.StringIO, fmt: str, *, tty: bool, is_json: bool
) -> None:
    """Pretty for people, JSON for machines, and the operator's word before both."""
    assert not log.getvalue()
    stream = io.StringIO()
    set_up_logging("info", fmt, stream, tty=tty)
    structlog.get_logger("bot.test").info("hello")
    assert stream.getvalue().startswith("{") is is_json


def test_below_the_level_nothing_is_written(log: io.StringIO) -> None:
    """The level asked for is the level for everybody."""
    stream = io.StringIO()
    set_up_logging("error", "json", stream, tty=False)
    structlog.get_logger("bot.test").warning("no")
    logging.getLogger("discord").warning("no")
    structlog.get_logger("bot.test").error("yes")
    assert [line["event"] for line in lines(stream)] == ["yes"]
    assert not log.getvalue()
