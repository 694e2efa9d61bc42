"""The step of the schema that brings what members do with jobs from day to day."""

from typing import Final

from sqlalchemy import Connection


def m006_members(connection: Connection) -> None:
    """Who wants to hear of a job, what is to go out of Discord again, and what is out of it."""
    for statement in _STATEMENTS:
        connection.exec_driver_sql(statement)


_STATEMENTS: Final = (
    """
CREATE TABLE bells (
    job_id TEXT NOT NULL,
    user_id BIGINT NOT NULL,
    PRIMARY KEY (job_id, user_id),
    FOREIGN KEY(job_id) REFERENCES jobs (id) ON DELETE CASCADE
)""",
    "CREATE INDEX bells_of_member ON bells (user_id)",
    "ALTER TABLE jobs ADD COLUMN unwanted BOOLEAN DEFAULT FALSE NOT NULL",
    "ALTER TABLE deliveries ADD COLUMN gone_at DOUBLE PRECISION",
)
