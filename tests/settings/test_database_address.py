"""A database's URL: a password of any signs connects, and is never shown."""

import asyncio
import contextlib
import json
import re
from collections.abc import Callable, Iterator
from urllib.parse import quote

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.doctor.database import examine_database
from bot.errors import SettingsInvalid
from bot.invocation import AS_MODULE
from bot.log import Redactor
from bot.operator.explain import explain
from bot.settings.load import load_settings
from storage.address import PostgresqlAddress, parse_address
from storage.engine import open_database
from storage.errors import StorageUnavailable
from tests.harness.refusing import refusing_port

PIECES = ("kf3quz", "w8zvyx", "p5xngk")
"""What a password is made of here: no other text holds any of them."""
signs = st.text(st.characters(exclude_categories=("C", "Z"), include_characters=" "), max_size=6)
passwords = st.tuples(signs, signs).map(lambda between: "".join(
    part for pair in zip(PIECES, (*between, ""), strict=True) for part in pair
))  # fmt: skip
EACH = [chr(code) for code in range(0x20, 0x7F)]


Spell = Callable[[str], str]


def encoded(password: str) -> str:
    return quote(password, safe="")


def as_typed(password: str) -> str:
    """The password as it is, but for a % that would be read as the beginning of %XX."""
    return re.sub("%(?=[0-9A-Fa-f]{2})", "%25", password)


SPELLINGS = [encoded, as_typed]


def url_of(typed: str, place: str = "db.lan:6543/kling?sslmode=disable") -> str:
    return f"postgresql://bot:{typed}@{place}"


def leaks(text: str) -> bool:
    return any(piece in text for piece in PIECES)


@pytest.fixture(scope="module")
def nobody_there() -> Iterator[str]:
    """Host and port of this machine at which nothing answers, for as long as the test runs."""
    with refusing_port() as port:
        yield f"127.0.0.1:{port}"


@pytest.mark.parametrize("sign", EACH)
@pytest.mark.parametrize("spell", SPELLINGS)
def test_every_sign_may_stand_in_a_password(sign: str, spell: Spell) -> None:
    """Alone or repeated, as it is or as %XX: host, port and name are read as they are."""
    password = f"{PIECES[0]}{sign}{PIECES[1]}{sign * 2}{PIECES[2]}"
    address = parse_address(url_of(spell(password)))
    assert isinstance(address, PostgresqlAddress)
    assert (address.user, address.password) == ("bot", password)
    assert (address.host, address.port, address.database) == ("db.lan", 6543, "kling")
    assert address.options == {"sslmode": "disable"}


@given(passwords, st.sampled_from(SPELLINGS))
def test_a_password_is_in_no_output(password: str, spell: Spell) -> None:
    """Not where the settings are shown, nor in a log that holds the URL in any spelling."""
    url = url_of(spell(password))
    made = load_settings(None, {"KLINGBOT_STORAGE__URL": url})
    shown = made.storage.shown_url
    assert shown == "postgresql://db.lan:6543/kling"
    texts = [repr(made), str(made.model_dump()), repr(made.storage.address), shown]
    assert not any(map(leaks, texts))
    redactor = Redactor(made.secrets())
    logged = [url, spell(password), password, repr(url), json.dumps({"url": url}), f"<{url}>"]
    assert not any(leaks(redactor.text(text)) for text in logged)


@given(passwords, st.sampled_from(SPELLINGS))
def test_a_url_is_hidden_even_where_its_password_was_not_told(password: str, spell: Spell) -> None:
    """The shape of a database's URL is enough, up to the first space."""
    url = url_of(spell(password).replace(" ", "").replace('"', "").replace("'", ""))
    url = url.replace("<", "").replace(">", "")
    assert not leaks(Redactor().text(f"cannot reach {url} now"))


