"""The tables of characters; `storage.migration_kling` creates them."""

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Integer,
    Table,
    Text,
    false,
    text,
)

from storage.metadata import index, metadata

characters: Final = Table(
    "characters",
    metadata,
    # The id of the job that made it.
    Column("id", Text, primary_key=True),
    Column("user_id", BigInteger, nullable=False),
    # The server whose members may use it, too; none: nobody else.
    Column("guild_id", BigInteger),
    Column("name", Text, nullable=False),
    # The name in one case, by which it is found.
    Column("folded", Text, nullable=False),
    Column("description", Text, nullable=False, server_default=text("''")),
    Column("of_clip", Boolean, nullable=False),
    # Kling's id of it.
    Column("element_id", Text, nullable=False),
    Column("made_at", Double, nullable=False),
    index("characters_of_member", "user_id", "folded", unique=True),
    index("characters_of_server", "guild_id", "folded", unique=True, where="guild_id IS NOT NULL"),
)
"""Kling's elements that belong to members, by `storage.characters`."""

character_lineage: Final = Table(
    "character_lineage",
    metadata,
    Column("character_id", Text, ForeignKey("characters.id", ondelete="CASCADE"), primary_key=True),
    Column("user_id", BigInteger, primary_key=True, autoincrement=False),
    index("character_lineage_of_member", "user_id"),
)
"""Other members whose files a character shows. Kept beside it, because the job that made it may be
forgotten by its age before."""

removals: Final = Table(
    "removals",
    metadata,
    # The id of the job that made it, or may have.
    Column("id", Text, primary_key=True),
    # None: the task, or the job's own id, has to tell.
    Column("element_id", Text),
    Column("task_id", Text),
    Column("asked_at", Double, nullable=False),
    Column("due_at", Double, nullable=False),
    Column("tries", Integer, nullable=False, server_default=text("0")),
    # The operator has heard that it fails.
    Column("told", Boolean, nullable=False, server_default=false()),
    index("removals_due", "due_at"),
)
"""Elements that are to be deleted at Kling, until it says that they are gone. Of no person."""
