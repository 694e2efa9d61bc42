"""The table of what servers and members set, and what holds for a visitor."""

import pytest
from discord import app_commands
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.requests import ImageRequest, VideoRequest
from bot.domain.rules.defaults import with_defaults
from bot.domain.rules_of_place import RulesOfPlace, Value, Visitor
from bot.domain.server_settings import (
    BY_NAME,
    DEFAULT_SET,
    SERVER_SETTINGS,
    ServerSetting,
    Takes,
    hundredths,
    sub_commands,
)
from bot.errors import Problem
from bot.messages.translations import LANGUAGES, load_translations
from cogs.settings import make_group
from storage.job import Pack
from storage.standing import Block, Scope, Set, Standing
from tests.harness.models import CATALOGUE

WORDS = load_translations(strict=True)
SERVER, CHANNEL, PARENT, ROLE, OTHER_ROLE, MEMBER = 1, 2, 3, 4, 5, 6
NAMES = {
    "notices", "video_units", "image_units", "allowed", "video_model", "image_model", "mode",
    "aspect_ratio", "spoiler", "own_media", "private", "showcase", "showcase_stars",
}  # fmt: skip
"""Names under which values are stored: renaming one would lose what was set."""


def missing(table: tuple[ServerSetting, ...]) -> list[str]:
    """Return each place that lacks something that a setting needs."""
    keys = [f"server_setting.{setting.name}" for setting in table]
    for setting in table:
        for path in setting.at.values():
            if path and path != DEFAULT_SET:
                key = f"settings_{path.replace(' ', '_')}"
                keys += [f"command.{key}.description", f"parameter.{key}.{setting.option}"]
    return [
        f"bot/messages/locales/{language}.toml: {key}"
        for language in LANGUAGES
        for key in dict.fromkeys(keys)
        if key not in WORDS.keys(language)
    ]


def rules(*values: Set, blocks: tuple[Block, ...] = (), **visitor: object) -> RulesOfPlace:
    """Return what holds for a member with a role, in a thread of a channel."""
    who: dict[str, object] = {
        "user_id": MEMBER,
        "guild_id": SERVER,
        "channels": (CHANNEL, PARENT),
        "roles": frozenset({ROLE}),
        **visitor,
    }
    return RulesOfPlace(Visitor(**who), Standing(values, blocks))  # type: ignore[arg-type] # a test's visitor


def test_every_setting_has_its_words() -> None:
    """Its name, its sub-command and its option are there in each language."""
    assert missing(SERVER_SETTINGS) == []


def test_no_words_linger() -> None:
    """Words for settings and sub-commands that were renamed or dropped are gone."""
    commands = {command.qualified_name: command for command in make_group().walk_commands()}
    keys = {name.replace(" ", "_"): command for name, command in commands.items()}
    wanted = {f"server_setting.{name}" for name in NAMES}
    for key, command in keys.items():
        wanted.add(f"command.{key}.description")
        if isinstance(command, app_commands.Command):
            wanted |= {f"parameter.{key}.{option.name}" for option in command.parameters}
    written = WORDS.keys("en-US")
    prefixes = ("server_setting.", "parameter.settings_", "command.settings_")
    assert {key for key in written if key.startswith(prefixes)} == wanted


def test_what_a_new_setting_lacks_is_named() -> None:
    """The test above says which file lacks which key."""
    new = ServerSetting(name="volume", takes=Takes.FLAG, at={Scope.SERVER: "volume"}, option="loud")
    assert missing((*SERVER_SETTINGS, new)) == [
        f"bot/messages/locales/{language}.toml: {key}"
        for language in LANGUAGES
        for key in (
            "server_setting.volume",
            "command.settings_volume.description",
            "parameter.settings_volume.loud",
        )
    ]


