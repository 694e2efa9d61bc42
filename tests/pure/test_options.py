"""What belongs to an option and is not derived from its declaration: each place that lacks it."""

import ast
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

import pytest

import bot
from bot.domain.options import Media, Option, Takes, declared
from bot.domain.requests import (
    REQUESTS,
    EditRequest,
    ImageRequest,
    LipSyncRequest,
    OperationRequest,
    Request,
    StoryboardRequest,
    VideoRequest,
    attached,
    options_of,
)
from bot.domain.rules import check
from bot.domain.rules.values import WRONG_VALUES
from bot.messages.card_settings import chosen_settings
from bot.messages.translations import LANGUAGES, load_translations
from tests.harness.models import CATALOGUE, IMAGE_NAMES, UNKNOWN, VIDEO_NAMES
from tests.harness.requests import EVERY, IDS, OPERATION_REQUESTS, a_value, default_of

WORDS = load_translations(strict=True)
OPTIONS_MAX = 25
"""Discord's limit for a command."""
CHOICES_MAX = 25
"""Discord's limit for an option."""
LENGTHS = {"text_too_long"}
SECONDS = re.compile(r"\bseconds\b|^Length\b")
every_option = pytest.mark.parametrize(("request_", "option"), EVERY, ids=IDS)


def without(language: str, *keys: str) -> list[str]:
    """The keys that a language lacks, with the file in which they belong."""
    there = WORDS.keys(language)
    return [f"bot/messages/locales/{language}.toml: {key}" for key in keys if key not in there]


def described(request: type[Request], option: Option, name: str) -> str:
    """The key of what Discord says about an option."""
    return f"option.{'every' if option.of_every else request.kind}.{name}.description"


def a_request(request: type[Request], model: str = UNKNOWN) -> Request:
    """A request of a kind with nothing set that may be left out."""
    if request is LipSyncRequest:
        return LipSyncRequest("https://example.com/a.mp4")
    if request is StoryboardRequest:
        return StoryboardRequest("a fox", model=model)
    if request is EditRequest:
        return EditRequest("a fox", model, video_url="https://example.com/a.mp4")
    if request.kind in OPERATION_REQUESTS:
        made: OperationRequest = replace(OPERATION_REQUESTS[request.kind], model=model)
        return made
    plain: type[VideoRequest | ImageRequest] = request  # type: ignore[assignment] # the other two
    return plain(prompt="a fox", model=model)


@pytest.mark.parametrize("language", LANGUAGES)
@every_option
def test_every_option_is_described(request_: type[Request], option: Option, language: str) -> None:
    """Each name that Discord shows has words in each language."""
    keys = [described(request_, option, name) for name in option.names]
    assert not without(language, *keys)


@pytest.mark.parametrize("language", LANGUAGES)
@every_option
def test_every_choice_has_a_name(request_: type[Request], option: Option, language: str) -> None:
    """What is chosen from is named; a ratio speaks for itself."""
    named = [value for value in option.choices if ":" not in value]
    assert not without(language, *(f"choice.{option.name}.{value}" for value in named))


@pytest.mark.parametrize("language", LANGUAGES)
@every_option
def test_every_setting_has_a_name(request_: type[Request], option: Option, language: str) -> None:
    """What the card lists is called something there."""
    if option.on_card and not option.file:
        assert not without(language, f"setting.{option.name}")


def test_nothing_is_named_that_is_no_option() -> None:
    """Words for options, choices and settings that were renamed or dropped do not linger."""
    wanted = {
        *(described(r, o, name) for r, o in EVERY for name in o.names),
        *(f"choice.{o.name}.{value}" for _, o in EVERY for value in o.choices if ":" not in value),
        *(f"setting.{o.name}" for _, o in EVERY if (o.on_card or o.of_every) and not o.file),
    }
    written = {
        key for key in WORDS.keys("en-US") if key.startswith(("option.", "choice.", "setting."))
    }
    assert written == wanted


@pytest.mark.parametrize("request_", REQUESTS.values())
def test_a_command_fits_discord(request_: type[Request]) -> None:
    """At most 25 options, each name once, each with at most 25 choices."""
    options = options_of(request_)
    names = [name for option in options for name in option.names]
    assert len(set(names)) == len(names) <= OPTIONS_MAX
    assert all(len(option.choices) <= CHOICES_MAX for option in options)


