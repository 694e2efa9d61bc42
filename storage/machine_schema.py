"""The tables through which several processes agree; `storage.migration_machines` creates them."""

from typing import Final

from sqlalchemy import JSON, BigInteger, Boolean, Column, Double, Integer, Table, Text

from storage.metadata import metadata

outages: Final = Table(
    "outages",
    metadata,
    # Both empty: everything that is sent to Kling.
    Column("pack", Text, primary_key=True),
    Column("model", Text, primary_key=True),
    Column("why", Text, nullable=False),
    Column("until", Double, nullable=False),
    Column("since", Double, nullable=False),
    Column("refusal", JSON(none_as_null=True)),
    Column("dear_from", Double, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("prober", Text),
    Column("told", Boolean, nullable=False),
)
"""The open circuits of the breaker, by `storage.circuits`."""

unanswered: Final = Table("unanswered", metadata, Column("job", Text, primary_key=True))
"""Jobs in a row that got no answer from Kling, before that counts as an outage."""

roles: Final = Table(
    "roles",
    metadata,
    Column("name", Text, primary_key=True),
    Column("owner", Text, nullable=False),
    Column("until", Double, nullable=False),
    Column("term", BigInteger, nullable=False),
)
"""What one process of many does, by `storage.roles`."""

call_shares: Final = Table(
    "call_shares",
    metadata,
    Column("owner", Text, primary_key=True),
    Column("calls_per_s", Double, nullable=False),
    Column("wanted_per_s", Double, nullable=False),
    Column("until", Double, nullable=False),
)
"""Each process's share of the calls that Discord allows, by `storage.call_shares`."""

notices: Final = Table(
    "notices",
    metadata,
    Column("about", Text, primary_key=True),
    Column("sent_at", Double, nullable=False),
)
"""When the operator was last sent a notice, by `storage.notices`."""

places: Final = Table(
    "places",
    metadata,
    Column("pack", Text, primary_key=True),
    Column("model", Text, primary_key=True),
    Column("places", Integer, nullable=False),
    Column("learnt_at", Double, nullable=False),
)
"""How many places Kling has for a model, as far as it is known, by `storage.places`."""
