"""How the commands look to Discord: names, options, words in every language, suggestions."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bot.domain.requests import REQUESTS
from sandbox.discord import Permission
from storage.job import Kind
from tests.harness.end_to_end import operations_contract as operations
from tests.harness.models import CATALOGUE, IMAGE_MODELS, VIDEO_MODELS
from tests.harness.opening import open_town
from tests.harness.town import Town, card_text, png

CHAT_INPUT = 1
COMMANDS = "/applications/{application_id}/commands"
SUB, GROUP, STRING, INTEGER, BOOLEAN, USER, CHANNEL, ROLE = range(1, 9)
NUMBER, ATTACHMENT = 10, 11
MODES = ["std", "pro", "4k"]
RATIOS = ["16:9", "9:16", "1:1", "21:9", "4:3", "3:4"]
CAMERAS = [
    *("zoom", "pan", "tilt", "roll", "horizontal", "vertical"),
    *("down_back", "forward_up", "right_turn_forward", "left_turn_forward"),
]
PICTURES = {"image": ATTACHMENT} | {f"image_{n}": ATTACHMENT for n in range(2, 11)}
CONTRACT: dict[str, dict[str, int]] = {
    "video": {
        **dict.fromkeys(("prompt", "model", "mode", "aspect_ratio", "negative_prompt"), STRING),
        **dict.fromkeys(("image", "end_image", "middle", "middle_2", "reference"), ATTACHMENT),
        **{f"reference_{n}": ATTACHMENT for n in range(2, 8)},
        "duration": INTEGER,
        "camera": STRING,
        **dict.fromkeys(("cfg_scale", "camera_amount"), NUMBER),
        "sound": BOOLEAN,
    },
    "image": {
        **dict.fromkeys(("prompt", "model", "aspect_ratio", "resolution"), STRING),
        **PICTURES,
        **dict.fromkeys(("n", "series"), INTEGER),
        **dict.fromkeys(("fidelity", "human_fidelity"), NUMBER),
        **dict.fromkeys(("reference", "negative_prompt"), STRING),
    },
    "storyboard": {
        **{f"shot_{n}": STRING for n in range(1, 7)},
        **{f"seconds_{n}": INTEGER for n in range(1, 7)},
        **dict.fromkeys(("model", "mode", "aspect_ratio"), STRING),
        "image": ATTACHMENT,
        "sound": BOOLEAN,
    },
    "edit": {
        **dict.fromkeys(("prompt", "video_url", "use", "model", "mode", "aspect_ratio"), STRING),
        **dict.fromkeys(("video", "image", "image_2", "image_3", "image_4"), ATTACHMENT),
        "keep_sound": BOOLEAN,
        "duration": INTEGER,
    },
    "lipsync": {
        **dict.fromkeys(("video", "audio"), ATTACHMENT),
        **dict.fromkeys(("video_url", "text", "voice"), STRING),
        **dict.fromkeys(("speed", "start", "end", "insert", "volume", "original_volume"), NUMBER),
    },
    **operations.CONTRACT,
    "jobs": {},
    "history": {"search": STRING},
    "mydata": {"export": SUB, "delete": SUB},
    "help": {},
    "usage": {"month": STRING, "member": USER},
    "block": {"member": USER, "reason": STRING},
    "unblock": {"member": USER},
    "defaults": {"set": SUB, "clear": SUB, "show": SUB},
    "settings": {
        "show": SUB,
        "log": SUB,
        "notices": SUB,
        "budget": GROUP,
        "allow": GROUP,
        "default": GROUP,
        "own_media": SUB,
        "showcase": GROUP,
    },
}
for making in REQUESTS.keys() - {Kind.SOUNDTRACK, Kind.CHARACTER}:
    CONTRACT[making]["private"] = BOOLEAN
SUB_COMMANDS = {
    ("show",): {},
    ("log",): {},
    ("notices",): {"channel": CHANNEL},
    ("budget", "server"): {"video": NUMBER, "image": NUMBER},
    ("budget", "role"): {"role": ROLE, "video": NUMBER, "image": NUMBER},
    ("allow", "channel"): {"channel": CHANNEL, "on": BOOLEAN},
    ("allow", "role"): {"role": ROLE, "on": BOOLEAN},
    ("default", "set"): {"name": STRING, "value": STRING, "channel": CHANNEL},
    ("default", "clear"): {"name": STRING, "channel": CHANNEL},
    ("own_media",): {"on": BOOLEAN},
    ("showcase", "set"): {"channel": CHANNEL, "presses": INTEGER},
    ("showcase", "off"): {},
}
"""What `/settings` consists of."""
CHOICES = {
    ("video", "mode"): MODES,
    ("video", "aspect_ratio"): RATIOS,
    ("video", "camera"): CAMERAS,
    ("storyboard", "mode"): MODES,
    ("storyboard", "aspect_ratio"): RATIOS,
    ("edit", "use"): ["edit", "reference"],
    ("edit", "mode"): MODES,
    ("edit", "aspect_ratio"): RATIOS,
    ("image", "aspect_ratio"): ["1:1", "16:9", "9:16", "4:3", "3:4", "3:2", "2:3", "21:9", "auto"],
    ("image", "resolution"): ["1k", "2k", "4k", "8k"],
    ("image", "reference"): ["subject", "face"],
    **operations.CHOICES,
}
RANGES = {
    ("video", "cfg_scale"): (0, 1),
    ("video", "camera_amount"): (-10, 10),
    ("image", "n"): (1, 9),
    ("image", "series"): (2, 10),
    ("image", "fidelity"): (0, 1),
    ("image", "human_fidelity"): (0, 1),
    ("lipsync", "volume"): (0, 2),
    ("lipsync", "original_volume"): (0, 2),
    **operations.RANGES,
}
REQUIRED = {
    ("video", "prompt"),
    ("image", "prompt"),
    ("storyboard", "shot_1"),
    ("edit", "prompt"),
    *operations.REQUIRED,
    ("block", "member"),
    ("unblock", "member"),
}

OMNI_NAMES = {model.name for model in IMAGE_MODELS if model.omni and not model.newer}


def slash_commands(town: Town) -> list[dict[str, Any]]:
    """Return what is typed; what is in the menu of a message has no options."""
    return [one for one in town.discord.commands if one["type"] == CHAT_INPUT]


def options(town: Town) -> dict[tuple[str, str], dict[str, Any]]:
    """Return every registered option by command and name."""
    return {
        (command["name"], option["name"]): option
        for command in slash_commands(town)
        for option in command.get("options", ())
    }


def below(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield a command with everything below it: groups, sub-commands, options."""
    yield node
    for option in node.get("options", ()):
        yield from below(option)


