"""What an entry in the table of operations says. Pure.

An operation is a command, or a control, that makes something on a route of its own. The fields of
its request are the options of the command (`bot/domain/options.py`); what they don't say is in its
entry. Command, checks, body, price, card, result and re-run are derived from both.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from bot.domain.offered import Offered
from bot.domain.routes import Route
from bot.errors import Problem

Body = dict[str, Any]
Values = dict[str, Any]
"""What was given for the fields of a request."""
Files = Mapping[str, str]
"""The files of a request as base64, by their option."""


class Charged(NamedTuple):
    """How many seconds Kling charges for."""

    seconds: int
    at_most: bool = False
    """The length is known only at the end, and may be less."""


def nothing_wrong(_request: Any, _offered: Mapping[str, Offered]) -> Iterator[Problem]:
    """Find no problem beside those of single options."""
    return iter(())


def nothing_more(_request: Any, _files: Files) -> Body:
    """Say nothing beside the fields of single options."""
    return {}


def as_typed(values: Values) -> Values:
    """Read what people typed as it is."""
    return values


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One operation. Its functions get a request of its kind."""

    request: type[Any]
    """A frozen dataclass with `kind`, `route`, `slots`, `model` and `prompt`."""
    routes: tuple[Route, ...]
    """The legacy one, then that of the newer generation, if there is one."""
    asked: Callable[[Body], Any]
    """Reads the body of a create, for its price: values may be of any type."""
    read: Callable[[Values], Values] = as_typed
    """Reads names that people typed their way, such as with capitals."""
    problems: Callable[[Any, Mapping[str, Offered]], Iterator[Problem]] = nothing_wrong
    """What is wrong with the combination of options, whatever the model."""
    said: Callable[[Any, Files], Body] = nothing_more
    """What the legacy body says beside the fields of single options."""
    newer: Callable[[Any, Files], Body] | None = None
    """The body of the newer generation, without options; None: it has no such route."""
    charged: Callable[[Any], Charged] | None = None
    """The seconds that are charged; None: a task has one price."""
    is_command: bool = True
    """False: members get it by a control, or by a part of another command."""