def test_names_are_kept() -> None:
    """Each name is there once; every sub-command that sets something comes from the table."""
    assert {setting.name for setting in SERVER_SETTINGS} == NAMES == set(BY_NAME)
    assert len(SERVER_SETTINGS) == len(NAMES)
    paths = [sub.path for sub in sub_commands()]
    assert len(paths) == len(set(paths))


@pytest.mark.parametrize("setting", SERVER_SETTINGS, ids=lambda one: one.name)
@given(text=st.text(max_size=60))
def test_any_text_is_read_or_refused(setting: ServerSetting, text: str) -> None:
    """What is kept reads as itself; anything else is a problem with words, never an exception."""
    read = setting.read(text, CATALOGUE)
    if isinstance(read, Problem):
        assert WORDS.problem(read, "en-US")
    else:
        assert setting.read(read, CATALOGUE) == read


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("0", "0"),
        ("100", "100"),
        ("1e2", "100"),
        (" 0.50 ", "0.5"),
        ("12.34", "12.34"),
        ("-0", "0"),
    ],
)
def test_units_are_kept_as_plain_numbers(text: str, kept: str) -> None:
    """However it is written, a number of units is one text, and whole hundredths."""
    assert BY_NAME["video_units"].read(text, CATALOGUE) == kept
    assert hundredths("12.34") == 1234


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("-1", "number_range"),
        ("-0.01", "number_range"),
        ("1000000000.01", "number_range"),
        ("1e400", "number_range"),
        ("9" * 60, "number_range"),
        ("0.001", "units_too_fine"),
        ("1e-30", "units_too_fine"),
        ("nan", "not_a_number"),
        ("inf", "not_a_number"),
        ("ten", "not_a_number"),
        ("", "not_a_number"),
    ],
)
def test_impossible_units_are_refused(text: str, code: str) -> None:
    """Negative, huge, too fine or no number at all: each with its own words."""
    read = BY_NAME["video_units"].read(text, CATALOGUE)
    assert isinstance(read, Problem)
    assert read.code == code
    assert WORDS.problem(read, "zh-CN")


def test_the_nearest_value_holds() -> None:
    """A member's own, then the thread's, its channel's, the server's, and what is built in."""
    order = [
        Set("member", MEMBER, "mode", "a"),
        Set("channel", CHANNEL, "mode", "b"),
        Set("channel", PARENT, "mode", "c"),
        Set("server", SERVER, "mode", "d"),
    ]
    others = [
        Set("member", MEMBER + 9, "mode", "x"),
        Set("channel", 99, "mode", "y"),
        Set("role", ROLE, "mode", "z"),
    ]
    for n, expected in enumerate(order):
        found = rules(*order[n:], *others).value("mode")
        assert (found.value, found.source) == (expected.value, expected.scope)
    assert rules(*others).value("mode").value == ""
    assert rules().is_on("own_media")
    assert not rules(Set("server", SERVER, "own_media", "false")).is_on("own_media")
    assert rules(Set("server", SERVER, "of_a_newer_version", "1")).value("mode").source is None


def test_of_several_roles_the_highest_limit_counts() -> None:
    """Roles without a limit of their own change nothing; packs are apart."""
    limits = [
        Set("role", ROLE, "video_units", "2.5"),
        Set("role", OTHER_ROLE, "video_units", "40"),
        Set("server", SERVER, "image_units", "0"),
    ]
    both = rules(*limits, roles=frozenset({ROLE, OTHER_ROLE, 77}))
    assert both.role_units(Pack.VIDEO) == 4000
    assert rules(*limits).role_units(Pack.VIDEO) == 250
    assert rules(*limits).role_units(Pack.IMAGE) is None
    assert rules(*limits).server_units(Pack.IMAGE) == 0
    assert rules(*limits).server_units(Pack.VIDEO) is None


def refused(made: RulesOfPlace) -> str | None:
    problem = made.not_here()
    return None if problem is None else problem.code


