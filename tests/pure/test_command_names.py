"""Commands in texts: named by one mechanism, clickable where Discord shows mentions."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.messages.command_names import CommandNames
from bot.messages.translations import (
    LANGUAGES,
    Translations,
    commands_named,
    load_translations,
    placeholders,
)

WORDS = load_translations(strict=True)
KEYS = sorted(WORDS.keys("en-US"))
COMMANDS = {key.split(".")[1] for key in KEYS if key.startswith("command.")}
NO_MENTIONS = (
    "command.", "option.", "choice.", "button.", "select.", "setting.", "card.title.",
    "card.footer", "jobs.id", "help.title", "welcome.title",
)  # fmt: skip
"""Descriptions, labels, menus, titles and footers: Discord shows mentions as they are written."""
BARE = re.compile(rf"(?<![\w/:])/(?:{'|'.join(sorted(COMMANDS))})\b(?! \w+:)")
"""A name that is not followed by an option: `/image prompt: …` is there to be copied."""


def test_the_law_finds_what_it_looks_for() -> None:
    """A bare name is one, and a path, an address or an example to copy is none."""
    found = ["/video", "`/jobs`", "**/image**", "see /help.", "看 `/jobs`。", "/lipsync or"]
    assert all(BARE.search(text) for text in found)
    kept = [
        "`/image prompt: a fox`",
        "https://a.example/video",
        "/videos",
        "a/image",
        "{cmd:video}",
    ]
    assert not any(BARE.search(text) for text in kept)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_names_a_command_barely(language: str) -> None:
    """What can be clicked is `{cmd:…}` in the catalogue; what cannot is plain."""
    texts = {key: WORDS.template(key, language) for key in KEYS}
    plain = [key for key in KEYS if key.startswith(NO_MENTIONS)]
    assert [key for key in plain if commands_named(texts[key])] == []
    assert [key for key in KEYS if key not in plain and BARE.search(texts[key])] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_names_the_same_commands(language: str) -> None:
    """Each of them exists, or is filled in."""
    named = {key: commands_named(WORDS.template(key, language)) for key in KEYS}
    assert named == {key: commands_named(WORDS.template(key, "en-US")) for key in KEYS}
    names = {name for commands in named.values() for name in commands}
    assert all(name.split(" ")[0] in COMMANDS or placeholders(name) for name in names)


def said(ids: dict[str, object], text: str, **facts: str) -> str:
    """Return a text with these ids known."""
    words = Translations({"en-US": {"text": text}}, strict=True)
    words.commands.learn(ids)
    return words.say("text", "en-US", **facts)


def test_a_known_command_can_be_clicked() -> None:
    """Its mention has the name as it is typed, with its subcommands, and the command's id."""
    ids: dict[str, object] = {"video": "123", "settings": "9"}
    assert said(ids, "Use {cmd:video}.") == "Use </video:123>."
    assert said(ids, "Use {cmd:settings budget server}") == "Use </settings budget server:9>"
    assert said(ids, "Use {cmd:{kind}}", kind="video") == "Use </video:123>"


@given(st.none() | st.integers() | st.text(max_size=30) | st.from_regex(r"[0-9]{1,30}"))
def test_only_an_id_is_put_in(id_: object) -> None:
    """Whatever was told as one, a text has a mention of the command or its plain name."""
    names = CommandNames()
    names.learn({"video": id_})
    text = f"{names:video}"
    assert text == "`/video`" or re.fullmatch(r"</video:[0-9]{1,20}>", text)


@pytest.mark.parametrize("id_", [None, 12, "", "1> @everyone", "x", "1" * 21])
def test_what_is_no_id_is_not_shown(id_: object) -> None:
    """Until Discord has told an id, and where it tells something else, the plain name stands."""
    assert said({"video": id_}, "Use {cmd:video}.") == "Use `/video`."
    assert said({}, "Use {cmd:video}.") == "Use `/video`."
