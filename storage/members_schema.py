"""The tables of what members do with others' jobs; `storage.migration_members` creates them."""

from typing import Final

from sqlalchemy import BigInteger, Boolean, Column, Double, Integer, Table, Text, text

from storage.metadata import index, job_id, metadata

bells: Final = Table(
    "bells",
    metadata,
    job_id(),
    Column("user_id", BigInteger, primary_key=True, autoincrement=False),
    index("bells_of_member", "user_id"),
)
"""Members besides the requester who want to hear when a job has ended."""

stars: Final = Table(
    "stars",
    metadata,
    job_id(),
    Column("user_id", BigInteger, primary_key=True, autoincrement=False),
    index("stars_of_member", "user_id"),
)
"""Members who want a result in the showcase of their server. The requester's own does not count:
it permits that the prompt is shown there."""

leftovers: Final = Table(
    "leftovers",
    metadata,
    # The job is deleted: nothing refers to it any more.
    Column("job_id", Text, primary_key=True),
    Column("part", Integer, primary_key=True, autoincrement=False),
    Column("channel_id", BigInteger, nullable=False),
    # None: its sending got no answer, so it is searched for, after this message.
    Column("message_id", BigInteger),
    Column("after_id", BigInteger, nullable=False),
    Column("first_tried_at", Double),
    # In Discord's time.
    Column("first_tried_there", Double),
    Column("last_tried_there", Double),
    Column("tries", Integer, nullable=False, server_default=text("0")),
    Column("due_at", Double, nullable=False),
    index("leftovers_due", "due_at"),
)
"""Copies in a showcase whose job was deleted: they are to be taken out of Discord."""

showcased: Final = Table(
    "showcased",
    metadata,
    # The job was deleted by its age: nothing refers to it any more.
    Column("job_id", Text, primary_key=True),
    Column("part", Integer, primary_key=True, autoincrement=False),
    # Whose it was, or whose words came along into it.
    Column("user_id", BigInteger, primary_key=True, autoincrement=False),
    Column("author", Boolean, nullable=False),
    Column("guild_id", BigInteger),
    # As in the table above.
    Column("channel_id", BigInteger, nullable=False),
    Column("message_id", BigInteger),
    Column("after_id", BigInteger, nullable=False),
    Column("first_tried_at", Double),
    Column("first_tried_there", Double),
    Column("last_tried_there", Double),
    index("showcased_of_member", "user_id"),
    index("showcased_of_server", "guild_id"),
)
"""Copies in a showcase that stay after their job was deleted by its age: for those who may still
have them taken out."""

hidden: Final = Table(
    "hidden",
    metadata,
    job_id(),
    Column("asked_at", Double, nullable=False),
    # None: every message that was there is hidden.
    Column("due_at", Double),
    Column("tries", Integer, nullable=False),
    index("hidden_due", "due_at", where="due_at IS NOT NULL"),
)
"""Jobs whose files are behind spoilers, because their member or a moderator hid them."""
