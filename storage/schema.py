"""The tables as the statements see them; `storage.migrations` creates them.

One row per job with everything a step needs, so that a claim reads it in one statement. Times are
Unix seconds. Secrets (the interaction token, signed URLs) have columns of their own,
`SECRET_COLUMNS`, and are cleared when the job ends; the token of a fetched delivery is cleared when
it is delivered or goes to another venue. The URL of a lip-sync's video is kept with the inputs, and
deleted with them or when it expires.
"""

from typing import Final

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Double,
    Integer,
    LargeBinary,
    Table,
    Text,
    false,
    text,
)

from storage.character_schema import character_lineage, characters, removals
from storage.machine_schema import call_shares, notices, outages, places, roles, unanswered
from storage.members_schema import bells, hidden, leftovers, showcased, stars
from storage.metadata import index as _index
from storage.metadata import job_id, metadata
from storage.money_schema import budgets, ledger, slots_kept, totals, warned
from storage.people_schema import audit, blocks, drafts, settings

__all__ = [
    "ENDING_EMPTIES",
    "SECRET_COLUMNS",
    "audit",
    "bells",
    "blocks",
    "budgets",
    "call_shares",
    "character_lineage",
    "characters",
    "deliveries",
    "drafts",
    "facts",
    "guilds",
    "hidden",
    "input_bytes",
    "inputs",
    "jobs",
    "ledger",
    "leftovers",
    "lineage",
    "metadata",
    "notices",
    "outages",
    "places",
    "removals",
    "roles",
    "schema_version",
    "settings",
    "showcased",
    "slots_kept",
    "stars",
    "totals",
    "turns",
    "unanswered",
    "upload_limits",
    "warned",
]


