"""What servers and members set, who is blocked, and the log of it."""

import asyncio

from storage.server_settings import READ_AT_ONCE_MAX
from storage.standing import EVERYWHERE, Block, Set, Standing
from storage.store import JobStore
from tests.harness.storage.making import MEMBER, NOW, SERVER

MANAGER = MEMBER + 50
CHANNEL = 77
LEFT_S = 30 * 86_400.0


def value(scope: str, name: str, value: str, of: int = SERVER) -> Set:
    return Set(scope, of, name, value)


async def log(store: JobStore) -> list[tuple[str, str, str]]:
    changes = await store.changes(limit=100)
    return [(change.what, change.was, change.becomes) for change in changes]


async def test_what_is_set_holds_and_is_logged(store: JobStore) -> None:
    """Each change has its row with what was and what is; what changes nothing has none."""
    own = value("member", "mode", "pro", MEMBER)
    server = value("server", "mode", "std")
    channel = value("channel", "mode", "4k", CHANNEL)
    await store.put_settings(SERVER, [server, channel], by=MANAGER, now=NOW)
    await store.put_settings(SERVER, [server], by=MANAGER, now=NOW + 1)
    await store.put_settings(SERVER, [value("server", "mode", "pro")], by=MANAGER, now=NOW + 2)
    await store.put_settings(SERVER, [value("channel", "mode", "", CHANNEL)], by=MANAGER, now=NOW)
    await store.put_settings(EVERYWHERE, [own], by=MEMBER, now=NOW)
    assert set((await store.standing(SERVER, MEMBER)).settings) == {
        value("server", "mode", "pro"),
        own,
    }
    assert (await store.standing(SERVER + 1, MEMBER + 1)).settings == ()
    assert (await store.standing(None, MEMBER)).settings == (own,)
    assert await log(store) == [
        ("mode channel 77", "4k", ""),
        ("mode", "std", "pro"),
        ("mode channel 77", "", "4k"),
        ("mode", "", "std"),
    ]
    [newest, *_] = await store.changes(guild_id=SERVER, limit=1)
    assert (newest.by, newest.guild_id, newest.known) == (MANAGER, SERVER, True)
    assert await store.changes(guild_id=SERVER + 1, limit=10) == []


async def test_changes_that_come_together_are_all_logged(store: JobStore) -> None:
    """What one row says was set is what the next one says was there."""
    wanted = [value("server", "mode", f"m{n}") for n in range(10)]
    await asyncio.gather(
        *(store.put_settings(SERVER, [one], by=MANAGER, now=NOW) for one in wanted)
    )
    newest_first = await log(store)
    assert len(newest_first) == 10
    before = [was for _, was, _ in newest_first]
    after = [becomes for _, _, becomes in newest_first]
    assert before == [*after[1:], ""]


async def test_everyone_who_comes_at_once_gets_their_own(store: JobStore) -> None:
    """Among many that are looked up together each finds their own, and one that is gone none."""
    members = [MEMBER + n for n in range(2 * READ_AT_ONCE_MAX + 20)]
    own = {one: value("member", "mode", f"m{one}", one) for one in members}
    await store.put_settings(EVERYWHERE, list(own.values()), by=MEMBER, now=NOW)
    asked = [asyncio.create_task(store.standing(SERVER, one)) for one in members]
    await asyncio.sleep(0)
    asked[7].cancel()
    found = await asyncio.gather(*asked, return_exceptions=True)
    assert isinstance(found.pop(7), asyncio.CancelledError)
    del members[7]
    for one, standing in zip(members, found, strict=True):
        assert isinstance(standing, Standing)
        assert standing.settings == (own[one],)


