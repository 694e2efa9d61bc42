"""The store: everything that is remembered, behind one name."""

from storage.claims import Claims, Lane
from storage.decisions import People
from storage.deliveries import Delivering
from storage.guilds import Guilds
from storage.inserts import Entering
from storage.leases import Steps
from storage.queries import Reading
from storage.retention import Keeping

__all__ = ["JobStore", "Lane"]


class JobStore(Entering, Reading, Claims, Steps, People, Delivering, Keeping, Guilds):
    """Jobs in one database, shared by as many processes as it allows.

    `owner` names this process on its leases and is its alone. Every method is one transaction,
    takes the time as Unix seconds, and raises `StorageUnavailable` where the database cannot be
    used; nothing of a driver comes through. `storage.engine.open_database` makes one.
    """
