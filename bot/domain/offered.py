"""An attachment as Discord describes it, before its bytes are read."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Offered:
    """An attachment as Discord describes it, before its bytes are read."""

    name: str
    """Its option."""
    filename: str
    url: str = field(repr=False)
    size_bytes: int
    content_type: str = ""
    width: int | None = None
    height: int | None = None
