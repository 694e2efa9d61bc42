"""The tables of what people set and ask; `storage.migration_people` creates them."""

from typing import Final

from sqlalchemy import JSON, BigInteger, Boolean, Column, Double, Table, Text, false, text

from storage.metadata import index, metadata, row_number

drafts: Final = Table(
    "drafts",
    metadata,
    # In the form of a job id: the job that is made of it takes it over.
    Column("id", Text, primary_key=True),
    Column("user_id", BigInteger, nullable=False),
    Column("guild_id", BigInteger),
    Column("channel_id", BigInteger, nullable=False),
    Column("kind", Text, nullable=False),
    Column("request", JSON(none_as_null=True), nullable=False),
    # What each permitted variant changes in the request, by its tag.
    Column("variants", JSON(none_as_null=True), nullable=False),
    Column("parent_id", Text),
    # Secret: the attachments with their URLs, and the URL of a video.
    Column("sources", JSON(none_as_null=True), nullable=False),
    Column("until", Double, nullable=False),
    index("drafts_of_member", "user_id"),
    index("drafts_until", "until"),
)
"""What was asked for and is not accepted yet. It is no job, and nobody hears when it ends."""

settings: Final = Table(
    "settings",
    metadata,
    # `server`, `channel`, `role` or `member`, and its id.
    Column("scope", Text, primary_key=True),
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
    # The server of a channel or role; 0 for a member's own.
    Column("guild_id", BigInteger, nullable=False),
    index("settings_of_server", "guild_id"),
)
"""What servers and members set, by `bot.domain.server_settings`."""

blocks: Final = Table(
    "blocks",
    metadata,
    Column("user_id", BigInteger, primary_key=True, autoincrement=False),
    # 0 stands for everywhere.
    Column("guild_id", BigInteger, primary_key=True, autoincrement=False),
    Column("by_operator", Boolean, primary_key=True),
    Column("at", Double, nullable=False),
    Column("reason", Text, nullable=False, server_default=text("''")),
)
"""Members who may not use the bot. A block outlives the deletion of all other data."""

audit: Final = Table(
    "audit",
    metadata,
    row_number(),
    Column("at", Double, nullable=False),
    Column("by_operator", Boolean, nullable=False, server_default=false()),
    Column("user_id", BigInteger),
    Column("guild_id", BigInteger),
    Column("what", Text, nullable=False),
    # The member whom it is about.
    Column("member_id", BigInteger),
    Column("was", Text, nullable=False),
    Column("becomes", Text, nullable=False),
    index("audit_of_server", "guild_id", "number"),
    index("audit_at", "at"),
    index("audit_of_member", "user_id", where="user_id IS NOT NULL"),
    index("audit_about_member", "member_id", where="member_id IS NOT NULL"),
)
"""What managers and the operator changed. Rows are only added; ids of the forgotten go."""
