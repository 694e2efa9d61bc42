"""The contracts between the modules leave nobody out."""

import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
LOCAL_WORLD = "only the command line and the tests know the local world"
MAY_KNOW_IT = {"bot.cli", "sandbox"}


def test_nothing_else_may_know_the_local_world() -> None:
    """Every module and package of the product is listed; a new one has to be."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = settings["tool"]["importlinter"]["contracts"]
    (listed,) = [c["source_modules"] for c in contracts if c["name"] == LOCAL_WORLD]
    modules = {f"bot.{file.stem}" for file in (ROOT / "bot").glob("*.py")}
    packages = {f"bot.{file.parent.name}" for file in (ROOT / "bot").glob("*/__init__.py")}
    everything = (modules | packages | {"cogs", "storage"}) - MAY_KNOW_IT - {"bot.__init__"}
    assert set(listed) == everything
