"""What libraries other than discord.py send and expect: `make peers` runs two of them."""

import json
from typing import Any

import aiohttp
import pytest

from sandbox.clock import PATIENCE_S
from sandbox.discord import Recorded, Upload
from tests.harness.discord_conformance import load, spec_path
from tests.harness.discord_scene import TOKEN, Api, Scene, field_codes

COMMANDS = "/applications/{}/commands"
GUILDS = 1


async def identified(scene: Scene, token: str, *, as_bytes: bool) -> aiohttp.WSMsgType:
    """Identify on a bare socket; return how the server answered after HELLO."""
    frame = json.dumps({"op": 2, "d": {"token": token, "intents": GUILDS, "properties": {}}})
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(scene.world.gateway_url + "?v=10&encoding=json") as socket,
    ):
        assert (await socket.receive_json())["op"] == 10
        if as_bytes:
            await socket.send_bytes(frame.encode())
        else:
            await socket.send_str(frame)
        answer = await socket.receive(timeout=PATIENCE_S)
        if answer.type is aiohttp.WSMsgType.TEXT:
            assert json.loads(answer.data)["t"] == "READY"
        return answer.type


@pytest.mark.parametrize("as_bytes", [True, False])
@pytest.mark.parametrize("prefix", ["", "Bot "])
async def test_identify_in_every_form(scene: Scene, *, prefix: str, as_bytes: bool) -> None:
    """JSON in binary frames like hikari's, and the token with the word that HTTP needs."""
    answer = await identified(scene, prefix + TOKEN, as_bytes=as_bytes)
    assert answer is aiohttp.WSMsgType.TEXT


async def test_a_wrong_token_stays_wrong(scene: Scene) -> None:
    """The prefix opens nothing by itself."""
    answer = await identified(scene, "Bot wrong", as_bytes=True)
    assert answer is aiohttp.WSMsgType.CLOSE


@pytest.mark.parametrize("nonsense", [b"\xff\xfe", b"[]", b"{", b"7"])
async def test_what_is_no_payload_closes_with_its_code(scene: Scene, nonsense: bytes) -> None:
    """4002: the payload can't be decoded."""
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(scene.world.gateway_url) as socket,
    ):
        await socket.receive_json()
        await socket.send_bytes(nonsense)
        await socket.receive(timeout=PATIENCE_S)
        assert socket.close_code == 4002


async def test_the_gateways_url_needs_no_token(scene: Scene) -> None:
    """`GET /gateway` is open; `/gateway/bot` is not."""
    async with aiohttp.ClientSession() as session:
        async with session.get(scene.world.api_url + "/gateway") as response:
            assert (await response.json())["url"] == scene.world.gateway_url
        async with session.get(scene.world.api_url + "/gateway/bot") as response:
            assert response.status == 401


async def test_commands_one_by_one(scene: Scene, api: Api) -> None:
    """Registered, replaced under the same id, changed, read and deleted; 201 only for a new one."""
    path = COMMANDS.format(scene.world.store.application_id)
    status, first = await api.call("POST", path, {"name": "a", "description": "One"})
    assert status == 201
    status, again = await api.call("POST", path, {"name": "a", "description": "Two"})
    assert (status, again["id"], again["description"]) == (200, first["id"], "Two")
    status, menu = await api.call("POST", path, {"name": "a", "type": 3})
    assert (status, menu["description"]) == (201, "")
    status, changed = await api.call("PATCH", f"{path}/{first['id']}", {"description": "Three"})
    assert (status, changed["description"], changed["name"]) == (200, "Three", "a")
    assert changed["version"] != again["version"]
    status, refused = await api.call("POST", path, {"name": "B", "description": ""})
    assert (status, refused["code"]) == (400, 50_035)
    assert set(field_codes(refused["errors"])) == {"name", "description"}
    assert (await api.call("DELETE", f"{path}/{menu['id']}"))[0] == 204
    assert (await api.call("GET", f"{path}/{menu['id']}"))[1]["code"] == 10_063
    assert await api.call("GET", f"{path}/{first['id']}") == (200, changed)
    assert [command["id"] for command in scene.world.commands] == [first["id"]]


async def test_commands_of_a_server_one_by_one(scene: Scene, api: Api) -> None:
    """They are a list of their own."""
    path = f"/applications/{scene.world.store.application_id}/guilds/{scene.guild.id}/commands"
    status, made = await api.call("POST", path, {"name": "a", "description": "One"})
    assert (status, made["guild_id"]) == (201, str(scene.guild.id))
    assert scene.world.commands == []
    assert await api.call("GET", path) == (200, [made])


