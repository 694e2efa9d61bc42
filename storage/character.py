"""A member's character, and the deletion of one that is owed. Standard library only."""

from dataclasses import dataclass

NAME_CHARACTERS_MAX = 20
"""Kling's limit of `element_name` (its API documentation, 2026-09)."""


@dataclass(frozen=True, slots=True)
class Character:
    """An element at Kling that belongs to a member. Times are Unix seconds."""

    id: str
    """The id of the job that made it."""
    user_id: int
    name: str
    element_id: str
    """Kling's id of it."""
    of_clip: bool
    """Made from a video, not from images."""
    made_at: float
    """When it was asked for: what a member asks to be forgotten later includes it."""
    guild_id: int | None = None
    """The server whose members may use it, too."""
    description: str = ""


@dataclass(frozen=True, slots=True)
class Removal:
    """An element that is to be deleted at Kling. Times are Unix seconds."""

    id: str
    """The id of the job that made it, or may have: Kling knows the task by it, too."""
    element_id: str | None
    """Kling's id of the element; None: its task has to tell."""
    task_id: str | None
    asked_at: float
    due_at: float
    tries: int = 0
    told: bool = False
    """Whether the operator has heard that it fails."""


def folded(name: str) -> str:
    """Return the name as names are compared: whatever the case."""
    return name.casefold()
