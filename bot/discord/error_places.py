"""Where in the code an error was raised, for the log, where its own words may not stand."""

import traceback
from pathlib import Path


def place_of(error: Exception) -> str:
    """Return the file and line that raised it: its words may be Discord's, or secret."""
    for frame in traceback.extract_tb(error.__traceback__)[-1:]:
        return f"{Path(frame.filename).name}:{frame.lineno}"
    return "no place"
