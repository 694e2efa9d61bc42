"""Notifies the operator of what needs a person: rarely, once, and in a channel they chose.

Rarely whatever number of processes sees it: each asks the database whether one of them has sent the
same notice lately. Where the database can't tell, each remembers its own.
"""

from typing import Final

import structlog

from bot.clock import Clock
from bot.discord.once import Once
from bot.discord.poster import Poster
from bot.domain.policy.recovery import UnsureChoice
from bot.errors import Fact, PostError
from bot.invocation import Invocation
from bot.messages.escape import shorten
from bot.messages.message import CONTENT_CHARACTERS_MAX, Message
from bot.messages.translations import FALLBACK, Translations
from bot.operator.job_words import TAKE
from storage.store import JobStore

NOTICE_EVERY_S: Final = 3_600.0
"""The same notice is never sent more often than this."""
ABOUT: Final = {
    "operator.unsure": "job",
    "operator.unreadable": "job",
    "operator.balance_used_up": "pack",
    "operator.kling_account": "code",
    "operator.upload_broke_off": "job",
    "operator.set_aside": "job",
    "operator.card_set_aside": "job",
    "operator.copy_set_aside": "job",
    "operator.removal_set_aside": "job",
    "operator.background_failed": "name",
}
"""Notices that exist once for each value of a fact: each job's decision, each pack. Not for a
model, because members can type as many names as they like."""
EACH_TIME: Final = frozenset(
    {
        "operator.kling_back",
        "operator.kling_free",
        "operator.limit_account_nearly",
        "operator.limit_account_used_up",
        "operator.limit_server_nearly",
        "operator.limit_server_used_up",
        "operator.server",
    }
)
"""Good news, which is no more frequent than the bad; and what comes rarely by itself."""

log = structlog.get_logger(__name__)


def commands_for(invocation: Invocation, job_id: str) -> dict[str, Fact]:
    """Return the commands that a notice may tell the operator to type, by placeholder."""
    return {
        "doctor": invocation.command("doctor"),
        "show": invocation.command("jobs", "show", job_id),
        "take": invocation.command("jobs", "resolve", job_id, TAKE, "TASK"),
        **{
            choice.name.lower(): invocation.command("jobs", "resolve", job_id, choice.value)
            for choice in UnsureChoice
        },
    }


class OperatorNotices:
    """Sends notices to the configured channel, or to the application's owner."""

    def __init__(
        self,
        store: JobStore,
        poster: Poster,
        words: Translations,
        clock: Clock,
        channel_id: int | None,
        invocation: Invocation,
    ) -> None:
        self._once = Once(store)
        self._poster = poster
        self._words = words
        self._clock = clock
        self._channel_id = channel_id
        self._invocation = invocation
        self._sent: dict[str, float] = {}

    async def __call__(self, key: str, **facts: Fact) -> bool:
        """Send it, at most once an hour; return whether it arrived just now. Never raises."""
        about = f"{key}:{facts.get(ABOUT.get(key, ''), '')}"
        now = self._clock.now()
        self._sent = {k: at for k, at in self._sent.items() if 0 <= now - at < NOTICE_EVERY_S}
        if about in self._sent and key not in EACH_TIME:
            return False
        self._sent[about] = now
        rare = key not in EACH_TIME
        if rare and not await self._once.is_ours(about, now=now, every_s=NOTICE_EVERY_S):
            self._sent.pop(about, None)  # another process is sending it; should it fail, we may
            return False
        commands = commands_for(self._invocation, str(facts.get("job", "")))
        text = self._words.say(key, FALLBACK, **self._named(facts), **commands)
        log.warning("operator.notice", notice=key)
        try:
            channel_id = self._channel_id or await self._poster.open_owner_dm()
            message = Message(content=shorten(text, CONTENT_CHARACTERS_MAX))
            nonce = f"op-{abs(hash((about, now))) % 10**18}"
            await self._poster.post(channel_id, message, nonce=nonce, reply_to=None)
        except PostError as failure:
            log.warning("operator.not_told", notice=key, reason=type(failure).__name__)
            self._sent.pop(about, None)  # the next occasion is another chance
            return False
        if rare:
            await self._once.was_sent(about, now=now)
        return True

    def _named(self, facts: dict[str, Fact]) -> dict[str, Fact]:
        """Return the facts with the pack under its name in the notice's language."""
        if "pack" not in facts:
            return facts
        return {**facts, "pack": self._words.say(f"pack.{facts['pack']}", FALLBACK)}
