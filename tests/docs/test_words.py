"""The words of docs/glossary.md, where a program can tell whether they are kept."""

import re
from pathlib import Path

import pytest

from bot.messages.translations import load_translations
from storage.job import Venue
from storage.store import Lane

ROOT = Path(__file__).parents[2]
GLOSSARY = ROOT / "docs" / "glossary.md"
TRANSLATIONS = load_translations()
PLAYGROUND = ROOT / "sandbox" / "playground" / "page" / "js" / "words"
PAGES = sorted(path for folder in (ROOT, ROOT / "docs") for path in folder.glob("*.md"))
CODE = re.compile(r"```.*?```|\{cmd:\w+\}|^    .*?$|`[^`\n]*`", re.MULTILINE | re.DOTALL)
OTHER_NAMES = re.compile(r"\b(?:pictures?|clips?|sounds?|addresses|address)\b", re.IGNORECASE)
"""Of what the options call image, video, audio and URL."""
OPTION_OF_THAT_NAME = {"setting.sound", "proposal.sounds"}
CHINESE_OTHER_NAMES = re.compile(
    "主人|所有者|服主|运营者|单位|提问|您|取回|游乐场|Kling(?=[ \u4e00-\u9fff])"
)
"""Of 机器人管理员, 额度, 输入命令, 你, 领取, 演练场 and 可灵."""
CELL_CHARACTERS_MAX = 200


def prose(text: str) -> str:
    """Return a text without the code in it."""
    return CODE.sub("", text)


def members_texts() -> dict[str, str]:
    """Return every English text, of the bot and of the playground's page, by its key."""
    texts = {key: TRANSLATIONS.template(key, "en-US") for key in TRANSLATIONS.keys("en-US")}
    page = (PLAYGROUND / "en.js").read_text(encoding="utf-8")
    return texts | dict(re.findall(r'^  "([\w.]+)": "(.*)",$', page, re.MULTILINE))


def test_members_read_the_words_of_the_options() -> None:
    """Video, image, audio, URL: a text for members has no second name for any of them."""
    texts = members_texts()
    assert len(texts) > 400
    found = {
        key: text
        for key, text in texts.items()
        if OTHER_NAMES.search(prose(text)) and key not in OPTION_OF_THAT_NAME
    }
    assert not found


def test_chinese_has_one_name_for_each_thing() -> None:
    """The bot's administrator, units, pick-up, the playground, Kling and the reader."""
    texts = [TRANSLATIONS.template(key, "zh-CN") for key in TRANSLATIONS.keys("zh-CN")]
    texts += (PLAYGROUND / "zh.js").read_text(encoding="utf-8").splitlines()
    texts += (ROOT / "README.zh-CN.md").read_text(encoding="utf-8").splitlines()
    assert not [text for text in texts if CHINESE_OTHER_NAMES.search(prose(text))]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_pick_up_is_spelled_one_way(page: Path) -> None:
    """The verb is two words and the noun has a hyphen; one word is a name in code."""
    assert not re.findall(r"\bpickups?\b", prose(page.read_text(encoding="utf-8")), re.IGNORECASE)


def test_each_term_is_used() -> None:
    """A term that no page and no module uses has no place in the glossary."""
    pages = [page for page in PAGES if page != GLOSSARY]
    modules = [path for room in ("bot", "cogs", "storage") for path in (ROOT / room).rglob("*.py")]
    used = "\n".join(path.read_text(encoding="utf-8") for path in [*pages, *modules]).lower()
    cells = re.findall(r"^\| (\*\*.+?\*\*) \|", GLOSSARY.read_text("utf-8"), re.MULTILINE)
    terms = [term.lower() for cell in cells for term in cell.strip("*").split(", ")]
    assert len(terms) > 45
    assert [term for term in terms if term not in used] == []


def test_lanes_and_venues_are_those_of_the_code() -> None:
    """Where the glossary counts them up, it counts all of them."""
    page = GLOSSARY.read_text(encoding="utf-8")
    [lanes] = re.findall(r"^\| \*\*lane\*\* \|.*: (.*)\. \|$", page, re.MULTILINE)
    assert lanes.split(", ") == [lane.value for lane in Lane]
    [venues] = re.findall(r"^\| \*\*venue\*\* \|.*: (.*)\. \|$", page, re.MULTILINE)
    assert len(re.sub(r"\(.*?\)", "", venues).split(", ")) == len(Venue)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_no_cell_of_a_table_is_a_page_of_its_own(page: Path) -> None:
    """A table can be read across: its cells stay short."""
    lines = page.read_text(encoding="utf-8").splitlines()
    rows = [line.strip().strip("|") for line in lines if line.startswith("|")]
    cells = [cell.strip() for row in rows for cell in re.split(r"(?<!\\)\|", row)]
    assert not [cell for cell in cells if len(cell) > CELL_CHARACTERS_MAX]


@pytest.mark.parametrize(
    "page", ["README.md", "README.zh-CN.md", "CONTRIBUTING.md", "docs/architecture.md"]
)
def test_the_glossary_is_found(page: str) -> None:
    """Each page that a newcomer reads first leads to it."""
    assert "glossary.md)" in (ROOT / page).read_text(encoding="utf-8")
