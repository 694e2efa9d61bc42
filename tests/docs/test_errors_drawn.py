"""The drawing of what can go wrong is what can go wrong."""

import ast
import re
from pathlib import Path

import bot.errors

ROOT = Path(__file__).parents[2]
DRAWN = re.compile(r"^(?P<branch>[│├└─ ]*)(?P<name>[A-Z]\w+)(?: |$)", re.MULTILINE)
STEP_CHARACTERS = 4


def drawn() -> dict[str, str | None]:
    """Each name of the drawing with the one that it hangs from."""
    tree: dict[str, str | None] = {}
    above: list[str] = []
    drawing = (bot.errors.__doc__ or "").partition("\n\n")[2]
    for found in DRAWN.finditer(drawing):
        depth = len(found["branch"]) // STEP_CHARACTERS
        above[depth:] = [found["name"]]
        tree[found["name"]] = above[depth - 1] if depth else None
    return tree


def classes() -> dict[str, str]:
    """Every public exception class of the product with its base."""
    rooms = [f for room in ("bot", "cogs", "storage") for f in (ROOT / room).rglob("*.py")]
    trees = [ast.parse(f.read_text(encoding="utf-8")) for f in rooms if "sandbox" not in f.parts]
    bases = {
        node.name: base.id
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
        for base in node.bases
        if isinstance(base, ast.Name)
    }
    known = {"Exception"}
    while more := {name for name, base in bases.items() if base in known} - known:
        known |= more
    return {name: bases[name] for name in known - {"Exception"} if not name.startswith("_")}


def test_every_class_is_drawn_where_it_hangs() -> None:
    """Nothing is missing, nothing is drawn that is not there, and each has its base above it."""
    tree = {name: above or "Exception" for name, above in drawn().items()}
    assert tree == classes()
    assert len(tree) > 20