async def test_sub_commands_are_those_of_the_contract(town: Town) -> None:
    """`/settings` is for managers, in servers only, and each of its parts has its options."""
    [settings] = [one for one in town.discord.commands if one["name"] == "settings"]
    found: dict[tuple[str, ...], dict[str, int]] = {}
    for one in settings["options"]:
        parts = one["options"] if one["type"] == GROUP else [one]
        for part in parts:
            path = (one["name"],) if part is one else (one["name"], part["name"])
            found[path] = {o["name"]: o["type"] for o in part.get("options", ())}
    assert found == SUB_COMMANDS
    managers = str(int(Permission.MANAGE_GUILD))
    for command in slash_commands(town):
        only = command["name"] in {"settings", "block", "unblock"}
        assert command["default_member_permissions"] == (managers if only else None)
        assert (command["contexts"] == [0]) is only


async def test_the_parts_of_character_are_those_of_the_contract(town: Town) -> None:
    """It makes something, so that it can be private, and two more parts are about what there is."""
    [group] = [one for one in town.discord.commands if one["name"] == "character"]
    found = {
        one["name"]: {o["name"]: o["type"] for o in one.get("options", ())}
        for one in group["options"]
    }
    assert found == {
        "create": {
            **dict.fromkeys(("name", "description", "video_url"), STRING),
            **dict.fromkeys(("image", "image_2", "image_3", "image_4", "video"), ATTACHMENT),
            **dict.fromkeys(("share", "private"), BOOLEAN),
        },
        "list": {},
        "delete": {"name": STRING},
    }
    [name] = [o for one in group["options"] if one["name"] == "delete" for o in one["options"]]
    assert (name["required"], name["autocomplete"]) == (True, True)


