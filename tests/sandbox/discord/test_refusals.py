"""What Discord refuses although no schema says so, and that good forms pass."""

from typing import Any

import pytest

from sandbox.discord import Interaction
from tests.harness.discord_scene import Api, Scene, field_codes

V2 = 1 << 15
BUTTON = {"type": 2, "style": 1, "label": "Go", "custom_id": "go"}
TEXT = {"type": 10, "content": "hello"}


def row(*parts: dict[str, Any]) -> dict[str, Any]:
    return {"type": 1, "components": list(parts)}


def select(**more: Any) -> dict[str, Any]:
    options = [{"label": "One", "value": "1"}, {"label": "Two", "value": "2"}]
    return row({"type": 3, "custom_id": "pick", "options": options} | more)


BAD_MESSAGES: dict[str, tuple[dict[str, Any], str, str]] = {
    "content over 2000": ({"content": "x" * 2001}, "content", "BASE_TYPE_BAD_LENGTH"),
    "nonce over 25": ({"content": "x", "nonce": "n" * 26}, "nonce", "BASE_TYPE_BAD_LENGTH"),
    "eleven embeds": ({"embeds": [{"title": "x"}] * 11}, "embeds", "BASE_TYPE_BAD_LENGTH"),
    "embeds over 6000 together": (
        {"embeds": [{"description": "x" * 3001}] * 2},
        "embeds",
        "MAX_EMBED_SIZE_EXCEEDED",
    ),
    "embed title over 256": (
        {"embeds": [{"title": "x" * 257}]},
        "embeds.0.title",
        "BASE_TYPE_BAD_LENGTH",
    ),
    "embed field without value": (
        {"embeds": [{"fields": [{"name": "x", "value": ""}]}]},
        "embeds.0.fields.0.value",
        "BASE_TYPE_BAD_LENGTH",
    ),
    "parse with users": (
        {"content": "x", "allowed_mentions": {"parse": ["users"], "users": ["1"]}},
        "allowed_mentions",
        "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE",
    ),
    "custom id twice": (
        {"content": "x", "components": [row(BUTTON, BUTTON)]},
        "components.0.components.1.custom_id",
        "COMPONENT_CUSTOM_ID_DUPLICATED",
    ),
    "button without custom id": (
        {"content": "x", "components": [row({"type": 2, "style": 1, "label": "Go"})]},
        "components.0.components.0.custom_id",
        "BASE_TYPE_REQUIRED",
    ),
    "link button without url": (
        {"content": "x", "components": [row({"type": 2, "style": 5, "label": "Go"})]},
        "components.0.components.0.url",
        "BASE_TYPE_REQUIRED",
    ),
    "button with custom id and url": (
        {"content": "x", "components": [row(BUTTON | {"url": "https://example.com"})]},
        "components.0.components.0.url",
        "BUTTON_COMPONENT_CUSTOM_ID_URL_MUTUALLY_EXCLUSIVE",
    ),
    "button without a face": (
        {"content": "x", "components": [row({"type": 2, "style": 1, "custom_id": "a"})]},
        "components.0.components.0",
        "BUTTON_COMPONENT_INVALID",
    ),
    "label over 80": (
        {"content": "x", "components": [row(BUTTON | {"label": "x" * 81})]},
        "components.0.components.0.label",
        "BASE_TYPE_BAD_LENGTH",
    ),
    "six buttons in a row": (
        {
            "content": "x",
            "components": [row(*(BUTTON | {"custom_id": str(n)} for n in range(6)))],
        },
        "components.0.components",
        "COMPONENT_LAYOUT_WIDTH_EXCEEDED",
    ),
    "six rows": (
        {"content": "x", "components": [row(BUTTON | {"custom_id": str(n)}) for n in range(6)]},
        "components",
        "BASE_TYPE_BAD_LENGTH",
    ),
    "select without options": (
        {"content": "x", "components": [select(options=[])]},
        "components.0.components.0.options",
        "BASE_TYPE_REQUIRED",
    ),
    "select value twice": (
        {"content": "x", "components": [select(options=[{"label": "a", "value": "1"}] * 2)]},
        "components.0.components.0.options.1.value",
        "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED",
    ),
    "select of more than it has": (
        {"content": "x", "components": [select(max_values=3)]},
        "components.0.components.0.max_values",
        "SELECT_COMPONENT_MAX_VALUES",
    ),
    "V2 component without the flag": (
        {"components": [TEXT]},
        "components.0.type",
        "UNION_TYPE_CHOICES",
    ),
    "V2 with content": (
        {"content": "x", "components": [TEXT], "flags": V2},
        "content",
        "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2",
    ),
    "over 40 components": (
        {"components": [TEXT] * 30 + [{"type": 17, "components": [TEXT] * 10}], "flags": V2},
        "components",
        "BASE_TYPE_BAD_LENGTH",
    ),
    "V2 text over 4000": (
        {"components": [TEXT | {"content": "x" * 2001}] * 2, "flags": V2},
        "components",
        "BASE_TYPE_BAD_LENGTH",
    ),
    "gallery of a file that is not there": (
        {
            "components": [{"type": 12, "items": [{"media": {"url": "attachment://a.png"}}]}],
            "flags": V2,
        },
        "components",
        "REFERENCED_ATTACHMENT_NOT_FOUND",
    ),
    "embed of a file that is not there": (
        {"embeds": [{"image": {"url": "attachment://a.png"}}]},
        "embeds",
        "REFERENCED_ATTACHMENT_NOT_FOUND",
    ),
    "attachment without its file": (
        {"content": "x", "attachments": [{"id": 0}]},
        "attachments.0.id",
        "BASE_TYPE_CHOICES",
    ),
    "reply to nothing": (
        {"content": "x", "message_reference": {"message_id": "1"}},
        "message_reference",
        "REPLIES_UNKNOWN_MESSAGE",
    ),
}


