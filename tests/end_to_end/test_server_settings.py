"""`/settings`, `/block` and `/unblock` through the real discord.py: who may, what holds."""

from typing import Any

import pytest

from sandbox.discord import MEMBER_PERMISSIONS, Interaction, Permission, User
from tests.end_to_end.test_jobs import text_of
from tests.harness.models import VIDEO_MODELS
from tests.harness.town import Town, card_text, png

MAY_NOT = "Manage Server"


def manager(town: Town) -> User:
    more = MEMBER_PERMISSIONS | Permission.MANAGE_GUILD
    return town.discord.add_user("boss", permissions=more)


async def told(town: Town, command: str, by: User, **options: Any) -> str:
    answer = await town.ask(command, by=by, **options)
    assert answer.ephemeral
    return card_text(town.card_of(answer))


async def test_what_managers_set_is_shown_with_its_source_and_logged(town: Town) -> None:
    """Each answer is private and says what holds; the page and the log show all of it."""
    boss, role = manager(town), town.discord.add_role(town.guild, "painters", town.member)
    said = await told(town, "settings budget server", boss, video=120.5)
    assert said.strip() == "**Video units**: 120.5 a month (this server)"
    said = await told(town, "settings budget role", boss, role=role, video=5, image=20)
    assert f"5 a day for each member (<@&{role.id}>)" in said
    said = await told(town, "settings notices", boss, channel=town.channel)
    assert f"<#{town.channel.id}> (this server)" in said
    await told(town, "settings own_media", boss, on=False)
    await told(town, "settings default set", boss, name="mode", value="pro", channel=town.channel)
    page = await told(town, "settings show", boss)
    for line in (
        "**Video units**: 120.5 a month (this server)",
        f"**Image units**: 20 a day for each member (<@&{role.id}>)",
        "**Image units**: not set (this server)",
        f"**Mode**: pro (<#{town.channel.id}>)",
        "**Mode**: not set (this server)",
        "**Own media only**: off (this server)",
        "**Results as spoilers**: off (default)",
        f"**Video model**: {town.settings.defaults.video_model} (the bot owner)",
    ):
        assert line in page.splitlines(), line
    assert "no longer set" in await told(town, "settings budget server", boss)
    log = (await told(town, "settings log", boss)).splitlines()
    assert f"<@{boss.id}>: Video units: 120.5 a month → —" in log[2]
    assert f"<@{boss.id}>: Mode <#{town.channel.id}>: — → pro" in log[3]
    assert len([line for line in log if line]) == 8
    other = town.discord.add_guild("Elsewhere")
    lobby = town.discord.add_channel(other, "lobby")
    owner_there = town.card_of(await town.ask("settings log", by=town.discord.owner, at=lobby))
    assert "Nothing has been changed yet" in card_text(owner_there)


async def test_no_server_can_raise_what_the_operator_set(town: Town) -> None:
    """The lowest holds, and the answer says so; the page shows both."""
    boss, role = manager(town), town.discord.add_role(town.guild, "painters", town.member)
    await town.store.set_caps(town.guild.id, {"video": 1000}, now=town.clock.now())
    said = await told(town, "settings budget server", boss, video=120.5)
    assert "The bot owner's limit of 10 is lower" in said
    assert "is lower" not in await told(town, "settings budget server", boss, video=10)
    page = (await told(town, "settings show", boss)).splitlines()
    assert "**Video units**: 10 a month (this server)" in page
    assert "**Video units**: 10 a month (the bot owner)" in page
    log = await told(town, "settings log", boss)
    assert "the bot owner: Video units: — → 10 a month" in log
    most = town.settings.limits.member_image_units_per_day
    said = await told(town, "settings budget role", boss, role=role, image=float(most) + 1)
    assert f"The bot owner's limit of {most} is lower" in said


@pytest.mark.parametrize(
    ("command", "options"),
    [
        ("show", {}),
        ("log", {}),
        ("own_media", {"on": False}),
        ("budget server", {"video": 1}),
        ("default set", {"name": "mode", "value": "pro"}),
        ("default clear", {"name": "mode"}),
    ],
)
async def test_only_managers_set_and_see(
    town: Town, command: str, options: dict[str, object]
) -> None:
    """A server may show the commands to everybody: who may use them is asked again."""
    [settings] = [one for one in town.discord.commands if one["name"] == "settings"]
    settings["default_member_permissions"] = None
    said = await told(town, f"settings {command}", town.member, **options)
    assert MAY_NOT in said
    assert await town.store.changes(limit=9) == []


