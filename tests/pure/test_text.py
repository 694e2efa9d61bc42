"""The words: complete in both languages, within Discord's limits, and said whatever happens."""

import ast
from pathlib import Path

import pytest

import bot
from bot.domain.operations.table import COMMANDS as OF_OPERATIONS
from bot.errors import Problem
from bot.messages.translations import (
    LANGUAGES,
    Translations,
    language_of,
    load_translations,
    placeholders,
)
from tests.harness.requests import EVERY

WORDS = load_translations(strict=True)
KEYS = sorted(WORDS.keys("en-US"))
COMMANDS = sorted({key.split(".")[1] for key in KEYS if key.startswith("command.")})

BUILT = (
    "problem.", "problem.url_", "card.", "card.title.", "card.note_", "card.price_",
    "card.deducted_", "button.", "jobs.", "pack.", "result.", "help.", "welcome.", "answer.",
    "settings.source.", "settings.units_", "parameter.", "question.title.", "question.left_",
    "button.start_", "form.", "form.prompt.", "card.default_", "voice.", "usage.", "usage.alt_",
    "usage.credit_", "usage.today_", "menu.", "character.",
)  # fmt: skip
"""Prefixes of keys that the code puts together."""
ENDINGS = ("_without_image", "_from", "_least", "_most", "_why", "_limited")
"""Endings of such keys."""
DECLARED = (
    "option.", "choice.", "setting.", "server_setting.", "parameter.settings_", "command.settings_",
    *(f"command.{kind}." for kind in OF_OPERATIONS),
    "parameter.defaults_", "command.defaults_",
)  # fmt: skip
"""Said for what is in a table: `test_options` and `test_server_settings` look after those."""


@pytest.fixture(scope="module")
def literals() -> frozenset[str]:
    """Every text in the code of the product."""
    root = Path(bot.__file__).parents[1]
    files = [
        f for room in ("bot", "cogs", "sandbox", "storage") for f in (root / room).rglob("*.py")
    ]
    trees = [ast.parse(f.read_text(encoding="utf-8")) for f in files if "sandbox" not in f.parts]
    nodes = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Constant)]
    return frozenset(node.value for node in nodes if isinstance(node.value, str))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_every_key(language: str) -> None:
    """No message is told in a language the member does not read."""
    assert sorted(WORDS.keys(language)) == KEYS


def _is_said(key: str, literals: frozenset[str]) -> bool:
    said = key.removesuffix(".one").removesuffix(".other")
    rests = [said.removeprefix(prefix) for prefix in ("", *BUILT) if said.startswith(prefix)]
    words = {rest.removesuffix(ending) for rest in rests for ending in ("", *ENDINGS)}
    return said.startswith(DECLARED) or not words.isdisjoint(literals)


def test_every_message_is_said_somewhere(literals: frozenset[str]) -> None:
    """Its key stands in the code, or ends in a word that does, behind a prefix that is built."""
    assert [key for key in KEYS if not _is_said(key, literals)] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_placeholders_agree(language: str) -> None:
    """A translation tells the same facts, by plain names only, and says something."""
    english = {key: placeholders(WORDS.template(key, "en-US")) for key in KEYS}
    texts = {key: WORDS.template(key, language) for key in KEYS}
    assert {key: placeholders(text) for key, text in texts.items()} == english
    assert all(name.isidentifier() for names in english.values() for name in names)
    assert [key for key, text in texts.items() if not text.strip()] == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("command", COMMANDS)
def test_commands_fit_discord(command: str, language: str) -> None:
    """Descriptions have at most 100 characters, a command at most 8,000 in all."""
    told = [WORDS.say(f"command.{command}.description", language)]
    named = [command]
    for request, option in EVERY:
        if request.kind == command:
            keys = [option.description(command, name) for name in option.names]
            told += [WORDS.say(key, language) for key in keys]
            named += [*option.names, *option.choices]
            named += [WORDS.choice(option.name, value, language) for value in option.choices]
    assert all(1 <= len(text) <= 100 for text in [*told, *named])
    assert sum(map(len, [*told, *named])) <= 8000


def _most_letters(key: str) -> int:
    limits = {"button.": 80, "select.face.option": 100, "select.": 150, "card.title.": 256}
    return next((size for start, size in limits.items() if key.startswith(start)), 500)


@pytest.mark.parametrize("language", LANGUAGES)
def test_controls_and_lines_fit_discord(language: str) -> None:
    """Button 80, option of a menu 100, placeholder 150, any message far below 2,000."""
    texts = {key: WORDS.template(key, language) for key in KEYS}
    assert [key for key, text in texts.items() if len(text) > _most_letters(key)] == []


