"""Every version of the schema, in order, and how a database is upgraded to the newest.

A released migration is never edited. `storage.schema` states what all of them together have built,
and a test compares the two.
"""

from collections.abc import Callable, Sequence
from typing import Final

from sqlalchemy import Connection, func, select

from storage.connections import POSTGRESQL
from storage.migration_jobs import m001_jobs
from storage.migration_kling import m007_kling
from storage.migration_machines import m005_machines
from storage.migration_members import m006_members
from storage.migration_money import m004_money
from storage.own_tables import claim_new, refuse_if_leased, table_names
from storage.statements import analyze
from storage.versions import Version, check_not_newer, note_version, version_in

Migration = Callable[[Connection], None]


LOCK_WAIT_S: Final = 10
"""How long a table may be in use before an upgrade gives up and is left to the next start."""

MIGRATION_TURN: Final = 3
"""Number of the PostgreSQL advisory lock: if processes start together, one of them migrates."""


def m002_guilds(connection: Connection) -> None:
    """Servers, and since when the bot is no longer there.

    It has been a member wherever it could post; the next start finds out which servers it has left.
    """
    connection.exec_driver_sql(
        "CREATE TABLE guilds (guild_id BIGINT PRIMARY KEY, left_at DOUBLE PRECISION)"
    )
    connection.exec_driver_sql(
        "INSERT INTO guilds (guild_id)"
        " SELECT DISTINCT guild_id FROM jobs WHERE can_post AND guild_id IS NOT NULL"
    )


def m003_neighbours(connection: Connection) -> None:
    """What keeps members, servers and ended jobs from being in each other's way."""
    for statement in _M003:
        connection.exec_driver_sql(statement)


_M003: Final = (
    (
        "CREATE TABLE upload_limits (guild_id BIGINT PRIMARY KEY, seen_bytes BIGINT,"
        " seen_at DOUBLE PRECISION, refused_bytes BIGINT, refused_at DOUBLE PRECISION)"
    ),
    "ALTER TABLE inputs ADD COLUMN until DOUBLE PRECISION",
    "CREATE INDEX inputs_until ON inputs (until) WHERE until IS NOT NULL",
    # The new indexes rely on these two.
    (
        "UPDATE jobs SET ended_at = CASE WHEN state IN ('done', 'cancelled') THEN updated_at END"
        " WHERE (state IN ('done', 'cancelled')) != (ended_at IS NOT NULL)"
    ),
    (
        "UPDATE jobs SET due_at = NULL"
        " WHERE state IN ('done', 'cancelled') AND NOT gave_up AND due_at IS NOT NULL"
    ),
    "DROP INDEX jobs_due",
    "DROP INDEX jobs_card_due",
    "CREATE INDEX jobs_due ON jobs (state, due_at) WHERE due_at IS NOT NULL",
    "CREATE INDEX jobs_card_due ON jobs (card_due_at) WHERE card_due_at IS NOT NULL",
    "CREATE INDEX jobs_unanswered ON jobs (due_at) WHERE answered_at IS NULL",
    "CREATE INDEX jobs_leased ON jobs (lease_until) WHERE lease_until IS NOT NULL",
    "CREATE INDEX jobs_open ON jobs (state, pack, queued_at, id) WHERE ended_at IS NULL",
    "CREATE INDEX jobs_open_of_member ON jobs (user_id, state) WHERE ended_at IS NULL",
    "CREATE INDEX jobs_card_token ON jobs (card_token_until) WHERE card_token IS NOT NULL",
    "CREATE INDEX jobs_ended ON jobs (ended_at) WHERE ended_at IS NOT NULL",
    "CREATE INDEX jobs_in_state ON jobs (state, created_at)",
    "CREATE INDEX jobs_of_server ON jobs (guild_id, created_at)",
    "CREATE INDEX deliveries_token ON deliveries (token_until) WHERE token IS NOT NULL",
    """
CREATE TABLE lineage (
    job_id TEXT NOT NULL,
    user_id BIGINT NOT NULL,
    PRIMARY KEY (job_id, user_id),
    FOREIGN KEY(job_id) REFERENCES jobs (id) ON DELETE CASCADE
)""",
    "CREATE INDEX lineage_of_member ON lineage (user_id)",
    """
INSERT INTO lineage (job_id, user_id)
WITH RECURSIVE came_from (job_id, user_id, parent_id) AS (
    SELECT jobs.id, parents.user_id, parents.parent_id
    FROM jobs JOIN jobs AS parents ON parents.id = jobs.parent_id
    UNION
    SELECT came_from.job_id, parents.user_id, parents.parent_id
    FROM came_from JOIN jobs AS parents ON parents.id = came_from.parent_id
)
SELECT DISTINCT came_from.job_id, came_from.user_id
FROM came_from JOIN jobs ON jobs.id = came_from.job_id
WHERE jobs.user_id != came_from.user_id""",
    # The newest job tells whose database it is.
    (
        "INSERT INTO facts (key, value)"
        " SELECT 'application_id', CAST(application_id AS TEXT) FROM jobs"
        " ORDER BY created_at DESC LIMIT 1"
    ),
    "ALTER TABLE jobs ADD COLUMN to_forget_since DOUBLE PRECISION",
    "CREATE INDEX jobs_to_forget ON jobs (to_forget_since) WHERE to_forget_since IS NOT NULL",
    # Fair turns, and when a job's last create was begun (at the latest).
    "ALTER TABLE jobs ADD COLUMN sent_at DOUBLE PRECISION",
    "UPDATE jobs SET sent_at = COALESCE(submitted_at, updated_at) WHERE create_tries > 0",
    # Due at once: the step computes until when the slot is still held.
    (
        "UPDATE jobs SET due_at = updated_at"
        " WHERE state = 'waiting' AND waits_for = 'unsure' AND NOT gave_up"
    ),
    "ALTER TABLE jobs ADD COLUMN turn DOUBLE PRECISION",
    # They have gone before, so they keep their place if they come back.
    "UPDATE jobs SET turn = 0 WHERE create_tries > 0",
    """
CREATE TABLE turns (
    pack TEXT NOT NULL,
    guild_id BIGINT NOT NULL,
    user_id BIGINT NOT NULL,
    finish DOUBLE PRECISION NOT NULL,
    virtual DOUBLE PRECISION NOT NULL,
    gathers_since DOUBLE PRECISION,
    moved_at DOUBLE PRECISION NOT NULL,
    PRIMARY KEY (pack, guild_id, user_id)
)""",
    "CREATE INDEX turns_gathering ON turns (gathers_since) WHERE gathers_since IS NOT NULL",
    # Limits: calls that cost without a task, repeats, bytes of files.
    "ALTER TABLE jobs ADD COLUMN cost_begun BOOLEAN DEFAULT FALSE NOT NULL",
    # The faces of these were identified.
    "UPDATE jobs SET cost_begun = TRUE WHERE kind = 'lipsync' AND state IN ('waiting', 'queued')",
    "ALTER TABLE deliveries ADD COLUMN again_by BIGINT",
    "ALTER TABLE deliveries ADD COLUMN broke_off INTEGER DEFAULT 0 NOT NULL",
    "ALTER TABLE deliveries ADD COLUMN first_tried_there DOUBLE PRECISION",
    "ALTER TABLE deliveries ADD COLUMN last_tried_there DOUBLE PRECISION",
    "ALTER TABLE jobs ADD COLUMN in_vain JSON",
    (
        "CREATE INDEX deliveries_again ON deliveries (again_by, planned_at)"
        " WHERE again_by IS NOT NULL"
    ),
    """
CREATE TABLE input_bytes (
    user_id BIGINT NOT NULL,
    day BIGINT NOT NULL,
    bytes BIGINT NOT NULL,
    PRIMARY KEY (user_id, day)
)""",
    # What was learnt of Kling's places, and what makes a job wait for room.
    """
CREATE TABLE places (
    pack TEXT NOT NULL,
    model TEXT NOT NULL,
    places INTEGER NOT NULL,
    learnt_at DOUBLE PRECISION NOT NULL,
    PRIMARY KEY (pack, model)
)""",
    "ALTER TABLE jobs ADD COLUMN room_refusals INTEGER DEFAULT 0 NOT NULL",
    "ALTER TABLE jobs ADD COLUMN room_refused_since DOUBLE PRECISION",
    "ALTER TABLE jobs ADD COLUMN aside BOOLEAN DEFAULT FALSE NOT NULL",
)


