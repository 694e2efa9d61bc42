"""The copy of a result in the showcase of a server: whose it is, and where it comes from. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.messages.message import Button, File, Message
from bot.messages.quoting import links, prompt_after
from bot.messages.result_parts import Besides, Left
from bot.messages.saying import Say


@dataclass(frozen=True, slots=True)
class ShowcaseCopy:
    """What a copy says besides its files."""

    author_id: int
    prompt: str
    """Empty where its author does not permit that it is shown."""
    left: Left
    besides: Besides
    still: bool = False
    """Whether the file stands for a video."""

    def message(
        self, files: Sequence[File], buttons: tuple[Button, ...], say: Say, *, first: bool
    ) -> Message:
        """Return the message; the first of several says whose it is. Nobody is mentioned."""
        content: list[str] = []
        besides = self.besides
        if first:
            key = "showcase.by" if besides.original else "showcase.by_unlinked"
            content = [say(key, member=f"<@{self.author_id}>", url=besides.original)]
        if besides.source is not None:
            kind = say(f"card.title.{besides.source.kind}")
            content.append(say("result.from", kind=kind, url=besides.source.url))
        lines, listed = links(self.left, (), say, hidden=besides.hidden)
        content += lines
        if self.still:
            content.append(say("result.poster"))
        lines, quoted = prompt_after(content, self.prompt if first else "", say)
        return Message(
            content="\n".join([*content, *lines]),
            files=(*files, *listed, *quoted),
            buttons=buttons,
        )