@pytest.mark.parametrize("case", BAD_MESSAGES)
async def test_bad_messages(scene: Scene, api: Api, case: str) -> None:
    """Each form that Discord refuses is 400/50035 with the code at the field, and is not stored."""
    body, path, code = BAD_MESSAGES[case]
    status, reply = await api.call("POST", f"/channels/{scene.channel.id}/messages", body)
    assert (status, reply["code"]) == (400, 50035)
    assert code in field_codes(reply["errors"])[path]
    assert scene.world.messages(scene.channel) == []


@pytest.mark.parametrize(
    "body", [{}, {"content": " \n"}, {"components": [row(BUTTON)]}, {"flags": V2}]
)
async def test_empty_messages(scene: Scene, api: Api, body: dict[str, Any]) -> None:
    """A message with nothing to see is 50006."""
    status, reply = await api.call("POST", f"/channels/{scene.channel.id}/messages", body)
    assert (status, reply["code"]) == (400, 50006)


@pytest.mark.parametrize(
    "body",
    [
        {"content": "x" * 2000, "components": [row(BUTTON), select()]},
        {"embeds": [{"description": "x" * 3000}] * 2},
        {"components": [{"type": 17, "components": [TEXT, row(BUTTON)]}], "flags": V2},
        {"content": "x", "message_reference": {"message_id": "1", "fail_if_not_exists": False}},
    ],
)
async def test_good_messages(scene: Scene, api: Api, body: dict[str, Any]) -> None:
    """Forms at their limits are stored."""
    status, reply = await api.call("POST", f"/channels/{scene.channel.id}/messages", body)
    assert status == 200
    assert [str(m.id) for m in scene.world.messages(scene.channel)] == [reply["id"]]


def command(**more: Any) -> dict[str, Any]:
    return {"name": "image", "description": "Make an image", "type": 1} | more


def option(name: str = "prompt", **more: Any) -> dict[str, Any]:
    return {"name": name, "description": "What", "type": 3} | more


