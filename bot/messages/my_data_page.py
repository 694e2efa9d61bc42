"""What `/mydata` says: the archive, and the question before everything is deleted. Pure."""

from typing import Final

from bot.messages.message import Button, Colour, File, Message, Style, custom_id
from bot.messages.saying import Say
from bot.messages.translations import Translations

FORGET: Final = "forget"


class MyDataPage:
    """Builds them in the member's language."""

    def __init__(self, words: Translations, locale: str) -> None:
        self._say = Say(words, locale)

    def collecting(self) -> Message:
        """Return what is said at once."""
        return Message(content=self._say("mydata.collecting"))

    def archive(self, file: File, *, jobs: int, files: int, left_out: int) -> Message:
        """Return the archive with what it holds, and what had no room."""
        lines = [self._say("mydata.archive", count=jobs), self._say("mydata.files", count=files)]
        if left_out:
            lines.append(self._say("mydata.left_out", count=left_out))
        return Message(content="\n".join(lines), files=(file,))

    def question(self, question_id: str, until: float, *, jobs: int, open_jobs: int) -> Message:
        """Ask whether everything is to be deleted."""
        body = [self._say("mydata.delete", count=jobs)]
        if open_jobs:
            body.append(self._say("mydata.delete_open", count=open_jobs))
        body += [
            self._say("mydata.delete_stays"),
            self._say("mydata.until", when=f"<t:{round(until)}:t>"),
        ]
        return Message(
            title=self._say("mydata.title"),
            body="\n\n".join(body),
            colour=Colour.PROBLEM,
            buttons=(
                Button(custom_id(FORGET, question_id), self._say("button.forget"), Style.DANGER),
            ),
        )
