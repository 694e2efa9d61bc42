"""The settings' files: `config.toml`, and beside it `.env` and `catalogue.toml`."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from bot.settings.env_file import ENV_FILE
from bot.settings.load import Settings, load_settings

CONFIG_FILE: Final = "config.toml"
CATALOGUE_FILE: Final = "catalogue.toml"


@dataclass(frozen=True, slots=True)
class SettingsFiles:
    """The files in use; None: there is none."""

    config: Path | None
    env_file: Path | None
    catalogue: Path | None

    @classmethod
    def find(cls, config: Path | None, folder: Path) -> Self:
        """Return the given file, or else the `config.toml` of `folder`, with what is beside it.

        A given file counts whether it exists or not: `load` reports what is wrong.
        """
        beside = folder if config is None else config.parent
        env_file, catalogue = beside / ENV_FILE, beside / CATALOGUE_FILE
        default = folder / CONFIG_FILE
        return cls(
            config if config is not None else default if default.exists() else None,
            env_file if env_file.is_file() else None,
            catalogue if catalogue.exists() else None,
        )

    def load(self, env: Mapping[str, str]) -> Settings:
        """Return the settings: the environment overrides `.env`, which overrides `config.toml`.

        Raises `SettingsInvalid` as `load_settings` does.
        """
        return load_settings(self.config, env, self.env_file)