LONG_CHOICES = [{"name": f"{n:02}" * 30, "value": f"{n:02}" * 30} for n in range(25)]
BAD_COMMANDS: dict[str, tuple[list[dict[str, Any]], str, str]] = {
    "upper case": ([command(name="Image")], "0.name", "APPLICATION_COMMAND_INVALID_NAME"),
    "required after optional": (
        [command(options=[option("a"), option("b", required=True)])],
        "0.options.1",
        "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID",
    ),
    "no description": ([command(description="")], "0.description", "BASE_TYPE_REQUIRED"),
    "too much text": (
        [command(options=[option(f"o{n}", choices=LONG_CHOICES) for n in range(3)])],
        "0",
        "APPLICATION_COMMAND_TOO_LARGE",
    ),
    "name twice": ([command(), command()], "1.name", "APPLICATION_COMMANDS_DUPLICATE_NAME"),
    "26 options": (
        [command(options=[option(f"o{n}") for n in range(26)])],
        "0.options",
        "BASE_TYPE_BAD_LENGTH",
    ),
    "choices with autocomplete": (
        [command(options=[option(autocomplete=True, choices=[{"name": "a", "value": "a"}])])],
        "0.options.0.autocomplete",
        "APPLICATION_COMMAND_AUTOCOMPLETE_CHOICES",
    ),
    "context menu with description": (
        [{"name": "Use this", "type": 3, "description": "x"}],
        "0.description",
        "APPLICATION_COMMAND_CONTEXT_MENU_DESCRIPTION_NOT_ALLOWED",
    ),
    "16 message menus": (
        [{"name": f"Use {n}", "type": 3} for n in range(16)],
        "",
        "APPLICATION_COMMANDS_MAX",
    ),
}


@pytest.mark.parametrize("case", BAD_COMMANDS)
async def test_bad_commands(scene: Scene, api: Api, case: str) -> None:
    """Each command that Discord refuses is refused at its field, and nothing is registered."""
    body, path, code = BAD_COMMANDS[case]
    url = f"/applications/{scene.world.bot.id}/commands"
    status, reply = await api.call("PUT", url, body)
    assert (status, reply["code"]) == (400, 50035)
    assert code in field_codes(reply["errors"])[path]
    assert scene.world.commands == []


BAD_ANSWERS: dict[str, tuple[dict[str, Any], str]] = {
    "deferral with V2": ({"type": 5, "data": {"flags": V2}}, "data.flags"),
    "modal with six rows": (
        {
            "type": 9,
            "data": {
                "title": "t",
                "custom_id": "m",
                "components": [
                    row({"type": 4, "custom_id": str(n), "label": "l", "style": 1})
                    for n in range(6)
                ],
            },
        },
        "data.components",
    ),
    "update without a message": ({"type": 7, "data": {"content": "x"}}, "type"),
    "choices for a command": ({"type": 8, "data": {"choices": []}}, "type"),
    "content over 2000": ({"type": 4, "data": {"content": "x" * 2001}}, "content"),
}


async def start(scene: Scene, api: Api) -> Interaction:
    url = f"/applications/{scene.world.bot.id}/commands"
    await api.call("PUT", url, [command()])
    return await scene.world.slash(scene.member, scene.channel, "image")


@pytest.mark.parametrize("case", BAD_ANSWERS)
async def test_bad_answers(scene: Scene, api: Api, case: str) -> None:
    """A first response that Discord refuses leaves the interaction unanswered."""
    body, path = BAD_ANSWERS[case]
    used = await start(scene, api)
    url = f"/interactions/{used.id}/{used.token}/callback"
    status, reply = await api.call("POST", url, body)
    assert (status, reply["code"]) == (400, 50035)
    assert path in field_codes(reply["errors"])
    assert used.answer is None
    assert (await api.call("POST", url, {"type": 5}))[0] == 204