@pytest.mark.parametrize(
    ("locale", "language"),
    [
        ("zh-CN", "zh-CN"),
        ("zh-TW", "zh-CN"),
        ("zh", "zh-CN"),
        ("en-GB", "en-US"),
        ("de", "en-US"),
        ("", "en-US"),
    ],
)
def test_locales(locale: str, language: str) -> None:
    """Every Chinese reads Chinese, everybody else English."""
    assert language_of(locale) == language
    expected = WORDS.template("busy", language)
    assert WORDS.say("busy", locale) == expected


@pytest.mark.parametrize("language", LANGUAGES)
def test_forms(language: str) -> None:
    """One is said differently from many."""
    one = WORDS.say("jobs.header", language, count=1)
    assert one == WORDS.template("jobs.header.one", language)
    assert "7" in WORDS.say("jobs.header", language, count=7)
    assert "0" in WORDS.say("jobs.header", language, count=0)


def test_facts_are_put_in_as_they_are() -> None:
    """Braces in a fact are letters, and numbers are written shortly."""
    said = WORDS.say("problem.kling_refused", "en-US", message="{0.__class__} {x}")
    assert "“{0.__class__} {x}”" in said
    assert "0.5 is out of range" in WORDS.say(
        "problem.number_range", "en-US", given=0.5, min=1.0, max=2.0
    )
    assert "from 1 to 2." in WORDS.say("problem.number_range", "en-US", given=3, min=1.0, max=2.0)


def test_strict_words_find_mistakes() -> None:
    """In tests a missing message, translation or fact is an error."""
    words = Translations({"en-US": {"a": "{x}", "b": "b"}, "zh-CN": {"a": "{x}"}}, strict=True)
    with pytest.raises(KeyError):
        words.say("nothing", "en-US")
    with pytest.raises(KeyError):
        words.say("b", "zh-CN")
    with pytest.raises(KeyError):
        words.say("a", "en-US")


def test_lenient_words_always_answer() -> None:
    """In production English stands in for a missing translation, a name for a missing fact."""
    words = Translations({"en-US": {"a": "{x} {y}", "b": "b"}, "zh-CN": {}})
    assert words.say("b", "zh-CN") == "b"
    assert words.say("a", "zh-CN", y=1) == "{x} 1"


def test_a_problem_names_its_option_and_the_models_that_can() -> None:
    """Both come from the facts, whatever the problem."""
    problem = Problem("duration", {"model": "m", "given": 7, "allowed": "5, 10", "models": "a, b"})
    assert WORDS.problem(problem, "en-US").endswith(
        "Choose from: 5, 10 s. Models that support this: a, b."
    )
    assert WORDS.problem(problem, "zh-CN").endswith("a, b。")
    named = Problem("not_a_number", {"option": "cfg_scale"})
    assert WORDS.problem(named, "en-US").startswith("`cfg_scale`: ")


def test_a_refusal_of_many_problems_fits_a_message() -> None:
    """What does not fit is counted, so that the list does not look complete."""
    problems = [Problem("image_gap", {"missing": "image_2", "given": "x" * 300})] * 20
    said = WORDS.refusal(problems, "en-US")
    assert len(said) <= 2000
    told = said.count("\n- ")
    assert said.endswith(f"… and {20 - told} more.")
    assert said.startswith("20 things")
    assert WORDS.refusal(problems[:1], "en-US") == WORDS.problem(problems[0], "en-US")


def _first_words(path: Path, functions: set[str]) -> set[str]:
    """The literal first arguments of all calls of the named functions in a module."""
    return {
        node.args[0].value
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name | ast.Attribute)
        and (node.func.id if isinstance(node.func, ast.Name) else node.func.attr) in functions
        and node.args
        and isinstance(node.args[0], ast.Constant)
        and isinstance(node.args[0].value, str)
    }


def _said_in_code(*functions: str) -> set[str]:
    assert bot.__file__ is not None
    modules = Path(bot.__file__).parent.rglob("*.py")
    return {word for path in modules for word in _first_words(path, set(functions))}


def _written() -> set[str]:
    return {key.removesuffix(".one").removesuffix(".other") for key in KEYS}


def test_every_problem_of_the_code_has_words() -> None:
    """A code without a text is a bug."""
    codes = _said_in_code("Problem", "MediaRefused")
    assert len(codes) > 50
    assert {f"problem.{code}" for code in codes} <= _written()


def test_every_message_of_the_code_is_written() -> None:
    """Whatever the code says by its key is in the catalogue, in one form or in two."""
    said = _said_in_code("say", "_say", "_tell_operator")
    assert len(said) > 10
    assert said <= _written()
