"""The words of the page: both languages say the same things, and nothing is said in vain."""

import re
from pathlib import Path

import sandbox.playground as package
from sandbox.discord import refusal
from sandbox.playground import refused

FACT = re.compile(r"\{\w+\}")
PAGE = Path(package.__file__).with_name("page")
TEMPLATE = re.compile(r"say\(`([\w.${}]+)`")
ENTRY = re.compile(r'^  "([\w.]+)": "(.*)",$', re.MULTILINE)


def words(language: str) -> dict[str, str]:
    return dict(ENTRY.findall((PAGE / f"js/words/{language}.js").read_text(encoding="utf-8")))


def test_languages_say_the_same() -> None:
    """Every key is in both languages, with the same facts in it."""
    english, chinese = words("en"), words("zh")
    assert english
    assert english.keys() == chinese.keys()
    for key, phrase in english.items():
        assert sorted(FACT.findall(phrase)) == sorted(FACT.findall(chinese[key])), key


def test_every_refusal_is_translated() -> None:
    """Whatever the server refuses, the Chinese page has words for its reason and its facts."""
    constants = [one for one in vars(refusal).values() if isinstance(one, tuple)]
    discords = {f"discord_{code}": text for _, code, text in constants}
    reasons = refusal.LOCAL_REASONS | refused.REASONS | discords
    chinese = words("refusals-zh")
    assert chinese.keys() == reasons.keys()
    for reason, phrase in chinese.items():
        assert sorted(FACT.findall(phrase)) == sorted(FACT.findall(reasons[reason])), reason
        assert re.search("[\u4e00-\u9fff]", phrase), reason


def test_every_word_is_said() -> None:
    """Each key is in the page's code, or what a key is put together to; one word alone is said."""
    sources = [file for file in (PAGE / "js").rglob("*.js") if file.parent.name != "words"]
    code = "\n".join(file.read_text(encoding="utf-8") for file in sources)
    made = [re.sub(r"\$\{\w+\}", r"\\w+", template) for template in TEMPLATE.findall(code)]
    assert [
        key
        for key in words("en")
        if (f'"{key}"' if "." in key else f'say("{key}"') not in code
        and not any(re.fullmatch(one, key) for one in made)
    ] == []
