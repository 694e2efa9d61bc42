"""The table of operations: an entry is all the code that is about one of them. Pure."""

from collections.abc import Mapping
from typing import Final

from bot.domain.operations.avatar import AVATAR
from bot.domain.operations.character import CHARACTER
from bot.domain.operations.effect import EFFECT
from bot.domain.operations.expand import EXPAND
from bot.domain.operations.motion import MOTION
from bot.domain.operations.operation import Operation
from bot.domain.operations.sound import SOUND
from bot.domain.operations.soundtrack import SOUNDTRACK
from bot.domain.routes import Route
from storage.job import Kind

OPERATIONS: Final[Mapping[Kind, Operation]] = {
    operation.request.kind: operation
    for operation in (MOTION, AVATAR, EFFECT, EXPAND, SOUND, SOUNDTRACK, CHARACTER)
}
COMMANDS: Final[Mapping[Kind, Operation]] = {
    kind: operation for kind, operation in OPERATIONS.items() if operation.is_command
}
"""Those that are commands."""
OPERATION_OF: Final[Mapping[Route, Kind]] = {
    route: kind for kind, operation in OPERATIONS.items() for route in operation.routes
}
"""Which operation each of their routes belongs to."""