async def test_impossible_values_are_refused_with_words(town: Town) -> None:
    """Negative, huge, unknown: nothing is set, and the answer says what would be."""
    boss = manager(town)
    set_ = "settings default set"
    assert "std, pro, 4k" in await told(town, set_, boss, name="mode", value="best")
    assert "Pick one" in await told(town, set_, boss, name="video_model", value="kling-v99")
    said = await told(town, "settings budget server", boss, video=0.001, image=2)
    assert "`video`" in said
    assert "two decimal places" in said
    assert await town.store.server_settings(town.guild.id) == []


async def test_defaults_are_taken_where_an_option_is_left_out(town: Town) -> None:
    """An option beats the channel's default, which beats the server's, which beats ours."""
    boss = manager(town)
    await told(town, "settings default set", boss, name="image_model", value="kling-v2-1")
    await told(town, "settings default set", boss, name="aspect_ratio", value="9:16")
    await told(
        town,
        "settings default set",
        boss,
        name="image_model",
        value="kling-v2",
        channel=town.channel,
    )
    await town.ask("image", prompt="here")
    lobby = town.discord.add_channel(town.guild, "lobby")
    await town.ask("image", prompt="there", at=lobby)
    await town.ask("image", prompt="chosen", model="kling-v3", aspect_ratio="1:1")
    await town.ask("image", prompt="direct", at=town.discord.dm(town.member))
    made = {job.request["prompt"]: job.request for job in await town.store.list_jobs()}
    assert {
        prompt: (request["model"], request.get("aspect_ratio")) for prompt, request in made.items()
    } == {
        "here": ("kling-v2", "9:16"),
        "there": ("kling-v2-1", "9:16"),
        "chosen": ("kling-v3", "1:1"),
        "direct": (town.settings.defaults.image_model, None),
    }


async def test_a_default_model_refuses_nobody(town: Town) -> None:
    """It is suggested first, and taken unless ours can do what was asked for and it can't."""
    await town.warm()
    boss = manager(town)
    only_pictures = next(m.name for m in VIDEO_MODELS if m.image and not m.text)
    await told(town, "settings default set", boss, name="video_model", value=only_pictures)
    await town.ask("video", prompt="plain")
    await town.ask("video", prompt="with a picture", image=png())
    made = {job.request["prompt"]: job.model for job in await town.store.list_jobs()}
    ours = town.settings.defaults.video_model
    assert made == {"plain": ours, "with a picture": only_pictures}
    given = {"image": png()}
    [first, *_] = await town.discord.autocomplete(
        town.member, town.channel, "video", given, "model"
    )
    assert first["value"] == only_pictures


async def test_results_go_out_as_spoilers_where_managers_want_it(town: Town) -> None:
    """Images and videos are hidden until they are clicked; alt text and prompt stay."""
    boss = manager(town)
    await told(town, "settings default set", boss, name="spoiler", value="true")
    await town.ask("image", prompt="a fox", n=2)
    thread = town.discord.add_channel(town.guild, "thread", "thread", parent=town.channel)
    lobby = town.discord.add_channel(town.guild, "lobby")
    [post] = await town.posted()
    await told(
        town, "settings default set", boss, name="spoiler", value="false", channel=town.channel
    )
    assert {file.filename.startswith("SPOILER_kling-") for file in post.attachments} == {True}
    assert {file.description for file in post.attachments} == {"a fox"}
    await town.ask("image", prompt="in a thread", at=thread)
    await town.ask("image", prompt="in the lobby", at=lobby)
    [in_thread] = await town.posted(channel=thread)
    [in_lobby] = await town.posted(channel=lobby)
    assert not in_thread.attachments[0].filename.startswith("SPOILER_")
    assert in_lobby.attachments[0].filename.startswith("SPOILER_")


