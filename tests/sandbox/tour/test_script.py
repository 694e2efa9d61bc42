"""What the tour shows of a message."""

from sandbox.discord import Channel, Message, User
from sandbox.discord.model import ChannelKind
from sandbox.tour.script import words_of

MIA = User(1, "mia")
STUDIO = Channel(2, "studio", ChannelKind.TEXT)


def test_a_mentioned_command_is_shown_by_its_name() -> None:
    """As in Discord's client: a reader sees the name, and never the id."""
    said = Message(3, STUDIO, MIA, 0.0, content="<@1>, see </jobs:42> and </settings show:43>.")
    assert words_of(said, {1: "mia"}) == "@mia, see /jobs and /settings show."


def test_an_escaped_command_stays_text() -> None:
    """What a member wrote is shown as it was written."""
    said = Message(3, STUDIO, MIA, 0.0, content=r"\</jobs:42\>")
    assert words_of(said, {}) == "</jobs:42>"
