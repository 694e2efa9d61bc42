"""What the step of `storage.migration_money` brings for people: drafts, settings, blocks, audit."""

from typing import Final

PEOPLE: Final = (
    """
CREATE TABLE drafts (
    id TEXT PRIMARY KEY,
    user_id BIGINT NOT NULL,
    guild_id BIGINT,
    channel_id BIGINT NOT NULL,
    kind TEXT NOT NULL,
    request JSON NOT NULL,
    variants JSON NOT NULL,
    parent_id TEXT,
    sources JSON NOT NULL,
    until DOUBLE PRECISION NOT NULL
)""",
    "CREATE INDEX drafts_of_member ON drafts (user_id)",
    "CREATE INDEX drafts_until ON drafts (until)",
    """
CREATE TABLE settings (
    scope TEXT NOT NULL,
    id BIGINT NOT NULL,
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    guild_id BIGINT NOT NULL,
    PRIMARY KEY (scope, id, name)
)""",
    "CREATE INDEX settings_of_server ON settings (guild_id)",
    """
CREATE TABLE blocks (
    user_id BIGINT NOT NULL,
    guild_id BIGINT NOT NULL,
    by_operator BOOLEAN NOT NULL,
    at DOUBLE PRECISION NOT NULL,
    reason TEXT DEFAULT '' NOT NULL,
    PRIMARY KEY (user_id, guild_id, by_operator)
)""",
    """
CREATE TABLE audit (
    number {NUMBER},
    at DOUBLE PRECISION NOT NULL,
    by_operator BOOLEAN DEFAULT FALSE NOT NULL,
    user_id BIGINT,
    guild_id BIGINT,
    what TEXT NOT NULL,
    member_id BIGINT,
    was TEXT NOT NULL,
    becomes TEXT NOT NULL
)""",
    "CREATE INDEX audit_of_server ON audit (guild_id, number)",
    "CREATE INDEX audit_at ON audit (at)",
    "CREATE INDEX audit_of_member ON audit (user_id) WHERE user_id IS NOT NULL",
    "CREATE INDEX audit_about_member ON audit (member_id) WHERE member_id IS NOT NULL",
)
