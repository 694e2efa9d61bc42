"""What can go wrong with remembering: one branch of the tree drawn in `bot/errors.py`."""

import errno
from typing import Self


class StorageError(Exception):
    """Root of everything the store raises."""


class StorageUnavailable(StorageError):
    """The database cannot be opened, is held by another process, or is newer than the code.

    `reason` is one of `cannot_open`, `held`, `older`, `newer`, `corrupt`, `read_only`, `full`;
    `older` is raised only beside a running bot, which would bring the database up to date;
    `held` is also said of a transaction that another one made PostgreSQL undo as a whole.
    `detail` says more to an operator and never holds a password.
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


class DuplicateInteraction(StorageError):
    """This interaction already is a job: Discord delivered it twice, and it stays one job."""


class DayLimitReached(StorageError):
    """The member has used up the jobs of the day. Both numbers are jobs."""

    def __init__(self, used: int, limit: int) -> None:
        super().__init__(f"{used} of {limit} jobs used today")
        self.used = used
        self.limit = limit


class ClaimLost(StorageError):
    """Somebody else moved the row, or the lease ran out: what was about to be written is void."""


class IllegalTransition(StorageError):
    """A move that the table of legal transitions does not know: a mistake in the code."""

    def __init__(self, from_state: str, to_state: str) -> None:
        super().__init__(f"{from_state} → {to_state} is not in the table")
