"""How a task will proceed: how long it takes and whether it fails, by latency or by script."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sandbox.kling.errors import RISK_CONTROL
from sandbox.kling.orders import Order, Product
from sandbox.kling.switches import Latencies

REFUSED_WORD = "forbidden"
"""A prompt with this word is refused at once (HTTP 400, code 1301)."""
FAILED_WORD = "unsafe"
"""A prompt with this word is accepted, and its task fails in moderation."""
REFUSED_MESSAGE = "The content of your request does not comply with the content policy"


@dataclass(eq=False)
class Script:
    """How the next matching task proceeds; None leaves a detail to the latencies."""

    fail: str | None = None
    """The `task_status_msg` it fails with."""
    takes_s: float | None = None
    """Seconds in `processing`; `math.inf` for a task that never ends by itself."""
    queue_s: float | None = None
    """Seconds in `submitted`."""
    product: Product | None = None
    matching: Callable[[dict[str, Any]], bool] | None = None
    """Further condition on the body of the create."""
    times: int | None = 1
    """For how many tasks; None for all that follow."""


@dataclass(frozen=True)
class Course:
    """When a task leaves `submitted`, when it ends, and what went wrong."""

    starts_s: float
    ends_s: float
    problem: str | None


class Scripts:
    """The scripts that are waiting for their task."""

    def __init__(self, latencies: Latencies) -> None:
        self.slower_s = 0.0
        """How much longer than usual every task takes."""
        self._latencies = latencies
        self._waiting: list[Script] = []

    def add(self, script: Script) -> None:
        """Let `script` decide about the next task it matches."""
        self._waiting.append(script)

    def course(self, order: Order, body: dict[str, Any], now_s: float) -> Course:
        """Return how a task accepted now will proceed, and use up its script."""
        script = self._take(order, body) or Script()
        queue_s = self._latencies.queue_s if script.queue_s is None else script.queue_s
        takes_s = self._usual_s(order.product) if script.takes_s is None else script.takes_s
        takes_s += self.slower_s
        problem = script.fail
        if problem is None and has_word(order.prompt, FAILED_WORD):
            problem = RISK_CONTROL
        return Course(now_s + queue_s, now_s + queue_s + takes_s, problem)

    def _take(self, order: Order, body: dict[str, Any]) -> Script | None:
        for script in self._waiting:
            of_route = script.product in (None, order.product)
            if of_route and (script.matching is None or script.matching(body)):
                if script.times is not None:
                    script.times -= 1
                    if script.times <= 0:
                        self._waiting.remove(script)
                return script
        return None

    def _usual_s(self, product: Product) -> float:
        if product.pack == "image":
            return self._latencies.image_s
        is_dub = product is Product.LIP_SYNC
        return self._latencies.lip_sync_s if is_dub else self._latencies.video_s


def has_word(prompt: str, word: str) -> bool:
    """Tell whether `prompt` has `word` as a word of its own, in any case."""
    return word in "".join(c if c.isalpha() else " " for c in prompt.casefold()).split()
