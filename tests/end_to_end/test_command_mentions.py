"""Commands in what the bot says can be clicked: by the ids under which Discord registered them."""

import re
from pathlib import Path

from bot.domain.operations.table import COMMANDS as OF_OPERATIONS
from sandbox.discord import Answer
from tests.harness.opening import open_town
from tests.harness.town import Town, card_text

COMMANDS = "/applications/{application_id}/commands"
MENTION = re.compile(r"</([^:>]+):(\d+)>")


def registered(town: Town) -> dict[str, str]:
    """Return the ids of the commands as Discord has them."""
    return {command["name"]: command["id"] for command in town.discord.commands}


async def mentioned(town: Town, command: str, locale: str = "en-US") -> dict[str, str]:
    """Return what an answer mentions, by name."""
    member = town.discord.add_user(f"reads {locale}", locale)
    answer = await town.ask(command, by=member)
    return dict(MENTION.findall(card_text(town.card_of(answer))))


async def test_help_and_lists_can_be_clicked(town: Town) -> None:
    """Every command that is named has the id under which it is registered, in every language."""
    ids = registered(town)
    for locale in ("en-US", "zh-CN"):
        named = (
            "image",
            "video",
            "storyboard",
            "edit",
            "lipsync",
            *OF_OPERATIONS,
            "jobs",
            "history",
        )
        parts = {f"mydata {part}": ids["mydata"] for part in ("export", "delete")}
        parts |= {f"character {part}": ids["character"] for part in ("create", "list")}
        assert await mentioned(town, "help", locale) == {n: ids[n] for n in named} | parts
        assert await mentioned(town, "jobs", locale) == {n: ids[n] for n in ("image", "video")}


async def test_a_card_and_a_hello_can_be_clicked(town: Town) -> None:
    """So do cards, refusals and the first message in a server."""
    ids = registered(town)
    guild = town.discord.add_guild("New here")
    [hello] = await town.posted(channel=town.discord.add_channel(guild, "lobby"))
    named = {n: ids[n] for n in ("image", "video", "help")} | {"settings show": ids["settings"]}
    assert dict(MENTION.findall(card_text(hello))) == named
    told = await town.refused("video", prompt="a boat", model="kling-image-o1")
    assert MENTION.findall(told) == [("video", ids["video"])]


async def test_ids_are_known_after_a_restart(tmp_path: Path) -> None:
    """What was learnt is kept: nothing is registered again for it."""
    async with open_town(tmp_path) as town:
        for _ in range(2):
            async with town.bot():
                ids = registered(town)
                assert (await mentioned(town, "jobs"))["image"] == ids["image"]
        assert len(town.discord.sent("PUT", COMMANDS)) == 1


async def test_ids_are_learnt_where_an_earlier_version_registered(tmp_path: Path) -> None:
    """It kept no ids: the commands are registered once more, and then no more."""
    async with open_town(tmp_path) as town:
        async with town.bot():
            await town.store.set_fact(f"command_ids:{town.discord.bot.id}", "no JSON")
        for _ in range(2):
            async with town.bot():
                ids = registered(town)
                assert (await mentioned(town, "jobs"))["image"] == ids["image"]
        assert len(town.discord.sent("PUT", COMMANDS)) == 2


async def test_a_command_without_an_id_is_named_plainly(tmp_path: Path) -> None:
    """While Discord refuses to register anything, texts say what to type."""
    async with open_town(tmp_path) as town:
        async with town.bot():
            await town.store.set_fact(f"command_ids:{town.discord.bot.id}", "{}")
            await town.store.set_fact(f"commands:{town.discord.bot.id}", "of another version")
        town.discord.fault("PUT", COMMANDS, Answer(400, 50_035))
        async with town.bot():
            answer = await town.ask("jobs")
            text = card_text(town.card_of(answer))
            assert MENTION.findall(text) == []
            assert "`/image`" in text