jobs: Final = Table(
    "jobs",
    metadata,
    Column("id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("state", Text, nullable=False),
    # Origin: written once.
    Column("interaction_id", BigInteger, nullable=False, unique=True),
    Column("application_id", BigInteger, nullable=False),
    Column("user_id", BigInteger, nullable=False),
    Column("channel_id", BigInteger, nullable=False),
    Column("guild_id", BigInteger),
    Column("locale", Text, nullable=False),
    Column("can_post", Boolean, nullable=False),
    Column("answer_limit_bytes", BigInteger, nullable=False),
    Column("post_limit_bytes", BigInteger, nullable=False),
    # The card.
    Column("card_token", Text),
    Column("card_token_until", Double, nullable=False),
    Column("card_message_id", BigInteger),
    Column("answered_at", Double),
    Column("card_shows", Text, nullable=False),
    Column("card_wants", Text, nullable=False),
    Column("card_due_at", Double),
    Column("card_tries", Integer, nullable=False),
    # The request: written once.
    Column("request", JSON(none_as_null=True), nullable=False),
    Column("route", Text, nullable=False),
    Column("model", Text, nullable=False),
    Column("pack", Text, nullable=False),
    Column("slots", Integer, nullable=False),
    Column("parent_id", Text),
    Column("callback_key", Text, nullable=False),
    # State.
    Column("created_at", Double, nullable=False),
    Column("updated_at", Double, nullable=False),
    Column("due_at", Double),
    Column("queued_at", Double),
    Column("turn", Double),
    Column("waits_for", Text),
    Column("waits_until", Double),
    Column("waits_then", Text, nullable=False),
    Column("sources", JSON(none_as_null=True)),
    Column("result_urls", JSON(none_as_null=True)),
    Column("question", JSON(none_as_null=True)),
    Column("task_id", Text),
    Column("sent_at", Double),
    Column("submitted_at", Double),
    Column("expected_at", Double),
    Column("finished_at", Double),
    Column("ended_at", Double),
    Column("create_tries", Integer, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("late", Boolean, nullable=False),
    Column("gave_up", Boolean, nullable=False),
    Column("stopped", Boolean, nullable=False),
    Column("unwanted", Boolean, nullable=False, server_default=false()),
    # When its copy in the showcase is due; none: nothing is owed there.
    Column("show_due_at", Double),
    Column("show_tries", Integer, nullable=False, server_default=text("0")),
    Column("outcome", JSON(none_as_null=True)),
    # Lease.
    Column("lease_owner", Text),
    Column("lease_until", Double),
    # It is made of what somebody wanted forgotten, and goes as soon as it has ended.
    Column("to_forget_since", Double),
    # Tries in a row that came to nothing, by what was waited for.
    Column("in_vain", JSON(none_as_null=True)),
    # Set before the first call that costs something without making a task.
    Column("cost_begun", Boolean, nullable=False, server_default=false()),
    # What it costs, in hundredths of a unit, by `storage.money`; no price: from before the ledger.
    Column("units_price", BigInteger),
    Column("units_held", BigInteger, nullable=False, server_default=text("0")),
    Column("units_unclear", BigInteger, nullable=False, server_default=text("0")),
    Column("units_spent", BigInteger, nullable=False, server_default=text("0")),
    Column("units_booked", BigInteger),
    _index("jobs_holding", "sent_at", where="units_held > 0"),
    # How often in a row Kling had no room for it while none of its model was in flight, since when,
    # and whether it therefore lets smaller orders go first.
    Column("room_refusals", Integer, nullable=False, server_default=text("0")),
    Column("room_refused_since", Double),
    Column("aside", Boolean, nullable=False, server_default=false()),
    _index("jobs_to_forget", "to_forget_since", where="to_forget_since IS NOT NULL"),
    # What the loop looks into holds no job that has ended, however many there are.
    _index("jobs_due", "state", "due_at", where="due_at IS NOT NULL"),
    _index("jobs_card_due", "card_due_at", where="card_due_at IS NOT NULL"),
    _index("jobs_show_due", "show_due_at", where="show_due_at IS NOT NULL"),
    _index("jobs_unanswered", "due_at", where="answered_at IS NULL"),
    _index("jobs_leased", "lease_until", where="lease_until IS NOT NULL"),
    _index("jobs_open", "state", "pack", "queued_at", "id", where="ended_at IS NULL"),
    _index("jobs_open_of_member", "user_id", "state", where="ended_at IS NULL"),
    _index("jobs_card_token", "card_token_until", where="card_token IS NOT NULL"),
    # What people and the purge look into.
    _index("jobs_ended", "ended_at", where="ended_at IS NOT NULL"),
    _index("jobs_in_state", "state", "created_at"),
    _index("jobs_of_member", "user_id", "created_at"),
    _index("jobs_of_server", "guild_id", "created_at"),
    _index("jobs_callback", "callback_key"),
    _index("jobs_speed", "route", "model", "finished_at"),
)

inputs: Final = Table(
    "inputs",
    metadata,
    job_id(),
    Column("name", Text, primary_key=True),
    Column("media_type", Text, nullable=False),
    Column("data", LargeBinary, nullable=False),
    Column("facts", JSON(none_as_null=True), nullable=False),
    # After this moment it is useless and deleted: the URL of a signed file.
    Column("until", Double),
    _index("inputs_until", "until", where="until IS NOT NULL"),
)

deliveries: Final = Table(
    "deliveries",
    metadata,
    job_id(),
    Column("kind", Text, primary_key=True),
    Column("part", Integer, primary_key=True, autoincrement=False),
    Column("planned_at", Double, nullable=False),
    Column("venue", Text, nullable=False),
    Column("items", JSON(none_as_null=True), nullable=False),
    Column("form", Text, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("first_tried_at", Double),
    Column("channel_id", BigInteger),
    Column("message_id", BigInteger),
    Column("told_at", Double),
    Column("token", Text),
    Column("token_until", Double),
    Column("broke_off", Integer, nullable=False, server_default=text("0")),
    # In Discord's time.
    Column("first_tried_there", Double),
    Column("last_tried_there", Double),
    Column("gone_at", Double),
    # The member who asked for it once more, for the limit.
    Column("again_by", BigInteger),
    _index("deliveries_token", "token_until", where="token IS NOT NULL"),
    _index("deliveries_again", "again_by", "planned_at", where="again_by IS NOT NULL"),
)

lineage: Final = Table(
    "lineage",
    metadata,
    job_id(),
    Column("user_id", BigInteger, primary_key=True, autoincrement=False),
    _index("lineage_of_member", "user_id"),
)
"""Other members whose words or files came along into a job, from the job it was made of.

Kept beside the job, because the one it was made of may be forgotten by its age before.
"""

input_bytes: Final = Table(
    "input_bytes",
    metadata,
    Column("user_id", BigInteger, primary_key=True, autoincrement=False),
    Column("day", BigInteger, primary_key=True, autoincrement=False),
    Column("bytes", BigInteger, nullable=False),
)
"""Bytes of files stored for a member on a day, named by its start in Unix seconds."""

facts: Final = Table(
    "facts",
    metadata,
    Column("key", Text, primary_key=True),
    Column("value", Text, nullable=False),
)

turns: Final = Table(
    "turns",
    metadata,
    Column("pack", Text, primary_key=True),
    Column("guild_id", BigInteger, primary_key=True, autoincrement=False),
    Column("user_id", BigInteger, primary_key=True, autoincrement=False),
    Column("finish", Double, nullable=False),
    Column("virtual", Double, nullable=False),
    Column("gathers_since", Double),
    Column("moved_at", Double, nullable=False),
    _index("turns_gathering", "gathers_since", where="gathers_since IS NOT NULL"),
)
"""What is remembered for fair turns, by `storage.turns`; 0 stands for none."""

guilds: Final = Table(
    "guilds",
    metadata,
    Column("guild_id", BigInteger, primary_key=True, autoincrement=False),
    Column("left_at", Double),
)
"""Servers the bot is in, or was in and whose data is not deleted yet."""

upload_limits: Final = Table(
    "upload_limits",
    metadata,
    Column("guild_id", BigInteger, primary_key=True, autoincrement=False),
    Column("seen_bytes", BigInteger),
    Column("seen_at", Double),
    Column("refused_bytes", BigInteger),
    Column("refused_at", Double),
)
"""How large a file a server accepts, by `storage.upload_limits`; 0 stands for direct messages."""

schema_version: Final = Table(
    "schema_version",
    metadata,
    Column("version", Integer, primary_key=True, autoincrement=False),
    # The oldest program that can use it, by the newest version that it knows; none: only this one.
    Column("readable_from", Integer),
)

ENDING_EMPTIES: Final = ("sources", "result_urls", "question")
"""Cleared by the write that ends the job: URLs of inputs, of results, of faces."""
SECRET_COLUMNS: Final = ("card_token", *ENDING_EMPTIES)
"""Every column that may contain a token or a signed URL."""
