"""How calls and replies are framed on the pipes between the bot and a media worker.

Apart from both, so that a worker does not load what only the bot's end of the pipe needs.
"""

import struct
from typing import Final

FRAME: Final = struct.Struct("!II")
"""Of a reply: length of the JSON head, length of the blob."""
REQUEST: Final = struct.Struct("!dI")
"""Of a call: CPU seconds allowed, length of the pickled call."""
