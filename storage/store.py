"""The store: everything that is persistent, behind one name."""

from storage.claims import Claims, Lane
from storage.decisions import Decisions
from storage.deliveries import Deliveries
from storage.guilds import Guilds
from storage.inserts import Inserts
from storage.leases import Leases
from storage.queries import Queries
from storage.retention import Purges
from storage.upload_limits import UploadLimits

__all__ = ["JobStore", "Lane"]


class JobStore(
    Inserts, Queries, Claims, Leases, Decisions, Deliveries, Purges, Guilds, UploadLimits
):
    """Jobs in one database, shared by as many processes as it allows.

    `owner` names this process on its leases and must be unique. Every method is one transaction,
    takes times as Unix seconds, and raises `StorageUnavailable` if the database can't be used; no
    driver exception gets through. `storage.engine.open_database` creates one.
    """
