"""How this program was started, and so what an operator types to start it again.

The one place that knows the spelling: `make doctor` in a checkout, where the packages are in
`.venv`; `kling-discord doctor` where the wheel is installed.
"""

import shlex
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Self

MODULE: Final = "python -m bot"
SCRIPT: Final = "kling-discord"


@dataclass(frozen=True, slots=True)
class Invocation:
    """What stands before a command's name."""

    program: str
    by_make: bool = False
    config: Path | None = None
    """The settings that were asked for by name, which the next command wants too."""

    @classmethod
    def of_script(cls) -> Self:
        """Return how the installed program is started."""
        return cls(SCRIPT)

    @classmethod
    def of_module(cls) -> Self:
        """Return how `python -m bot` is started best: by make, where our Makefile is at hand."""
        return cls(MODULE, by_make=(Path(__file__).parents[1] / "Makefile").is_file())

    def with_config(self, config: Path | None) -> Self:
        """Return the same, for settings in this file."""
        return replace(self, config=config)

    def command(self, name: str, *words: str) -> str:
        """Return what to type for a command: `make jobs ARGS="show ID"`."""
        if not self.by_make:
            config = [] if self.config is None else ["--config", str(self.config)]
            return f"{self.program} {shlex.join([name, *config, *words])}"
        config = [] if self.config is None else [f'CONFIG="{self.config}"']
        arguments = [f'ARGS="{shlex.join(words)}"'] if words else []
        return " ".join(["make", name, *config, *arguments])

    @property
    def reinstall(self) -> str:
        """What to do when a package of ours cannot be loaded."""
        if self.by_make:
            return "make clean, and start again: the packages are installed anew"
        return f"install {SCRIPT} again (uv tool install --reinstall, pipx reinstall)"


AS_MODULE: Final = Invocation(MODULE)
"""How it is started where nobody said otherwise."""
