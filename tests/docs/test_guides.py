"""The guides for members and for managers: what they name exists, in both languages."""

import re
from pathlib import Path

import pytest
from discord import app_commands

from bot.client import EXTENSIONS, KlingBot
from bot.clock import SystemClock
from bot.messages.translations import load_translations

DOCS = Path(__file__).parents[2] / "docs"
LANGUAGES = {"": "en-US", ".zh-CN": "zh-CN"}
FOR_MANAGERS = {"settings", "block", "unblock"}
LINES_MAX = 300
SPAN = re.compile(r"`([^`\n]+)`")
SHAPE = re.compile(r"^(#+|\||-|\d\.|<picture>) ?", re.MULTILINE)
PICTURE = re.compile(r'(?:srcset|src)="([^"]+)"')
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
LABEL = re.compile(r"_([^_\n]+)_")
EVERY_GUIDE = pytest.mark.parametrize("name", ["members", "managers"])
EVERY_LANGUAGE = pytest.mark.parametrize("language", LANGUAGES, ids=LANGUAGES.values())


def guide(name: str, language: str = "") -> str:
    return (DOCS / f"{name}{language}.md").read_text(encoding="utf-8")


def guides(language: str) -> str:
    """Return both guides, without what is written as code."""
    return SPAN.sub("", guide("members", language) + guide("managers", language))


@EVERY_GUIDE
def test_both_languages_say_the_same(name: str) -> None:
    """The same build, the same commands and the same pictures; only the words differ.

    Those in the pictures, too: Chinese pages show those that are drawn in Chinese.
    """
    english, chinese = guide(name), guide(name, ".zh-CN")
    assert SHAPE.findall(english) == SHAPE.findall(chinese)
    assert sorted(SPAN.findall(english)) == sorted(SPAN.findall(chinese))
    drawn = [name.replace("pictures/", "pictures/zh-CN/") for name in PICTURE.findall(english)]
    shown = zip(drawn, PICTURE.findall(english), strict=True)
    there = [ours if (DOCS / ours).is_file() else name for ours, name in shown]
    assert PICTURE.findall(chinese) == there


@EVERY_GUIDE
@EVERY_LANGUAGE
def test_a_guide_is_short_and_leads_to_what_is_there(name: str, language: str) -> None:
    """Its links and pictures are files, each picture in both themes, with a text for all."""
    text = guide(name, language)
    assert len(text.splitlines()) <= LINES_MAX
    pictures = PICTURE.findall(text)
    assert pictures
    for path in (*pictures, *LINK.findall(text)):
        assert (DOCS / path).is_file(), path
    dark, light = pictures[::2], pictures[1::2]
    assert [one.replace("-dark", "-light") for one in dark] == light
    assert len(re.findall(r'alt="[^"]{20,}"', text)) == len(light)


@EVERY_LANGUAGE
def test_every_button_is_explained(language: str) -> None:
    """What stands on a button is in one of the guides; what is there as a button is one."""
    words, code = load_translations(), LANGUAGES[language]
    said = {key: words.template(key, code) for key in words.keys(code)}
    labels = {text for key, text in said.items() if key.startswith("button.") and "{" not in text}
    shown = set(LABEL.findall(guides(language)))
    assert labels - shown == set()
    assert shown - labels == {said["select.more.placeholder"]}


async def test_every_command_is_explained() -> None:
    """To members what they can use; to managers each sub-command of theirs."""
    async with KlingBot(SystemClock()) as client:
        for extension in EXTENSIONS:
            await client.load_extension(extension)
        commands = [
            one
            for one in client.tree.get_commands()
            if not isinstance(one, app_commands.ContextMenu)
        ]
    members, managers = SPAN.findall(guide("members")), SPAN.findall(guide("managers"))
    named = {span.split()[0] for span in members if span.startswith("/")}
    assert {f"/{one.name}" for one in commands} - named == {f"/{one}" for one in FOR_MANAGERS}
    for group in (one for one in commands if one.name in FOR_MANAGERS):
        leaves = [group] if isinstance(group, app_commands.Command) else group.walk_commands()
        for leaf in leaves:
            if isinstance(leaf, app_commands.Command):
                path = f"/{leaf.qualified_name}"
                assert any(span.startswith(path) for span in managers), path


@pytest.mark.parametrize("page", ["README.md", "README.zh-CN.md"])
def test_the_guides_are_found(page: str) -> None:
    """Each README leads to both, in both languages."""
    text = (DOCS.parent / page).read_text(encoding="utf-8")
    for name in ("members", "managers"):
        for language in LANGUAGES:
            assert f"(docs/{name}{language}.md)" in text
