"""Everything that goes wrong between the bot and the two worlds, each at the same chance."""

import asyncio
import random
from collections.abc import Mapping
from typing import Any, Final

from sandbox.discord import Answer, Reset, Throttle
from sandbox.discord.faults import Effect, Recorded
from sandbox.kling import Fault, How
from tests.harness.recovery import routes
from tests.harness.town import Town

CHANCE: Final = 0.02
SOON_S: Final = 0.05
"""What a 429 asks for; discord.py waits for it on the wall."""

ORDERS: Final[Mapping[str, Mapping[str, Any]]] = {
    "refused with 500": {"how": How.REFUSE, "code": 5000},
    "refused with 503": {"how": How.REFUSE, "code": 5001},
    "done, answered 504": {"how": How.ANSWER, "status": 504, "code": 5002},
    "done, connection dropped": {"how": How.DROP},
    "connection dropped before": {"how": How.DROP, "before": True},
    "done, answer cut": {"how": How.CUT},
    "done, answer garbage": {"how": How.GARBAGE},
    "done, answer truncated": {"how": How.TRUNCATED},
    "done, answer without task id": {"how": How.NO_TASK_ID},
    "answered late": {"how": How.SLOW, "seconds": 2.0},
    "1301": {"how": How.REFUSE, "code": 1301},
    "1302": {"how": How.REFUSE, "code": 1302},
    "1303": {"how": How.REFUSE, "code": 1303},
    "1102": {"how": How.REFUSE, "code": 1102},
    "1103": {"how": How.REFUSE, "code": 1103},
    "1004": {"how": How.REFUSE, "code": 1004},
}
QUESTIONS: Final[Mapping[str, Mapping[str, Any]]] = {
    "500": {"how": How.REFUSE, "code": 5000},
    "connection dropped": {"how": How.DROP},
    "garbage": {"how": How.GARBAGE},
    "truncated": {"how": How.TRUNCATED},
    "1302": {"how": How.REFUSE, "code": 1302},
    "1003": {"how": How.REFUSE, "code": 1003},
    "not found": {"how": How.REFUSE, "code": 1201, "message": "Task not found by id: x"},
    "body drips": {"how": How.DRIP, "seconds": 2.0},
}
MEDIA: Final[Mapping[str, Mapping[str, Any]]] = {
    "403, as if expired": {"how": How.REFUSE, "status": 403},
    "500": {"how": How.REFUSE, "status": 500},
    "connection dropped": {"how": How.DROP},
    "body cut": {"how": How.CUT},
    "not media": {"how": How.GARBAGE},
}
DISCORD: Final[Mapping[str, tuple[str, str, Effect]]] = {
    "answer refused with 500": ("POST", routes.ANSWER, Answer(500)),
    "answer stored, then 502": ("POST", routes.ANSWER, Answer(502, stored=True)),
    "answer stored, then reset": ("POST", routes.ANSWER, Reset(stored=True)),
    "answer reset before": ("POST", routes.ANSWER, Reset()),
    "post refused with 500": ("POST", routes.POST, Answer(500)),
    "post stored, then 502": ("POST", routes.POST, Answer(502, stored=True)),
    "post stored, then reset": ("POST", routes.POST, Reset(stored=True)),
    "post reset before": ("POST", routes.POST, Reset()),
    "post 429 of its route": ("POST", routes.POST, Throttle(SOON_S)),
    "post 429 global": ("POST", routes.POST, Throttle(SOON_S, "global")),
    "post 429 without Via": ("POST", routes.POST, Throttle(SOON_S, via=False)),
    "post not permitted": ("POST", routes.POST, Answer(403, 50013)),
    "post: unknown channel": ("POST", routes.POST, Answer(404, 10003)),
    "post too large": ("POST", routes.POST, Answer(413, 40005)),
    "card refused with 503": ("PATCH", routes.EDIT_ANSWER, Answer(503)),
    "card edited, then reset": ("PATCH", routes.EDIT_ANSWER, Reset(stored=True)),
    "card 429 without Via": ("PATCH", routes.EDIT_ANSWER, Throttle(SOON_S, via=False)),
    "card token refused": ("PATCH", routes.EDIT_ANSWER, Answer(401, 50027)),
    "history refused with 500": ("GET", routes.HISTORY, Answer(500)),
    "attachment refused with 500": ("GET", routes.ATTACHED, Answer(500)),
    "attachment reset": ("GET", routes.ATTACHED, Reset()),
}


class Met(asyncio.Event):
    """Counts the requests that a fault of the local Kling has met."""

    def __init__(self) -> None:
        super().__init__()
        self.times = 0

    def set(self) -> None:
        self.times += 1
        super().set()


class Trouble:
    """The faults of both worlds, and how often each has struck."""

    def __init__(self, town: Town, seed: int) -> None:
        self._dice = random.Random(seed)  # noqa: S311 - dice of a simulation, not a secret
        self._kling: dict[str, Met] = {}
        self._discord: dict[str, int] = {}
        # The first that matches strikes: of many declared at 2 %, the last get a little less.
        for what, path, method, faults in (
            ("create", "/v1/*", "POST", ORDERS),
            ("query", "/v1/*", "GET", QUESTIONS),
            ("query of many", "/tasks", "GET", QUESTIONS),
            ("media", "/results/*", "GET", MEDIA),
        ):
            for name, how in faults.items():
                met = self._kling[f"Kling, {what}: {name}"] = Met()
                fault = Fault(path=path, method=method, chance=CHANCE, times=None, **how)
                fault.arrived = met
                town.kling.fault(fault)
        for name, (method, route, effect) in DISCORD.items():
            self._discord[f"Discord, {name}"] = 0
            town.discord.fault(method, route, effect, times=None, when=self._strikes(name))

    def _strikes(self, name: str) -> Any:
        def strikes(_request: Recorded) -> bool:
            struck = self._dice.random() < CHANCE
            self._discord[f"Discord, {name}"] += struck
            return struck

        return strikes

    @property
    def struck(self) -> dict[str, int]:
        """How often each fault has struck so far."""
        return {**{name: met.times for name, met in self._kling.items()}, **self._discord}