MIGRATIONS: Final[tuple[Migration, ...]] = (
    m001_jobs,
    m002_guilds,
    m003_neighbours,
    m004_money,
    m005_machines,
    m006_members,
    m007_kling,
)
EXPANDING: Final[frozenset[Migration]] = frozenset()
"""Those after which the program before still works on the database: it runs while processes are
restarted one by one. They only add tables, indexes, and columns with a default, and none that the
program before would have to know: it must read every row, and forget all of a member. What is no
longer needed is dropped a release later."""


def migrate(
    connection: Connection,
    migrations: Sequence[Migration] = MIGRATIONS,
    now: float | None = None,
) -> None:
    """Upgrade the database to the newest version, inside the caller's transaction.

    The version is recorded in the same transaction, so an interruption leaves the old or the new.
    Raises `StorageUnavailable` if the database is too new for the code, or is not this program's;
    and, if `now` is given, while processes work on it that could not go on afterwards.
    """
    if connection.dialect.name == POSTGRESQL:
        connection.execute(select(func.pg_advisory_xact_lock(MIGRATION_TURN)))
    version = version_in(connection)
    check_not_newer(version, len(migrations))
    if version.number >= len(migrations):
        return
    shared = connection.dialect.name == POSTGRESQL
    if shared and now is not None and version.number < readable_from(migrations):
        refuse_if_leased(connection, now)
    if connection.dialect.name == POSTGRESQL and version.number:
        # Who waits for a table that a copy is being made of has everybody else wait behind.
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{LOCK_WAIT_S}s'").close()
    before = table_names(connection)
    for migration in migrations[version.number :]:
        migration(connection)
    claim_new(connection, before)
    note_version(connection, Version(len(migrations), readable_from(migrations)))
    if connection.dialect.name == POSTGRESQL:
        analyze(connection)


def readable_from(migrations: Sequence[Migration]) -> int:
    """Return the oldest version whose program can use what these migrations have built."""
    oldest = len(migrations)
    while oldest and migrations[oldest - 1] in EXPANDING:
        oldest -= 1
    return oldest
