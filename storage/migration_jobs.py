"""The first step of the schema: jobs with their inputs and deliveries, and small facts."""

from typing import Final

from sqlalchemy import Connection

_BLOB: Final = {"postgresql": "BYTEA", "sqlite": "BLOB"}


def m001_jobs(connection: Connection) -> None:
    """Jobs with their inputs and deliveries, and small facts."""
    for statement in _M001:
        connection.exec_driver_sql(statement.replace("{BLOB}", _BLOB[connection.dialect.name]))


_M001: Final = (
    """
CREATE TABLE jobs (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    interaction_id BIGINT NOT NULL UNIQUE,
    application_id BIGINT NOT NULL,
    user_id BIGINT NOT NULL,
    channel_id BIGINT NOT NULL,
    guild_id BIGINT,
    locale TEXT NOT NULL,
    can_post BOOLEAN NOT NULL,
    answer_limit_bytes BIGINT NOT NULL,
    post_limit_bytes BIGINT NOT NULL,
    card_token TEXT,
    card_token_until DOUBLE PRECISION NOT NULL,
    card_message_id BIGINT,
    answered_at DOUBLE PRECISION,
    card_shows TEXT NOT NULL,
    card_wants TEXT NOT NULL,
    card_due_at DOUBLE PRECISION,
    card_tries INTEGER NOT NULL,
    request JSON NOT NULL,
    route TEXT NOT NULL,
    model TEXT NOT NULL,
    pack TEXT NOT NULL,
    slots INTEGER NOT NULL,
    parent_id TEXT,
    callback_key TEXT NOT NULL,
    created_at DOUBLE PRECISION NOT NULL,
    updated_at DOUBLE PRECISION NOT NULL,
    due_at DOUBLE PRECISION,
    queued_at DOUBLE PRECISION,
    waits_for TEXT,
    waits_until DOUBLE PRECISION,
    waits_then TEXT NOT NULL,
    sources JSON,
    result_urls JSON,
    question JSON,
    task_id TEXT,
    submitted_at DOUBLE PRECISION,
    expected_at DOUBLE PRECISION,
    finished_at DOUBLE PRECISION,
    ended_at DOUBLE PRECISION,
    create_tries INTEGER NOT NULL,
    failures INTEGER NOT NULL,
    late BOOLEAN NOT NULL,
    gave_up BOOLEAN NOT NULL,
    stopped BOOLEAN NOT NULL,
    outcome JSON,
    lease_owner TEXT,
    lease_until DOUBLE PRECISION
)""",
    "CREATE INDEX jobs_due ON jobs (state, due_at)",
    "CREATE INDEX jobs_card_due ON jobs (card_due_at)",
    "CREATE INDEX jobs_of_member ON jobs (user_id, created_at)",
    "CREATE INDEX jobs_callback ON jobs (callback_key)",
    "CREATE INDEX jobs_speed ON jobs (route, model, finished_at)",
    """
CREATE TABLE inputs (
    job_id TEXT NOT NULL,
    name TEXT NOT NULL,
    media_type TEXT NOT NULL,
    data {BLOB} NOT NULL,
    facts JSON NOT NULL,
    PRIMARY KEY (job_id, name),
    FOREIGN KEY(job_id) REFERENCES jobs (id) ON DELETE CASCADE
)""",
    """
CREATE TABLE deliveries (
    job_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    part INTEGER NOT NULL,
    planned_at DOUBLE PRECISION NOT NULL,
    venue TEXT NOT NULL,
    items JSON NOT NULL,
    form TEXT NOT NULL,
    tries INTEGER NOT NULL,
    first_tried_at DOUBLE PRECISION,
    channel_id BIGINT,
    message_id BIGINT,
    told_at DOUBLE PRECISION,
    token TEXT,
    token_until DOUBLE PRECISION,
    PRIMARY KEY (job_id, kind, part),
    FOREIGN KEY(job_id) REFERENCES jobs (id) ON DELETE CASCADE
)""",
    "CREATE TABLE facts (key TEXT PRIMARY KEY, value TEXT NOT NULL)",
    "CREATE TABLE schema_version (version INTEGER PRIMARY KEY)",
)
