"""The tables about units; `storage.migration_money` creates them.

Units are integer hundredths. Days and months are those of UTC, as `2026-11-28` and `2026-11`.
"""

from typing import Final

from sqlalchemy import BigInteger, Boolean, Column, Double, Integer, Table, Text, false, text

from storage.metadata import index, metadata, row_number

ledger: Final = Table(
    "ledger",
    metadata,
    row_number(),
    Column("at", Double, nullable=False),
    # The day in which the job was accepted: in it and its month all its entries count.
    Column("day", Text, nullable=False),
    Column("user_id", BigInteger),
    Column("guild_id", BigInteger),
    Column("job_id", Text),
    Column("pack", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("units", BigInteger, nullable=False),
    # Empty, or a word of `storage.money.Why`.
    Column("why", Text, nullable=False, server_default=text("''")),
    Column("task_id", Text),
    # The id goes as soon as its day is over: somebody wanted it forgotten.
    Column("forgets_member", Boolean, nullable=False, server_default=false()),
    Column("forgets_server", Boolean, nullable=False, server_default=false()),
    index("ledger_of_day", "day"),
    index("ledger_of_member", "user_id", "day", where="user_id IS NOT NULL"),
    index("ledger_of_server", "guild_id", "day", where="guild_id IS NOT NULL"),
    index("ledger_to_forget", "day", where="forgets_member OR forgets_server"),
)
"""What was reserved, spent and given back. Rows are only ever added; ids of the forgotten go."""

totals: Final = Table(
    "totals",
    metadata,
    # `account`, `server` or `member`; the account's id is 0.
    Column("scope", Text, primary_key=True),
    Column("scope_id", BigInteger, primary_key=True, autoincrement=False),
    Column("pack", Text, primary_key=True),
    # A member's is a day, all others' are months.
    Column("period", Text, primary_key=True),
    Column("held", BigInteger, nullable=False),
    Column("spent", BigInteger, nullable=False),
)
"""Sums of the ledger, for the limits. Only of what has a limit, or had one in this period."""

budgets: Final = Table(
    "budgets",
    metadata,
    Column("guild_id", BigInteger, primary_key=True, autoincrement=False),
    Column("pack", Text, primary_key=True),
    Column("units", BigInteger, nullable=False),
)
"""A server's cap for a month, set by the operator; 0 means that nothing may be spent there."""

warned: Final = Table(
    "warned",
    metadata,
    Column("scope", Text, primary_key=True),
    Column("scope_id", BigInteger, primary_key=True, autoincrement=False),
    Column("pack", Text, primary_key=True),
    Column("period", Text, primary_key=True),
    Column("percent", Integer, primary_key=True, autoincrement=False),
)
"""Limits of which people have heard this month how much is used, so that they hear it once."""

slots_kept: Final = Table(
    "slots_kept",
    metadata,
    Column("job_id", Text, primary_key=True),
    Column("pack", Text, nullable=False),
    Column("model", Text, nullable=False),
    Column("slots", Integer, nullable=False),
    Column("until", Double, nullable=False),
)
"""Slots of jobs that were deleted while their task may run on at Kling."""