async def test_translations_come_only_where_they_are_asked_for(scene: Scene, api: Api) -> None:
    """`with_localizations` decides, down to the choices of an option."""
    path = COMMANDS.format(scene.world.store.application_id)
    choice = {"name": "x", "value": "x", "name_localizations": {"de": "y"}}
    option = {"name": "o", "description": "O", "type": 3, "choices": [choice]}
    body = {"name": "a", "description": "One", "options": [option]}
    await api.call("PUT", path, [body | {"description_localizations": {"de": "Eins"}}])
    _, plain = await api.call("GET", path)
    assert "localizations" not in json.dumps(plain)
    _, whole = await api.call("GET", path + "?with_localizations=true")
    assert whole[0]["description_localizations"] == {"de": "Eins"}
    assert whole[0]["options"][0]["choices"] == [choice]


async def test_a_form_without_files_is_a_message(scene: Scene, api: Api) -> None:
    """`payload_json` urlencoded, as aiohttp sends a form to which no file was added."""
    form = {"payload_json": json.dumps({"content": "hällo & more"})}
    url = f"{scene.world.api_url}/channels/{scene.channel.id}/messages"
    headers = {"Authorization": f"Bot {TOKEN}"}
    async with aiohttp.ClientSession(headers=headers) as session:
        async with session.post(url, data=form) as response:
            assert response.status == 200
        async with session.post(url, data=form | {"content": "x"}) as response:
            assert (response.status, (await response.json())["code"]) == (400, 50_035)
        async with session.post(url, data={"payload_json": "{"}) as response:
            assert (response.status, (await response.json())["code"]) == (400, 50_109)
    assert [message.content for message in scene.channel.messages] == ["hällo & more"]


async def test_every_reply_has_what_discord_describes(scene: Scene, api: Api) -> None:
    """No required key is missing and none has another type: strict libraries read them all."""
    path = spec_path()
    if path is None:
        pytest.skip("Discord's OpenAPI description is not beside the checkout")
    specification = load(path)
    world, guild, channel = scene.world, scene.guild, scene.channel
    replies: list[Recorded] = []
    world.on_request(replies.append)
    application = f"/applications/{world.store.application_id}"
    member, server = scene.member.id, f"/guilds/{guild.id}"
    world.add_role(guild, "painters", scene.member)
    forum = world.add_channel(guild, "gallery", "forum")
    thread = world.add_channel(guild, "sketches", "thread", parent=channel)
    said = await world.say(scene.member, channel, "hello", Upload(b"x", "a.txt"))
    button = {"type": 2, "style": 1, "label": "x", "custom_id": "y"}
    post = {
        "content": "<@0>",
        "embeds": [{"title": "t"}],
        "components": [{"type": 1, "components": [button]}],
        "message_reference": {"message_id": str(said.id)},
    }
    calls: list[tuple[str, str, Any]] = [
        ("GET", "/users/@me", None),
        ("GET", "/users/@me/guilds", None),
        ("GET", "/applications/@me", None),
        ("GET", "/oauth2/applications/@me", None),
        ("GET", f"/users/{member}", None),
        ("GET", "/gateway", None),
        ("GET", "/gateway/bot", None),
        ("GET", "/soundboard-default-sounds", None),
        ("GET", server, None),
        ("GET", f"{server}/channels", None),
        ("GET", f"{server}/roles", None),
        ("GET", f"{server}/members/{member}", None),
        *(("GET", f"/channels/{each.id}", None) for each in (channel, forum, thread)),
        ("POST", "/users/@me/channels", {"recipient_id": str(member)}),
        ("POST", f"/channels/{channel.id}/messages", post),
        ("GET", f"/channels/{channel.id}/messages", None),
        ("GET", f"/channels/{channel.id}/messages/{said.id}", None),
        ("PUT", f"{application}/commands", [{"name": "a", "description": "b"}]),
        ("GET", f"{application}/commands", None),
        ("POST", f"{application}/commands", {"name": "c", "description": "d"}),
    ]
    for method, route, body in calls:
        status, _ = await api.call(method, route, body)
        assert status in (200, 201), route
    assert len(replies) == len(calls)
    assert [text for reply in replies for text in specification.reply_problems(reply)] == []
