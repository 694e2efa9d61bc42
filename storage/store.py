"""The store: everything that is remembered, behind one name."""

from storage.claims import Claims, Lane
from storage.delivering import Delivering
from storage.entering import Entering
from storage.guilds import Guilds
from storage.keeping import Keeping
from storage.people import People
from storage.reading import Reading
from storage.steps import Steps

__all__ = ["JobStore", "Lane"]


class JobStore(Entering, Reading, Claims, Steps, People, Delivering, Keeping, Guilds):
    """Jobs in one database, shared by as many processes as it allows.

    `owner` names this process on its leases and is its alone. Every method is one transaction,
    takes the time as Unix seconds, and raises `StorageUnavailable` where the database cannot be
    used; nothing of a driver comes through. `storage.engine.open_database` makes one.
    """
