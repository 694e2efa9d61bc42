"""The step of the schema that brings what else of Kling's a chat can use."""

from typing import Final

from sqlalchemy import Connection


def m007_kling(connection: Connection) -> None:
    """Members' characters, and those that are still to be deleted at Kling."""
    for statement in _STATEMENTS:
        connection.exec_driver_sql(statement)


_STATEMENTS: Final = (
    """
CREATE TABLE characters (
    id TEXT PRIMARY KEY,
    user_id BIGINT NOT NULL,
    guild_id BIGINT,
    name TEXT NOT NULL,
    folded TEXT NOT NULL,
    description TEXT DEFAULT '' NOT NULL,
    of_clip BOOLEAN NOT NULL,
    element_id TEXT NOT NULL,
    made_at DOUBLE PRECISION NOT NULL
)""",
    "CREATE UNIQUE INDEX characters_of_member ON characters (user_id, folded)",
    (
        "CREATE UNIQUE INDEX characters_of_server ON characters (guild_id, folded)"
        " WHERE guild_id IS NOT NULL"
    ),
    """
CREATE TABLE character_lineage (
    character_id TEXT NOT NULL,
    user_id BIGINT NOT NULL,
    PRIMARY KEY (character_id, user_id),
    FOREIGN KEY(character_id) REFERENCES characters (id) ON DELETE CASCADE
)""",
    "CREATE INDEX character_lineage_of_member ON character_lineage (user_id)",
    """
CREATE TABLE removals (
    id TEXT PRIMARY KEY,
    element_id TEXT,
    task_id TEXT,
    asked_at DOUBLE PRECISION NOT NULL,
    due_at DOUBLE PRECISION NOT NULL,
    tries INTEGER DEFAULT 0 NOT NULL,
    told BOOLEAN DEFAULT FALSE NOT NULL
)""",
    "CREATE INDEX removals_due ON removals (due_at)",
)