async def test_commands_are_those_of_the_contract(town: Town) -> None:
    """Names, types, choices and ranges are what other programs and people rely on."""
    registered = {
        command["name"]: {o["name"]: o["type"] for o in command.get("options", ())}
        for command in slash_commands(town)
    }
    assert registered == CONTRACT
    found = options(town)
    assert {key for key, option in found.items() if option.get("required")} == REQUIRED
    for key, choices in CHOICES.items():
        assert [choice["value"] for choice in found[key]["choices"]] == choices
    for key, bounds in RANGES.items():
        assert (found[key]["min_value"], found[key]["max_value"]) == bounds
    assert {key for key, o in found.items() if o.get("choices")} == CHOICES.keys()
    assert {key for key, o in found.items() if o.get("autocomplete")} == {
        *((one, "model") for one in ("video", "storyboard", "edit", "image")),
        *operations.SUGGESTED,
    }
    assert {found[one, "prompt"]["max_length"] for one in ("video", "image")} == {2_500}


async def test_every_word_is_there_in_chinese(town: Town) -> None:
    """Descriptions and named choices are translated; names of commands and options stay."""
    nodes = [node for command in slash_commands(town) for node in below(command)]
    assert len(nodes) > 70
    for node in nodes:
        chinese = node["description_localizations"]["zh-CN"]
        assert chinese != node["description"]
        assert any(ord(character) > 0x2E80 for character in chinese), chinese
        assert not node.get("name_localizations")
        assert "." not in node["description"].split(" ")[0], "a key instead of words"
    named = [
        c for o in options(town).values() for c in o.get("choices", ()) if ":" not in c["name"]
    ]
    translated = {c["name"]: c["name_localizations"]["zh-CN"] for c in named}
    assert translated["Zoom"] == "变焦"
    assert translated["Standard"] == "标准"


async def test_commands_are_registered_only_when_they_changed(tmp_path: Path) -> None:
    """A restart registers nothing; Discord limits how often commands may be created."""
    async with open_town(tmp_path) as town:
        for _ in range(2):
            async with town.bot():
                pass
        assert len(town.discord.sent("PUT", COMMANDS)) == 1
        async with town.bot():
            fact = f"commands:{town.discord.bot.id}"
            assert await town.store.fact(fact) is not None
            await town.store.set_fact(fact, "what an earlier version registered")
        async with town.bot():
            assert len(town.discord.sent("PUT", COMMANDS)) == 2


async def suggested(town: Town, command: str, **given: Any) -> list[str]:
    found = await town.discord.autocomplete(town.member, town.channel, command, given, "model")
    assert len(found) <= 25
    assert all(choice["name"].split(" · ")[0] == choice["value"] for choice in found)
    return [choice["value"] for choice in found]


async def test_models_are_suggested_as_they_fit(town: Town) -> None:
    """The default comes first, then what fits the files; what is typed narrows it down."""
    defaults = town.settings.defaults
    names = await suggested(town, "video")
    assert names[0] == defaults.video_model
    last = names[-sum(not model.text for model in VIDEO_MODELS) :]
    assert all((model := CATALOGUE.video_model(name)) is not None and model.image for name in last)
    with_picture = await suggested(town, "video", image=png())
    assert all(
        (model := CATALOGUE.video_model(name)) is not None and model.image for name in with_picture
    )
    whole = next(name for name in names if any(name in other for other in names if other != name))
    assert (await suggested(town, "video", model=f" {whole.upper()} "))[0] == whole
    assert await suggested(town, "video", model="nothing like it") == []
    assert (await suggested(town, "image"))[0] == defaults.image_model
    several = await suggested(town, "image", image=png(), image_2=png())
    assert several[0] == defaults.omni_model
    assert {*several[: len(OMNI_NAMES)]} == OMNI_NAMES


async def test_what_a_model_can_make_decides_which_is_suggested_first(town: Town) -> None:
    """What would be sent leads, and what can't make the series or the size comes last."""
    cited = await suggested(town, "image", prompt="<<<image_1>>> at sea", image=png())
    assert cited[0] == town.settings.defaults.omni_model
    drawing = [model for model in IMAGE_MODELS if model.text and not model.newer]
    story = {model.name for model in drawing if model.series_max >= 4}
    names = await suggested(town, "image", series=4)
    assert {*names[: len(story)]} == story != {*names}
    large = {model.name for model in drawing if "4k" in model.resolutions_text}
    sizes = await suggested(town, "image", resolution="4k")
    assert {*sizes[: len(large)]} == large != {*sizes}
    asked = await town.ask("image", prompt="a story", series=4)
    assert names[0] in card_text(town.card_of(asked))
