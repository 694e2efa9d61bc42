"""The step of the schema that brings units, limits by them, and what people set."""

from typing import Final

from sqlalchemy import Connection

from storage.migration_people import PEOPLE

_NUMBER: Final = {
    "postgresql": "BIGSERIAL PRIMARY KEY",
    "sqlite": "INTEGER PRIMARY KEY AUTOINCREMENT",
}


def m004_money(connection: Connection) -> None:
    """The ledger with its totals, caps of servers, and what a job holds and has spent.

    What is under way is not priced here: prices are no matter of the store. The next start does it.
    """
    for statement in (*_M004, *PEOPLE):
        connection.exec_driver_sql(statement.replace("{NUMBER}", _NUMBER[connection.dialect.name]))


_M004: Final = (
    """
CREATE TABLE ledger (
    number {NUMBER},
    at DOUBLE PRECISION NOT NULL,
    day TEXT NOT NULL,
    user_id BIGINT,
    guild_id BIGINT,
    job_id TEXT,
    pack TEXT NOT NULL,
    kind TEXT NOT NULL,
    units BIGINT NOT NULL,
    why TEXT DEFAULT '' NOT NULL,
    task_id TEXT,
    forgets_member BOOLEAN DEFAULT FALSE NOT NULL,
    forgets_server BOOLEAN DEFAULT FALSE NOT NULL
)""",
    "CREATE INDEX ledger_of_day ON ledger (day)",
    "CREATE INDEX ledger_of_member ON ledger (user_id, day) WHERE user_id IS NOT NULL",
    "CREATE INDEX ledger_of_server ON ledger (guild_id, day) WHERE guild_id IS NOT NULL",
    "CREATE INDEX ledger_to_forget ON ledger (day) WHERE forgets_member OR forgets_server",
    """
CREATE TABLE totals (
    scope TEXT NOT NULL,
    scope_id BIGINT NOT NULL,
    pack TEXT NOT NULL,
    period TEXT NOT NULL,
    held BIGINT NOT NULL,
    spent BIGINT NOT NULL,
    PRIMARY KEY (scope, scope_id, pack, period)
)""",
    """
CREATE TABLE budgets (
    guild_id BIGINT NOT NULL,
    pack TEXT NOT NULL,
    units BIGINT NOT NULL,
    PRIMARY KEY (guild_id, pack)
)""",
    """
CREATE TABLE warned (
    scope TEXT NOT NULL,
    scope_id BIGINT NOT NULL,
    pack TEXT NOT NULL,
    period TEXT NOT NULL,
    percent INTEGER NOT NULL,
    PRIMARY KEY (scope, scope_id, pack, period, percent)
)""",
    """
CREATE TABLE slots_kept (
    job_id TEXT PRIMARY KEY,
    pack TEXT NOT NULL,
    model TEXT NOT NULL,
    slots INTEGER NOT NULL,
    until DOUBLE PRECISION NOT NULL
)""",
    # Without a price: accepted before there was a ledger.
    "ALTER TABLE jobs ADD COLUMN units_price BIGINT",
    "ALTER TABLE jobs ADD COLUMN units_held BIGINT DEFAULT 0 NOT NULL",
    "ALTER TABLE jobs ADD COLUMN units_unclear BIGINT DEFAULT 0 NOT NULL",
    "ALTER TABLE jobs ADD COLUMN units_spent BIGINT DEFAULT 0 NOT NULL",
    "ALTER TABLE jobs ADD COLUMN units_booked BIGINT",
    "CREATE INDEX jobs_holding ON jobs (sent_at) WHERE units_held > 0",
)
