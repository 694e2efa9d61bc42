"""Examines the shards: whether Discord takes so many, and whether those of this process exist."""

from collections import Counter
from collections.abc import Collection
from typing import Any

from bot.discord.session_starts import read_limits
from bot.doctor.findings import SETTINGS, Finding, bad, ok, warn
from bot.domain.sharding import GUILDS_PER_SHARD_MAX, WantedShards, shard_of
from bot.settings.discord_section import DiscordSettings

TO_AUTO = 'Set discord.shards to "auto", or to at least {count}; then start the bot again.'


def shard_findings(settings: DiscordSettings, said: Any, guilds: Collection[int]) -> list[Finding]:
    """Return what is to be said of the answer of `GET /gateway/bot` for a bot in these servers."""
    limits = read_limits(said)
    if limits is None:
        return []  # another server than Discord's: the bot connects with one shard
    wanted = WantedShards(settings.shard_count, settings.shard_ids)
    shards = wanted.of(limits.shards)
    if shards is None:
        what = f"discord.shard_ids: shards count from 0, and Discord recommends {limits.shards}"
        return [bad(what, "Together, the processes must name each shard once.", SETTINGS)]
    findings = []
    fix = TO_AUTO.format(count=limits.shards)
    fullest, held = _fullest(guilds, shards.count)
    if wanted.count is not None and held > GUILDS_PER_SHARD_MAX:
        what = f"shard {fullest} would hold {held} servers; Discord refuses that (code 4011)"
        findings.append(bad(what, fix, SETTINGS))
    elif shards.count < limits.shards:
        what = f"discord.shards is {shards.count}, and Discord recommends {limits.shards}"
        findings.append(warn(what, fix))
    elif wanted.split:
        here = ", ".join(map(str, shards.ids))
        findings.append(ok(f"shards {here} of {shards.count} run here"))
    elif shards.count > 1:
        findings.append(ok(f"{shards.count} shards run here"))
    if limits.left < len(shards.ids):
        what = (
            f"Discord allows {limits.left} more connections today; the bot makes {len(shards.ids)}"
        )
        hours = f"{limits.renewed_in_s / 3_600:.1f}"
        findings.append(warn(what, f"The bot waits for {hours} hours; find out what restarts it."))
    return findings


def _fullest(guilds: Collection[int], count: int) -> tuple[int, int]:
    """Return the shard with the most servers, and how many those are."""
    held = Counter(shard_of(guild, count) for guild in guilds)
    return max(held.items(), key=lambda one: one[1], default=(0, 0))