@given(passwords)
@example(f"{PIECES[0]}/{PIECES[1]}#{PIECES[2]}")
@example(f"{PIECES[0]}@{PIECES[1]}?{PIECES[2]}")
@settings(max_examples=30)
def test_the_doctor_shows_no_password(nobody_there: str, password: str) -> None:
    """A server that does not answer is named by its host; so is it by what ends the process."""
    for spell in SPELLINGS:
        url = url_of(spell(password), f"{nobody_there}/kling")
        made = load_settings(None, {"KLINGBOT_STORAGE__URL": url})
        (finding,) = asyncio.run(examine_database(made.storage))
        assert nobody_there in finding.what
        assert not leaks(finding.what + finding.fix)
        with pytest.raises(StorageUnavailable) as refused:
            asyncio.run(_open(url))
        assert not leaks(explain(refused.value, AS_MODULE))


async def _open(url: str) -> None:
    async with open_database(url, owner="test", beside=True):
        pass


@given(passwords, st.sampled_from([*EACH, "", "[", "%ff", ":x", "?a=b", "?password=a@b", "/a/b"]))
def test_a_refusal_repeats_nothing(password: str, ending: str) -> None:
    """Whatever is wrong with the URL: the words about it hold no piece of it."""
    urls = [
        f"postgres:{password}",
        url_of(password, f"[{ending}"),
        url_of(password, f"host/{ending}name?{ending}=1"),
        f"postgresql://host/name?password={password}{ending}@x",
        f"postgresql://host:{password.replace('@', '')}/name",
        f"postgresql://host/name?{password}={password}",
        f"postgresql://host/name?sslmode={password}",
    ]
    assert not any(leaks(said_of(url)) for url in urls)


def said_of(url: str) -> str:
    """What is shown of the URL, or the words with which it is refused."""
    try:
        return load_settings(None, {"KLINGBOT_STORAGE__URL": url}).storage.shown_url
    except SettingsInvalid as refused:
        return str(refused)


@pytest.mark.parametrize("name", ["password", "user"])
def test_what_libpq_takes_as_an_option_is_taken(name: str) -> None:
    """User and password may come after the `?`, and the password is a secret there too."""
    address = parse_address(f"postgresql:///kling?host=/run/pg&{name}=a%2Fb")
    assert isinstance(address, PostgresqlAddress)
    assert (address.host, getattr(address, name)) == ("/run/pg", "a/b")
    assert ("a/b" in address.secrets) is ("a%2Fb" in address.secrets) is (name == "password")


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgres://u:p@db/kling", "postgresql://db/kling"),
        ("postgresql://[::1]:5432/kling", "postgresql://[::1]:5432/kling"),
        ("postgresql://%2Frun%2Fpg/kling", "postgresql:///run/pg/kling"),
        ("postgresql:///", "postgresql:///"),
        ("sqlite:///data/kling.db", "sqlite:///data/kling.db"),
        ("sqlite:////var/ü#1.db", "sqlite:////var/ü#1.db"),
    ],
)
def test_what_is_shown_leads_to_the_place(url: str, shown: str) -> None:
    """Host, port and name, or the file: enough to know which database is meant."""
    assert parse_address(url).shown == shown


@pytest.mark.parametrize(
    "url",
    [
        "sqlite:///kling.db?mode=ro",
        "sqlite:///k\x00.db",
        "postgresql://u:p@h:0/d",
        "postgresql://u:p@h:65536/d",
        "postgresql://u:p@h/d/e",
        "postgresql://u:p@h/d?channel_binding=on",
        "postgresql://u:p@h/d?sslmode=on",
        "postgresql://u:p@h/d?ssl=maybe",
        "postgresql://u:p@h/d?connect_timeout=soon",
        "postgresql://u:p@h/d?target_session_attrs=writable",
        "postgresql://u:p@h/d?client_encoding=latin1",
        "postgresql://u:%ff@h/d",
        "postgresql://h/d?application_name=me@here",
        "postgresql://h:5432/d?password=a@b",
    ],
)
def test_what_cannot_be_meant_is_refused(url: str) -> None:
    """Before anything is opened, by the key of the setting."""
    with pytest.raises(SettingsInvalid, match=r"^storage\.url: "):
        load_settings(None, {"KLINGBOT_STORAGE__URL": url})


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    """No text ends in anything but an address or words."""
    for prefix in ("", "sqlite:///", "postgresql://", "postgresql://u:p@h/"):
        with contextlib.suppress(ValueError):
            parse_address(prefix + text)