async def test_blocks_of_managers_and_of_the_operator_stand_apart(store: JobStore) -> None:
    """A manager's block holds in one server and lifts only itself; the operator's everywhere."""
    assert await store.block(MEMBER, SERVER, by=MANAGER, reason="spam", now=NOW)
    assert not await store.block(MEMBER, SERVER, by=MANAGER, reason="spam", now=NOW + 1)
    assert await store.block(MEMBER, EVERYWHERE, by=None, reason="", now=NOW)
    there = (await store.standing(SERVER, MEMBER)).blocks
    assert set(there) == {Block(SERVER, by_operator=False, reason="spam"), Block(0, True)}
    assert (await store.standing(None, MEMBER)).blocks == (Block(0, True),)
    assert (await store.standing(SERVER + 1, MEMBER)).blocks == (Block(0, True),)
    assert (await store.standing(SERVER, MEMBER + 1)).blocks == ()
    assert not await store.unblock(MEMBER, EVERYWHERE, by=MANAGER, now=NOW)
    assert not await store.unblock(MEMBER, SERVER, by=None, now=NOW)
    assert await store.unblock(MEMBER, SERVER, by=MANAGER, now=NOW)
    assert not await store.unblock(MEMBER, SERVER, by=MANAGER, now=NOW)
    assert (await store.standing(SERVER, MEMBER)).blocks == (Block(0, True),)
    assert [one.user_id for one in await store.blocks()] == [MEMBER]
    assert await log(store) == [
        ("block", "blocked", ""),
        ("block", "", "blocked"),
        ("block", "", "blocked"),
    ]
    assert [change.by for change in await store.changes(limit=9)] == [MANAGER, None, MANAGER]


async def test_a_block_outlives_a_deletion(store: JobStore) -> None:
    """Forgetting a member takes what they set, the words about them and their id in the log."""
    own = value("member", "mode", "pro", MEMBER)
    await store.put_settings(EVERYWHERE, [own], by=MEMBER, now=NOW)
    await store.put_settings(SERVER, [value("server", "mode", "pro")], by=MEMBER, now=NOW)
    await store.block(MEMBER, SERVER, by=MANAGER, reason="said bad words", now=NOW)
    await store.forget_member(MEMBER, now=NOW)
    standing = await store.standing(SERVER, MEMBER)
    assert standing.blocks == (Block(SERVER, by_operator=False),)
    assert standing.settings == (value("server", "mode", "pro"),)
    newest, oldest = await store.changes(limit=9)
    assert (newest.by, newest.member_id) == (MANAGER, None)
    assert (oldest.by, oldest.known) == (None, False)


async def test_a_server_that_comes_back_in_time_keeps_what_it_set(store: JobStore) -> None:
    """Thirty days after the bot left, the settings of a server go; sooner, all of them hold."""
    mine = value("server", "mode", "pro")
    await store.put_settings(SERVER, [mine], by=MANAGER, now=NOW)
    await store.block(MEMBER, SERVER, by=MANAGER, reason="spam", now=NOW)
    await store.see_guilds({SERVER}, now=NOW)
    await store.see_guilds(set(), now=NOW)
    await store.forget_guilds(now=NOW + LEFT_S - 1, left_older_s=LEFT_S)
    await store.see_guilds({SERVER}, now=NOW + 1)
    await store.forget_guilds(now=NOW + LEFT_S, left_older_s=LEFT_S)
    assert await store.server_settings(SERVER) == [mine]
    await store.see_guilds(set(), now=NOW + 2)
    await store.forget_guilds(now=NOW + 2 + LEFT_S, left_older_s=LEFT_S)
    assert await store.server_settings(SERVER) == []
    standing = await store.standing(SERVER, MEMBER)
    assert standing.blocks == (Block(SERVER, by_operator=False),)
    assert [change.guild_id for change in await store.changes(limit=9)] == [None, None]


async def test_a_member_does_not_lose_their_own_with_a_server(store: JobStore) -> None:
    """What a member set for themselves belongs to no server."""
    own = value("member", "mode", "pro", MEMBER)
    await store.put_settings(EVERYWHERE, [own], by=MEMBER, now=NOW)
    await store.forget_server(SERVER, now=NOW)
    assert (await store.standing(SERVER, MEMBER)).settings == (own,)
    assert await store.changes(limit=9) == []
