"""The tour's output in the terminal, line by line."""

import re
import textwrap
import time
from collections.abc import Mapping
from typing import Final, TextIO

from sandbox.discord import Interaction, Message
from sandbox.tour.moments import MOMENT, said_at

WIDTH_CHARACTERS: Final = 96
INDENT: Final = " " * 11
ESCAPED: Final = re.compile(r"\\([^A-Za-z0-9\s])")
MENTION: Final = re.compile(r"<@(\d+)>")
COMMAND: Final = re.compile(r"(?<!\\)</([^:>]+):\d+>")
MARKS: Final = re.compile(r"\*\*|`")


class Told:
    """Prints lines and keeps them."""

    def __init__(self, terminal: TextIO) -> None:
        self._terminal = terminal
        self.lines: list[str] = []

    def line(self, text: str) -> None:
        """Print a line of narration."""
        self.lines.append(text)
        print(text, file=self._terminal, flush=True)

    def scene(self, number: int, title: str) -> None:
        """Print the title of a scene; number 0 is the summary."""
        self.line("")
        self.line(f"{number} · {title}" if number else title)

    def member(self, name: str, text: str) -> None:
        """Print what a member does."""
        self._said(name, text)

    def bot(self, text: str, *, private: bool = False) -> None:
        """Print what the bot says."""
        self._said("Kling", f"{text}\n(only visible to the member)" if private else text)

    def after(self, seconds: float) -> None:
        """Print how long the last step took."""
        self.line(f"{INDENT}{seconds:.2f} s")

    def check(self, what: str, *, held: bool) -> None:
        """Print the result of a check."""
        self.line(f"  {'✓' if held else '✗'} {what}")

    def _said(self, who: str, text: str) -> None:
        first = True
        for paragraph in filter(None, text.split("\n")):
            for piece in textwrap.wrap(paragraph, WIDTH_CHARACTERS):
                self.line(f"  {who:<8} {piece}" if first else INDENT + piece)
                first = False


def words_of(message: Message, names: Mapping[int, str]) -> str:
    """Return what a reader sees of a message, without its mark-up."""
    parts = [message.content]
    for embed in message.embeds:
        parts += [str(embed.get("title") or ""), str(embed.get("description") or "")]
    text = "\n".join(part for part in parts if part)
    text = MENTION.sub(lambda found: f"@{names.get(int(found[1]), 'someone')}", text)
    text = COMMAND.sub(r"/\1", text)
    text = MOMENT.sub(said_at(time.time()), text)
    text = ESCAPED.sub(r"\1", MARKS.sub("", text))
    files = "  ".join(f"[{file.filename}]" for file in message.attachments)
    return f"{text}\n{files}" if files else text


def custom_ids(message: Message) -> list[str]:
    """Return the ids of everything that can be pressed under a message."""
    return [
        str(control["custom_id"])
        for row in message.components
        for control in row["components"]
        if "custom_id" in control
    ]


def label_of(message: Message, custom_id: str) -> str:
    """Return what stands on the control with this id."""
    controls = [one for row in message.components for one in row["components"]]
    return next(str(one["label"]) for one in controls if one.get("custom_id") == custom_id)


def card_of(interaction: Interaction) -> Message:
    """Return the answer to a command."""
    if interaction.message is None:
        raise RuntimeError("the command was not answered")
    return interaction.message
