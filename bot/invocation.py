"""How this program was started, and so what the operator types to start it again.

The only module that knows the spelling: `make doctor` in a checkout, where the packages are in
`.venv`; `kling-discord doctor` if the wheel is installed.
"""

import shlex
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Self

MODULE: Final = "python -m bot"
SCRIPT: Final = "kling-discord"


@dataclass(frozen=True, slots=True)
class Invocation:
    """What precedes a command's name."""

    program: str
    by_make: bool = False
    config: Path | None = None
    """The settings file that was named, which the next command needs too."""

    @classmethod
    def of_script(cls) -> Self:
        """Return how the installed program is started."""
        return cls(SCRIPT)

    @classmethod
    def of_module(cls) -> Self:
        """Return the best way to start `python -m bot`: by make, if our Makefile is here."""
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
        """What to do if a package of ours can't be loaded."""
        if self.by_make:
            return "make clean, and start again: the packages are installed anew"
        return f"install {SCRIPT} again (uv tool install --reinstall, pipx reinstall)"


AS_MODULE: Final = Invocation(MODULE)
"""The default way to start it."""
