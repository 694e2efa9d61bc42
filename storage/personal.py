"""Every column that holds an id or words of a member: how long, and how it is forgotten.

One list, which a test compares with the schema, with both pages about privacy, and with what
forgetting a member leaves behind.
"""

import enum
from collections.abc import Mapping
from typing import Final


class Kept(enum.StrEnum):
    """How long a column is kept, apart from forgetting."""

    WITH_JOB = "with job"
    """Until `storage.keep_days` after the job ended."""
    INPUTS = "inputs"
    """Until `storage.keep_inputs_days` after the job ended."""
    LEDGER = "ledger"
    """`storage.keep_ledger_days`."""
    SHORT = "short"
    """For minutes, a day or a month, as PRIVACY says of its table."""
    UNTIL_CHANGED = "until changed"
    """As long as somebody wants it."""


class Forgotten(enum.StrEnum):
    """What forgetting the member does."""

    ROW = "row"
    """The whole row is deleted."""
    EMPTIED = "emptied"
    """The row stays without it."""
    AFTER_DAY = "after day"
    """The row stays; it is emptied once the UTC day is over, because limits need it."""
    STAYS = "stays"
    """It stays, as PRIVACY says."""


PERSONAL: Final[Mapping[str, tuple[Kept, Forgotten]]] = {
    "jobs.user_id": (Kept.WITH_JOB, Forgotten.ROW),
    "jobs.interaction_id": (Kept.WITH_JOB, Forgotten.ROW),
    "jobs.channel_id": (Kept.WITH_JOB, Forgotten.ROW),
    "jobs.locale": (Kept.WITH_JOB, Forgotten.ROW),
    "jobs.card_token": (Kept.SHORT, Forgotten.ROW),
    "jobs.card_message_id": (Kept.WITH_JOB, Forgotten.ROW),
    "jobs.request": (Kept.WITH_JOB, Forgotten.ROW),
    "jobs.sources": (Kept.SHORT, Forgotten.ROW),
    "jobs.result_urls": (Kept.SHORT, Forgotten.ROW),
    "jobs.question": (Kept.SHORT, Forgotten.ROW),
    "jobs.outcome": (Kept.WITH_JOB, Forgotten.ROW),
    "inputs.data": (Kept.INPUTS, Forgotten.ROW),
    "inputs.facts": (Kept.INPUTS, Forgotten.ROW),
    "deliveries.channel_id": (Kept.WITH_JOB, Forgotten.ROW),
    "deliveries.message_id": (Kept.WITH_JOB, Forgotten.ROW),
    "deliveries.token": (Kept.SHORT, Forgotten.ROW),
    "deliveries.again_by": (Kept.WITH_JOB, Forgotten.EMPTIED),
    "lineage.user_id": (Kept.WITH_JOB, Forgotten.ROW),
    "bells.user_id": (Kept.WITH_JOB, Forgotten.ROW),
    "stars.user_id": (Kept.WITH_JOB, Forgotten.ROW),
    "showcased.user_id": (Kept.UNTIL_CHANGED, Forgotten.ROW),
    "input_bytes.user_id": (Kept.SHORT, Forgotten.ROW),
    "turns.user_id": (Kept.SHORT, Forgotten.ROW),
    "ledger.user_id": (Kept.LEDGER, Forgotten.AFTER_DAY),
    "totals.scope_id": (Kept.SHORT, Forgotten.AFTER_DAY),
    "warned.scope_id": (Kept.SHORT, Forgotten.STAYS),
    "drafts.user_id": (Kept.SHORT, Forgotten.ROW),
    "drafts.channel_id": (Kept.SHORT, Forgotten.ROW),
    "drafts.request": (Kept.SHORT, Forgotten.ROW),
    "drafts.variants": (Kept.SHORT, Forgotten.ROW),
    "drafts.sources": (Kept.SHORT, Forgotten.ROW),
    "settings.id": (Kept.UNTIL_CHANGED, Forgotten.ROW),
    "settings.value": (Kept.UNTIL_CHANGED, Forgotten.ROW),
    "blocks.user_id": (Kept.UNTIL_CHANGED, Forgotten.STAYS),
    "blocks.reason": (Kept.UNTIL_CHANGED, Forgotten.EMPTIED),
    "characters.user_id": (Kept.UNTIL_CHANGED, Forgotten.ROW),
    "characters.name": (Kept.UNTIL_CHANGED, Forgotten.ROW),
    "characters.folded": (Kept.UNTIL_CHANGED, Forgotten.ROW),
    "characters.description": (Kept.UNTIL_CHANGED, Forgotten.ROW),
    "character_lineage.user_id": (Kept.UNTIL_CHANGED, Forgotten.ROW),
    "audit.user_id": (Kept.LEDGER, Forgotten.EMPTIED),
    "audit.member_id": (Kept.LEDGER, Forgotten.EMPTIED),
    "audit.was": (Kept.LEDGER, Forgotten.STAYS),
    "audit.becomes": (Kept.LEDGER, Forgotten.STAYS),
}
"""By `table.column`. `warned` holds ids of servers alone; the values in `audit` are a server's."""

IMPERSONAL_IDS: Final = frozenset(
    {
        "jobs.id", "jobs.application_id", "jobs.guild_id", "jobs.parent_id", "jobs.task_id",
        "inputs.job_id", "deliveries.job_id", "lineage.job_id", "bells.job_id",
        "stars.job_id", "leftovers.job_id", "leftovers.channel_id", "leftovers.message_id",
        "leftovers.after_id", "hidden.job_id", "showcased.job_id",
        "showcased.guild_id", "showcased.channel_id",
        "showcased.message_id", "showcased.after_id", "character_lineage.character_id",
        "ledger.guild_id",
        "ledger.job_id", "ledger.task_id", "budgets.guild_id", "turns.guild_id", "guilds.guild_id",
        "upload_limits.guild_id", "slots_kept.job_id", "drafts.id", "drafts.guild_id",
        "drafts.parent_id", "settings.guild_id", "blocks.guild_id", "audit.guild_id",
        "characters.id", "characters.guild_id", "characters.element_id", "removals.id",
        "removals.element_id", "removals.task_id",
    }
)  # fmt: skip
"""Ids of jobs, tasks, servers and our own messages: random, or of no person."""
