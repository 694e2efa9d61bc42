"""Storage errors: one branch of the tree drawn in `bot/errors.py`."""

import contextlib
import errno
from collections.abc import Iterator
from typing import Final, Self

COPY_REASONS: Final = frozenset({"cannot_open", "corrupt", "read_only", "full"})
"""What may be wrong with a file, and not only with the database."""


class StorageError(Exception):
    """Root of all errors that the store raises."""


class StorageUnavailable(StorageError):
    """The database cannot be opened, is held by another process, or is newer than the code.

    `reason` is one of `cannot_open`, `held`, `older`, `newer`, `corrupt`, `read_only`, `full`,
    `other_application`, `closed`, `no_scratch`, `deaf` (it passes no wake-ups on), and those of a
    move: `moved`, `half_moved`, `not_empty`, `differs`; `half_restored`: a copy was not marked.
    `older` is raised only beside a running bot, which would upgrade the database itself. `held`
    also stands for a transaction that PostgreSQL rolled back because of another one. `closed` is
    this process's own doing: it is about to end. `detail` has
    more for the operator and never contains a password.
    """

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason
        self.detail = detail

    @classmethod
    def because(cls, error: OSError, path: object) -> Self:
        """Return what the operating system's error about this path means for the database."""
        reason = {
            errno.EACCES: "read_only",
            errno.EPERM: "read_only",
            errno.EROFS: "read_only",
            errno.ENOSPC: "full",
            errno.EDQUOT: "full",
        }.get(error.errno or 0, "cannot_open")
        return cls(reason, f"{path}: {error.strerror}")


class CopyUnusable(StorageUnavailable):
    """The file that a copy is to be written to, or restored from; the database is as it was.

    `reason` and `detail` are as above; `written` tells which of both was to be done.
    """

    def __init__(self, reason: str, detail: str, *, written: bool) -> None:
        super().__init__(reason, detail)
        self.written = written


@contextlib.contextmanager
def about_copy(*, written: bool) -> Iterator[None]:
    """Say of a file that can't be used that it is the copy."""
    try:
        yield
    except StorageUnavailable as error:
        if error.reason in COPY_REASONS:
            raise CopyUnusable(error.reason, error.detail, written=written) from None
        raise


class RoleLost(StorageError):
    """Another process has this role now: nothing was written."""


class DuplicateInteraction(StorageError):
    """This interaction is already a job: Discord delivered it twice, and it stays one job."""


class LimitReached(StorageError):
    """One more would pass a limit of the member: nothing was stored."""

    def __init__(self, used: int, limit: int) -> None:
        super().__init__(f"{used} of {limit}")
        self.used = used
        self.limit = limit


class DayLimitReached(LimitReached):
    """The member has used up the jobs of the day. Both numbers are jobs."""


class OpenLimitReached(LimitReached):
    """The member has as many jobs that are not ended as allowed. Both numbers are jobs."""


class BytesLimitReached(LimitReached):
    """The files would pass what is stored for a member in a day. Both numbers are bytes."""


class UnitsLimitReached(LimitReached):
    """The job's price would pass a limit by units. All numbers are hundredths of a unit."""

    def __init__(
        self, scope: str, pack: str, used: int, limit: int, price: int, again_at: float
    ) -> None:
        super().__init__(used, limit)
        self.scope = scope
        """`account`, `server` or `member`."""
        self.pack = pack
        self.price = price
        self.again_at = again_at
        """When the limit's day or month is over (Unix seconds)."""


class AgainLimitReached(LimitReached):
    """The member has had results delivered again as often as allowed in an hour."""

    def __init__(self, used: int, limit: int, again_at: float) -> None:
        super().__init__(used, limit)
        self.again_at = again_at
        """When it is possible again (Unix seconds)."""


class DraftLimitReached(LimitReached):
    """The member has as many open drafts as allowed. Both numbers are drafts."""


class ForgottenToday(StorageError):
    """Everything of the member was deleted on this day already."""

    def __init__(self, again_at: float) -> None:
        super().__init__()
        self.again_at = again_at
        """When it is possible again (Unix seconds)."""


class AlreadyStarted(StorageError):
    """A job with this id is there already: its draft was started before."""


class ParentForgotten(StorageError):
    """The job that this one is made of was deleted just now: nothing was stored."""


class ClaimLost(StorageError):
    """Another process claimed or moved the row, or the lease expired: the write was not made."""


class RowUnreadable(StorageError):
    """A row that this version can't decode, for example one that a newer version wrote."""

    def __init__(self, job_id: str, why: str) -> None:
        super().__init__(f"job {job_id}: {why}")
        self.job_id = job_id
        self.why = why


class IllegalTransition(StorageError):
    """A move that is not in the table of legal transitions: a programming error."""

    def __init__(self, from_state: str, to_state: str) -> None:
        super().__init__(f"{from_state} → {to_state} is not in the table")
