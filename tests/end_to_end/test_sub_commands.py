"""Commands with sub-commands: names, options and who is shown them, as the contract has them."""

from tests.end_to_end.test_commands import GROUP, STRING
from tests.harness.town import Town

DEFAULTS = {
    ("set",): {"name": STRING, "value": STRING},
    ("clear",): {"name": STRING},
    ("show",): {},
}
OF_MEMBERS = ["video_model", "image_model", "mode", "aspect_ratio", "private"]


def parts_of(town: Town, name: str) -> dict[tuple[str, ...], dict[str, int]]:
    """Return the options of everything below a command, by its path."""
    [command] = [one for one in town.discord.commands if one["name"] == name]
    found: dict[tuple[str, ...], dict[str, int]] = {}
    for one in command["options"]:
        parts = one["options"] if one["type"] == GROUP else [one]
        for part in parts:
            path = (one["name"],) if part is one else (one["name"], part["name"])
            found[path] = {o["name"]: o["type"] for o in part.get("options", ())}
    return found


async def test_defaults_are_for_everybody_everywhere(town: Town) -> None:
    """`/defaults` sets what is a member's own, and nothing of a server."""
    assert parts_of(town, "defaults") == DEFAULTS
    [command] = [one for one in town.discord.commands if one["name"] == "defaults"]
    for part in command["options"][:2]:
        [name] = [one for one in part["options"] if one["name"] == "name"]
        assert [choice["value"] for choice in name["choices"]] == OF_MEMBERS
