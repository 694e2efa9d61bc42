"""The step of the schema that brings what members do with jobs from day to day."""

from typing import Final

from sqlalchemy import Connection


def m006_members(connection: Connection) -> None:
    """Who wants to hear of a job, what is to go out of Discord again, and what is out of it.

    And showcases: who wants what there, when its copy is due, and copies of deleted jobs.
    """
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
    """
CREATE TABLE stars (
    job_id TEXT NOT NULL,
    user_id BIGINT NOT NULL,
    PRIMARY KEY (job_id, user_id),
    FOREIGN KEY(job_id) REFERENCES jobs (id) ON DELETE CASCADE
)""",
    "CREATE INDEX stars_of_member ON stars (user_id)",
    "ALTER TABLE jobs ADD COLUMN show_due_at DOUBLE PRECISION",
    "ALTER TABLE jobs ADD COLUMN show_tries INTEGER DEFAULT 0 NOT NULL",
    "CREATE INDEX jobs_show_due ON jobs (show_due_at) WHERE show_due_at IS NOT NULL",
    """
CREATE TABLE leftovers (
    job_id TEXT NOT NULL,
    part INTEGER NOT NULL,
    channel_id BIGINT NOT NULL,
    message_id BIGINT,
    after_id BIGINT NOT NULL,
    first_tried_at DOUBLE PRECISION,
    first_tried_there DOUBLE PRECISION,
    last_tried_there DOUBLE PRECISION,
    tries INTEGER DEFAULT 0 NOT NULL,
    due_at DOUBLE PRECISION NOT NULL,
    PRIMARY KEY (job_id, part)
)""",
    "CREATE INDEX leftovers_due ON leftovers (due_at)",
    """
CREATE TABLE showcased (
    job_id TEXT NOT NULL,
    part INTEGER NOT NULL,
    user_id BIGINT NOT NULL,
    author BOOLEAN NOT NULL,
    guild_id BIGINT,
    channel_id BIGINT NOT NULL,
    message_id BIGINT,
    after_id BIGINT NOT NULL,
    first_tried_at DOUBLE PRECISION,
    first_tried_there DOUBLE PRECISION,
    last_tried_there DOUBLE PRECISION,
    PRIMARY KEY (job_id, part, user_id)
)""",
    "CREATE INDEX showcased_of_member ON showcased (user_id)",
    "CREATE INDEX showcased_of_server ON showcased (guild_id)",
    """
CREATE TABLE hidden (
    job_id TEXT NOT NULL,
    asked_at DOUBLE PRECISION NOT NULL,
    due_at DOUBLE PRECISION,
    tries INTEGER NOT NULL,
    PRIMARY KEY (job_id),
    FOREIGN KEY(job_id) REFERENCES jobs (id) ON DELETE CASCADE
)""",
    "CREATE INDEX hidden_due ON hidden (due_at) WHERE due_at IS NOT NULL",
)
