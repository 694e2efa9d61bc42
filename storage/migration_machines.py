"""The step of the schema that lets several processes work on one database."""

from typing import Final

from sqlalchemy import Connection


def m005_machines(connection: Connection) -> None:
    """What processes share: outages of Kling, roles, Discord's call budget, notices.

    And by which older code a schema can still be used, for restarts one process at a time.
    """
    for statement in _M005:
        connection.exec_driver_sql(statement)


_M005: Final = (
    "ALTER TABLE schema_version ADD COLUMN readable_from INTEGER",
    """
CREATE TABLE outages (
    pack TEXT NOT NULL,
    model TEXT NOT NULL,
    why TEXT NOT NULL,
    until DOUBLE PRECISION NOT NULL,
    since DOUBLE PRECISION NOT NULL,
    refusal JSON,
    dear_from DOUBLE PRECISION NOT NULL,
    failures INTEGER NOT NULL,
    prober TEXT,
    told BOOLEAN NOT NULL,
    PRIMARY KEY (pack, model)
)""",
    "CREATE TABLE unanswered (job TEXT PRIMARY KEY)",
    """
CREATE TABLE roles (
    name TEXT PRIMARY KEY,
    owner TEXT NOT NULL,
    until DOUBLE PRECISION NOT NULL,
    term BIGINT NOT NULL
)""",
    """
CREATE TABLE call_shares (
    owner TEXT PRIMARY KEY,
    calls_per_s DOUBLE PRECISION NOT NULL,
    wanted_per_s DOUBLE PRECISION NOT NULL,
    until DOUBLE PRECISION NOT NULL
)""",
    "CREATE TABLE notices (about TEXT PRIMARY KEY, sent_at DOUBLE PRECISION NOT NULL)",
)
