"""What is said about characters: that one was made, which there are, that one is deleted. Pure."""

from collections.abc import Sequence

from bot.domain.outcomes import CHARACTER
from bot.messages.escape import inert_line, shorten
from bot.messages.message import EMBED_CHARACTERS_MAX, Message
from bot.messages.saying import Say
from bot.messages.translations import Translations
from storage.character import Character
from storage.job import Job


class CharacterPage:
    """Builds them in the member's language."""

    def __init__(self, words: Translations, locale: str) -> None:
        self._say = Say(words, locale)

    def page(self, characters: Sequence[Character], user_id: int) -> Message:
        """Return whom a member may cite: their own, and those of others that are shared here."""
        if not characters:
            return Message(content=self._say("character.none"))
        lines = [self._say("character.header", count=len(characters))]
        lines += [self._line(one, user_id) for one in characters]
        return Message(
            title=self._say("character.title"),
            body=shorten("\n".join(lines), EMBED_CHARACTERS_MAX),
        )

    def deleted(self, name: str, *, gone: bool) -> str:
        """Return what became of a deletion."""
        plain = inert_line(name.strip().removeprefix("@"))
        return self._say("character.deleted" if gone else "character.not_yours", name=plain)

    def _line(self, one: Character, user_id: int) -> str:
        """Return a character, whose it is, and what it is made from."""
        key = "of_another" if one.user_id != user_id else "shared" if one.guild_id else "own"
        made = self._say("character.of_video" if one.of_clip else "character.of_images")
        facts = {"name": inert_line(one.name), "made": made, "owner": f"<@{one.user_id}>"}
        line = self._say(f"character.{key}", **facts)
        return f"{line}: {inert_line(one.description)}" if one.description else line


def character_made(job: Job, say: Say) -> tuple[str, str] | None:
    """Return that a job has made a character, and how it is cited by whom; None: it has not."""
    outcome = job.outcome or {}
    if CHARACTER not in outcome:
        return None
    shared = job.request.get("share") is True and job.origin.guild_id is not None
    usage = "result.character_shared" if shared else "result.character_own"
    key = "result.late" if outcome.get("late") else "result.character"
    name = inert_line(str(outcome.get(CHARACTER, "")))
    return say(key, mention=f"<@{job.origin.user_id}>", count=1), say(usage, name=name)
