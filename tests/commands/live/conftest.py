from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from sandbox.kling import LocalKling, Switches
from tests.commands.live.__main__ import run
from tests.harness.kling.stub import LeapingClock
from tests.harness.plain_results import PlainResults

MakeLive = Callable[..., Awaitable["Ran"]]


@dataclass
class Ran:
    """How a `make live` ended, what it asked and said, and what it kept."""

    code: int
    out: Path
    said: list[str]
    asked: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "\n".join(self.said)

    @property
    def kept(self) -> list[str]:
        return [file.name for file in sorted(self.out.glob("*.json"))]


@pytest.fixture
def clock() -> LeapingClock:
    return LeapingClock()


@pytest.fixture
def switches() -> Switches:
    return Switches()


@pytest.fixture
async def local(clock: LeapingClock, switches: Switches) -> AsyncIterator[LocalKling]:
    async with LocalKling(clock, switches=switches, media_for=PlainResults()) as world:
        yield world


@pytest.fixture
def keys(local: LocalKling) -> dict[str, str]:
    return {
        "KLINGBOT_KLING__BASE_URL": local.base_url,
        "KLINGBOT_KLING__ACCESS_KEY": local.keys.access_key,
        "KLINGBOT_KLING__SECRET_KEY": local.keys.secret_key,
    }


@pytest.fixture
def make_live(tmp_path: Path, clock: LeapingClock, monkeypatch: pytest.MonkeyPatch) -> MakeLive:
    """Runs it in an empty folder, answering its question with `answer`."""
    monkeypatch.chdir(tmp_path)

    async def make(env: dict[str, str], *args: str, answer: str = "yes") -> Ran:
        ran = Ran(-1, tmp_path / "live-out", [])

        def ask(question: str) -> str:
            ran.asked.append(question)
            return answer

        ran.code = await run(args, env, ask, ran.said.append, clock)
        return ran

    return make