def test_once_a_channel_is_allowed_others_are_not() -> None:
    """A thread follows its channel unless it has a rule of its own; "off" refuses one channel."""
    assert refused(rules()) is None
    assert refused(rules(Set("channel", PARENT, "allowed", "true"))) is None
    assert refused(rules(Set("channel", 99, "allowed", "true"))) == "channel_not_allowed"
    assert refused(rules(Set("channel", 99, "allowed", "false"))) is None
    assert refused(rules(Set("channel", PARENT, "allowed", "false"))) == "channel_not_allowed"
    own = Set("channel", CHANNEL, "allowed", "true")
    assert refused(rules(own, Set("channel", PARENT, "allowed", "false"))) is None


def test_once_a_role_is_allowed_others_are_not() -> None:
    """One allowed role is enough; "off" refuses the members of one role."""
    assert refused(rules(Set("role", ROLE, "allowed", "true"))) is None
    assert refused(rules(Set("role", OTHER_ROLE, "allowed", "true"))) == "role_not_allowed"
    assert refused(rules(Set("role", ROLE, "allowed", "false"))) == "role_not_allowed"
    both = [Set("role", ROLE, "allowed", "false"), Set("role", OTHER_ROLE, "allowed", "true")]
    assert refused(rules(*both, roles=frozenset({ROLE, OTHER_ROLE}))) is None


def test_what_names_a_deleted_channel_or_role_has_no_effect() -> None:
    """Else one deleted channel would shut the whole server out."""
    gone = [
        Set("channel", 99, "allowed", "true"),
        Set("role", 98, "allowed", "true"),
        Set("server", SERVER, "notices", "99"),
    ]
    there = frozenset({CHANNEL, PARENT, ROLE})
    assert refused(rules(*gone, there=there)) is None
    assert rules(*gone, there=there).notices() is None
    assert refused(rules(*gone)) == "channel_not_allowed"
    assert rules(*gone).notices() == 99


def test_a_block_is_told_with_its_reason() -> None:
    """The operator's block comes first, whatever the managers' says."""
    managers = Block(SERVER, by_operator=False, reason="spam")
    assert rules().blocked() is None
    assert rules(blocks=(managers,)).blocked() == Problem("blocked_why", {"reason": "spam"})
    both = rules(blocks=(managers, Block(0, by_operator=True)))
    assert both.blocked() == Problem("blocked_by_operator")


def test_a_default_fills_in_only_what_was_left_out_and_fits() -> None:
    """Nobody is refused for a value that they did not choose."""
    values = {"mode": "pro", "aspect_ratio": "9:16"}

    def value_of(name: str) -> Value:
        return Value(values[name], Scope.SERVER) if name in values else Value("")

    def filled(request: VideoRequest | ImageRequest) -> VideoRequest | ImageRequest:
        made, used = with_defaults(CATALOGUE, request, {}, value_of)
        filled_in = {name: getattr(made, name) for name in used}
        assert filled_in == {name: values[name] for name in used}
        assert set(used.values()) <= {"server"}
        assert isinstance(made, VideoRequest | ImageRequest)
        return made

    both = next(m for m in CATALOGUE.video if "pro" in m.modes and "9:16" in m.ratios and m.text)
    made = filled(VideoRequest(prompt="a fox", model=both.name))
    assert isinstance(made, VideoRequest)
    assert (made.mode, made.aspect_ratio) == ("pro", "9:16")
    chosen = filled(VideoRequest(prompt="a fox", model=both.name, mode="std"))
    assert isinstance(chosen, VideoRequest)
    assert chosen.mode == "std"
    pictured = filled(VideoRequest(prompt="a fox", model=both.name, image=True))
    assert pictured.aspect_ratio is None
    values["mode"] = "4k"
    plain = next(m for m in CATALOGUE.video if "4k" not in m.modes and m.text)
    made = filled(VideoRequest(prompt="a fox", model=plain.name))
    assert isinstance(made, VideoRequest)
    assert made.mode is None
    assert filled(ImageRequest(prompt="a fox", model="kling-v2")).aspect_ratio == "9:16"