async def test_jobs_start_only_where_and_by_whom_managers_allow(town: Town) -> None:
    """The refusal is private; "run again" too; a deleted channel counts no more."""
    boss = manager(town)
    await town.ask("image", prompt="before")
    [post] = await town.posted()
    await town.settled()
    lobby = town.discord.add_channel(town.guild, "lobby")
    await told(town, "settings allow channel", boss, channel=lobby, on=True)
    assert "in this channel" in await told(town, "image", town.member, prompt="a fox")
    again = await town.press(post, "again")
    assert again.ephemeral
    assert "in this channel" in text_of(again)
    assert (await town.ask("jobs")).ephemeral
    assert not (await town.ask("image", prompt="a fox", at=lobby)).ephemeral
    town.discord.delete_channel(lobby)
    assert "deleted, has no effect" in await told(town, "settings show", boss)
    assert not (await town.ask("image", prompt="here again")).ephemeral
    role = town.discord.add_role(town.guild, "painters", boss)
    await told(town, "settings allow role", boss, role=role, on=True)
    assert "certain roles" in await told(town, "image", town.member, prompt="a fox")
    assert not (await town.ask("image", prompt="a fox", by=boss)).ephemeral


async def refusal_of(answer: Interaction) -> str:
    assert answer.ephemeral
    return text_of(answer)


async def test_a_blocked_member_is_refused_with_the_reason(town: Town) -> None:
    """Commands, presses and forms; `/jobs` and picking up stay; accepted jobs are delivered."""
    boss = manager(town)
    await town.ask("image", prompt="before")
    said = await told(town, "block", boss, member=town.member, reason="**spam**")
    assert f"<@{town.member.id}> can no longer use me" in said
    [post] = await town.posted()
    [job] = await town.settled()
    commands: list[tuple[str, dict[str, Any]]] = [("image", {"prompt": "a fox"}), ("help", {})]
    for command, options in commands:
        refused = await refusal_of(await town.ask(command, **options))
        assert "blocked you" in refused
        assert r"\*\*spam\*\*" in refused
    for action in ("again", "cancel", "deliver", "face", "look", "send"):
        pressed = await town.forge_press(post, f"kling:{action}:{job.id}")
        assert "blocked you" in await refusal_of(pressed), action
    assert "before" in await refusal_of(await town.ask("jobs"))
    page = await town.forge_press(post, f"kling:list:{job.id}", job.id)
    assert "before" in await refusal_of(page)
    await town.forge_press(post, f"kling:pick_up:{job.id}")
    await town.settled()
    lobby = town.discord.add_channel(town.discord.add_guild("Elsewhere"), "lobby")
    assert not (await town.ask("image", prompt="elsewhere", at=lobby)).ephemeral
    assert "<@" + str(town.member.id) + ">" in await told(town, "settings show", boss)
    assert "can use me" in await told(town, "unblock", boss, member=town.member)
    assert "is not blocked" in await told(town, "unblock", boss, member=town.member)
    assert not (await town.ask("image", prompt="after")).ephemeral
    log = await told(town, "settings log", boss)
    assert f"unblocked <@{town.member.id}>" in log.splitlines()[2]


async def test_the_operators_block_stays(town: Town) -> None:
    """It holds everywhere, direct messages included, and no manager lifts it."""
    boss = manager(town)
    await town.store.block(town.member.id, 0, by=None, reason="", now=town.clock.now())
    for place in (town.channel, town.discord.dm(town.member)):
        refused = await refusal_of(await town.ask("image", prompt="a fox", at=place))
        assert "The bot owner has blocked you" in refused
    assert "only they can lift" in await told(town, "unblock", boss, member=town.member)
    await told(town, "block", boss, member=town.member)
    assert "only they can lift" in await told(town, "unblock", boss, member=town.member)
    assert "blocked you" in await refusal_of(await town.ask("image", prompt="a fox"))


async def test_who_can_not_be_blocked(town: Town) -> None:
    """Oneself and bots; and only managers block."""
    boss = manager(town)
    assert "yourself" in await told(town, "block", boss, member=boss)
    assert "Bots" in await told(town, "block", boss, member=town.discord.bot)
    for one in town.discord.commands:
        one["default_member_permissions"] = None
    for command in ("block", "unblock"):
        assert MAY_NOT in await told(town, command, town.member, member=boss)
    assert await town.store.blocks() == []