@pytest.mark.parametrize("request_", REQUESTS.values())
def test_everything_can_be_private(request_: type[Request]) -> None:
    """Each command that makes something has the option, as its last one."""
    last = options_of(request_)[-1]
    assert (last.name, last.takes, last.required) == ("private", Takes.FLAG, False)


@every_option
def test_a_value_that_is_set_is_on_the_card(request_: type[Request], option: Option) -> None:
    """Unless it is left out on purpose, the card says what was chosen, and only that."""
    request = replace(a_request(request_), **{option.field: a_value(option)})
    names = [setting.name for setting in chosen_settings(request)]
    assert (option.name in names) is (option.on_card and not option.file)


@every_option
def test_a_file_is_known_by_its_option(request_: type[Request], option: Option) -> None:
    """What a request was made from is what must still be there to make it again."""
    request = replace(a_request(request_), **{option.field: a_value(option)})
    assert (option.name in attached(request)) is (option.file is not None)


@every_option
def test_an_impossible_value_is_one_problem(request_: type[Request], option: Option) -> None:
    """Whatever the model, a wrong value is told once, with the option it belongs to."""
    wrong: Any = {
        Takes.TEXT: "?" if option.choices else "x" * ((option.longest or 0) + 1),
        Takes.WHOLE: (option.least or 0) - 1,
        Takes.NUMBER: float("nan"),
    }.get(option.takes)
    if wrong is None or not (option.choices or option.longest or option.takes is not Takes.TEXT):
        return
    for model in [*VIDEO_NAMES, *IMAGE_NAMES] if request_ is not LipSyncRequest else [UNKNOWN]:
        request = replace(a_request(request_, model), **{option.field: wrong})
        told = [p for p in check(CATALOGUE, request, {}) if p.facts.get("option") == option.name]
        assert [problem.code for problem in told if problem.code in WRONG_VALUES | LENGTHS]
        assert len(told) == 1, (model, told)


def test_an_option_without_a_field_of_its_own_is_used_by_hand() -> None:
    """What Kling is not told as it is goes into something that a step or the encoder makes."""
    folder = Path(bot.__file__).parent
    read = {
        node.attr
        for file in (
            *(folder / "kling").rglob("*.py"),
            *(folder / "jobs").rglob("*.py"),
            folder / "domain" / "storyboards.py",  # makes the shots that are encoded
            *(folder / "domain" / "operations").rglob("*.py"),
            folder / "domain" / "edits.py",  # says what a choice left out means
        )
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute)
    }
    unsent = [option for _, option in EVERY if option.wire is None and not option.file]
    assert unsent
    assert not {option.field for option in unsent} - read


def test_a_declaration_that_no_option_can_have_is_refused_at_the_start() -> None:
    """A type that Discord does not know, or a number without a lower bound, stops the program."""

    class Bytes:
        x: Annotated[bytes | None, Option()] = None

    class Unbound:
        x: Annotated[float | None, Option()] = None

    class Fine:
        length_s: Annotated[int | None, Option(least=1)] = None
        picture: Annotated[bool, Option(file=Media.PICTURE)] = False
        other: int = 0

    for wrong in (Bytes, Unbound):
        with pytest.raises(TypeError, match="x: no option"):
            declared(dataclass(wrong))
    length, picture = declared(dataclass(Fine))
    assert (length.name, length.takes, length.in_seconds) == ("length", Takes.WHOLE, True)
    assert (picture.name, picture.takes, picture.in_seconds) == ("picture", Takes.FILE, False)


def test_a_card_shows_seconds_as_seconds() -> None:
    """A number that Discord describes as a length or in seconds has that unit on the card."""
    lengths = {
        option.in_seconds: option.field
        for request_, option in EVERY
        if option.on_card and option.takes in {Takes.WHOLE, Takes.NUMBER}
        if SECONDS.search(WORDS.template(described(request_, option, option.name), "en-US"))
    }
    assert lengths.keys() == {True}, lengths


@every_option
def test_what_is_not_set_is_not_there(request_: type[Request], option: Option) -> None:
    """An option that may be left out is None, empty or no until it is set."""
    if not option.required and option.field != "model":
        assert default_of(request_, option) in {None, "", (), False}
