"""Why the process ends, in words for the operator. Pure."""

from collections.abc import Mapping
from typing import Final

from bot.errors import OperatorMustChange, SettingsInvalid, TokenRefused
from bot.invocation import Invocation
from storage.errors import CopyUnusable, StorageUnavailable

STORAGE_EXIT_CODE: Final = 4
COPY_AGAIN: Final = (
    "Copy it again from the Bot page of your application, or reset it there, and set "
    "KLINGBOT_DISCORD__TOKEN in .env."
)
COPY_NOT_WRITTEN: Final = "The copy cannot be written"
COPY_NOT_READ: Final = "The copy cannot be restored"
COPY_WHERE: Final = (
    "Name a FILE in a directory that exists, where this user may write. Of files that are there, "
    "only an earlier copy is replaced."
)
COPY_WHICH: Final = "Nothing was changed. Name a file that `backup` has written."
_STORAGE_TITLES: Final = {"no_scratch": "There is no place for files under way"}
_STORAGE_FIXES: Final[Mapping[str, str]] = {
    "cannot_open": "Check storage.url, and that this user may read and write there.",
    "held": "Stop the other process first: the bot probably runs already. A SQLite database is for "
    "one process; for several, use PostgreSQL.",
    "older": "Start the bot once: it makes a copy and upgrades the database.",
    "newer": "Update the program: a newer version has written to this database.",
    "corrupt": "Nothing was changed. Restore a copy; one is made beside it before each upgrade.",
    "read_only": "Let this user write to the file and to its directory.",
    "full": "Free some disk space.",
    "no_scratch": "Set TMPDIR to a directory that this user can write, or give the container "
    "a /tmp.",
    "moved": "Set storage.url to the address that you moved to. To go back to this file, restore a "
    "copy that was made before.",
    "half_moved": "Run migrate-storage again: it goes on where it stopped.",
    "half_restored": "Run restore again: it was cut short.",
    "not_empty": "Give the move an empty database.",
    "differs": "Nothing was changed in the file. Empty the database on the server, and move again.",
    "other_application": "Give each Discord application its own database in storage.url, or "
    "set the token of the application that this database belongs to.",
}


def exit_code(error: OperatorMustChange | StorageUnavailable) -> int:
    """Return the exit code of the contract."""
    return STORAGE_EXIT_CODE if isinstance(error, StorageUnavailable) else error.exit_code


def explain(error: OperatorMustChange | StorageUnavailable, invocation: Invocation) -> str:
    """Return one block: what is wrong, one thing per line, and what to do about it."""
    if isinstance(error, StorageUnavailable):
        title = _STORAGE_TITLES.get(error.reason, "The database cannot be used")
        if isinstance(error, CopyUnusable):
            title = COPY_NOT_WRITTEN if error.written else COPY_NOT_READ
        lines = [error.detail or error.reason.replace("_", " ")]
        fix = storage_fix(error)
    elif isinstance(error, SettingsInvalid):
        title = "The settings need a change"
        lines = str(error).splitlines()
        doctor = invocation.command("doctor")
        fix = f"docs/configuration.md explains every key; `{doctor}` checks them all."
    elif isinstance(error, TokenRefused):
        title, lines, fix = "Discord refuses the token", [str(error)], COPY_AGAIN
    else:
        title, lines, fix = "This cannot run yet", str(error).splitlines(), ""
    return "\n".join([f"{title}:", *(f"  {line}" for line in lines), *([fix] if fix else [])])


def storage_fix(error: StorageUnavailable) -> str:
    """Return what to do about an unusable database, or about a copy of it."""
    if isinstance(error, CopyUnusable) and error.reason != "full":
        return COPY_WHERE if error.written else COPY_WHICH
    return _STORAGE_FIXES.get(error.reason, _STORAGE_FIXES["cannot_open"])
