"""One message that a job owes, and where and in what form it is posted. Standard library only."""

import enum
from dataclasses import dataclass, field
from typing import Final

SHOWCASE: Final = "s"
"""The kind of a copy in a server's showcase: it is no outcome, and has a channel of its own."""


class Form(enum.StrEnum):
    """The form in which a part is posted; the form may change, the part and its nonce never do."""

    AS_IS = "as_is"
    FITTED = "fitted"
    LINK = "link"


class Venue(enum.StrEnum):
    """Where a part is posted, in the order in which venues are tried."""

    CHANNEL = "channel"
    ANSWER = "answer"
    DM = "dm"
    PICKUP = "pickup"


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message that a job owes, stored before the first is sent."""

    job_id: str
    kind: str
    """`r` result, `p` problem, `l` late result, `a1`, `a2` … delivered again, `s` showcase."""
    part: int
    venue: Venue
    items: tuple[int, ...] = ()
    """The results that this message carries; empty for a message of text only."""
    form: Form = Form.AS_IS
    tries: int = 0
    broke_off: int = 0
    """Tries in this venue that Discord did not take to their end."""
    first_tried_at: float | None = None
    first_tried_there: float | None = None
    last_tried_there: float | None = None
    """In the current venue (Unix seconds): by our clock; by Discord's, where it told the time."""
    channel_id: int | None = None
    message_id: int | None = None
    """The channel, or the private answer that it is to be edited into."""
    told_at: float | None = None
    token: str | None = field(default=None, repr=False)
    token_until: float | None = None
    """Of the press that fetches this, whose private answer is the venue; until in Unix seconds."""
    gone_at: float | None = None
    """When it was known to be out of Discord again (Unix seconds), because that was wanted."""

    @property
    def tag(self) -> str:
        """Kind and part in one word, unique within the job."""
        return f"{self.kind}-{self.part}"

    @property
    def nonce(self) -> str:
        """At most 25 characters (Discord's limit); the same on every try of this part."""
        return f"{self.job_id}-{self.tag}"
