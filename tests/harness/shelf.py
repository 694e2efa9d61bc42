"""Files that are drawn once for all the processes of a test run: encoding takes most of its time.

The same drawing gives the same bytes, so a file may stand in for its drawing wherever it is wanted.
"""

import functools
import hashlib
import os
import pickle
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import ParamSpec

from sandbox.kling.results import Drawing, draw_result

FRAMES_DRAWN_EVERY = 12
"""Half a second: the last frame of a clip of whole seconds is one of them."""

P = ParamSpec("P")


class Shelf:
    """A folder of files by what they are drawn from; before it is `put_up`, nothing is kept."""

    def __init__(self) -> None:
        self._folder: Path | None = None

    def put_up(self, folder: Path) -> None:
        """Keep files in this folder, which the processes of a run share."""
        folder.mkdir(exist_ok=True)
        self._folder = folder

    def kept(self, what: object, draw: Callable[[], bytes]) -> bytes:
        """Return the file of `what`, which is anything that can be pickled; draw it if need be."""
        if self._folder is None:
            return draw()
        place = self._folder / hashlib.sha256(pickle.dumps(what)).hexdigest()
        try:
            return place.read_bytes()
        except FileNotFoundError:
            data = draw()
        number, name = tempfile.mkstemp(dir=self._folder)
        with os.fdopen(number, "wb") as file:
            file.write(data)
        Path(name).replace(place)
        return data


SHELF = Shelf()
"""The one of this process."""


def drawn_once(draw: Callable[P, bytes]) -> Callable[P, bytes]:
    """Make a function that draws by its arguments alone do so once for each of them."""

    @functools.wraps(draw)
    def kept(*args: P.args, **kwargs: P.kwargs) -> bytes:
        what = (draw.__module__, draw.__qualname__, args, sorted(kwargs.items()))
        return SHELF.kept(what, lambda: draw(*args, **kwargs))

    return kept


def result(drawing: Drawing, index: int) -> bytes:
    """Draw a result of the local Kling, once; of a clip few of the frames."""
    return SHELF.kept((drawing, index), lambda: draw_result(drawing, index, FRAMES_DRAWN_EVERY))
