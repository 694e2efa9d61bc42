"""The store: everything that is persistent, behind one name."""

from storage.accounting import Accounting
from storage.audit import Audit
from storage.bells import Bells
from storage.bookkeeping import Bookkeeping
from storage.call_shares import CallShares
from storage.characters import Characters
from storage.claims import Claims
from storage.decisions import Decisions
from storage.deliveries import Deliveries
from storage.drafts import Drafts
from storage.facts import Facts
from storage.forget_requests import ForgetRequests
from storage.gauges import Measures
from storage.guilds import Guilds
from storage.hidden import Hidden
from storage.history import History
from storage.inserts import Inserts
from storage.lanes import Lane
from storage.learning import Learning
from storage.leases import Leases
from storage.leftovers import Leftovers
from storage.moving import Moving
from storage.notices import Notices
from storage.outages import Outages
from storage.ownership import Ownership
from storage.personal_archive import Archives
from storage.queries import Queries
from storage.restoring import Restoring
from storage.retention import Retention
from storage.roles import OfTerm, Roles
from storage.server_settings import ServerSettings
from storage.shard_leases import ShardLeases
from storage.showcased import Showcased
from storage.stars import Stars
from storage.unwanted import Unwanted
from storage.upload_limits import UploadLimits
from storage.waits import Waits
from storage.wakeups import Wakeups

__all__ = ["JobStore", "Lane"]


class JobStore(
    Inserts,
    Accounting,
    Bookkeeping,
    Queries,
    History,
    Claims,
    Leases,
    Decisions,
    Ownership,
    Deliveries,
    Facts,
    Learning,
    Retention,
    Guilds,
    UploadLimits,
    Waits,
    Bells,
    Stars,
    Leftovers,
    Showcased,
    Hidden,
    Characters,
    Unwanted,
    Drafts,
    ForgetRequests,
    Archives,
    ServerSettings,
    Audit,
    Measures,
    Restoring,
    Moving,
    Outages,
    Roles,
    CallShares,
    ShardLeases,
    Notices,
    Wakeups,
):
    """Jobs in one database, shared by as many processes as it allows.

    `owner` names this process on its leases and must be unique. Every method is one transaction,
    except for those that delete in bulk: they are many short ones, and safe to repeat. Every method
    takes times as Unix seconds, and raises `StorageUnavailable` if the database can't be used; no
    driver exception gets through. `storage.engine.open_database` creates one.
    """

    def of_term(self, role: str, term: int) -> "JobStore":
        """Return this store as the holder of a role sees it.

        Its writes raise `RoleLost` once another process has the role.
        """
        return JobStore(OfTerm(self._connections, role, term), self._owner)
