"""`python -m bot.web.probe`: asks the bot whether it is ready, for a container's health check.

Exit 0: ready. 1: not ready, with the answer; or nobody answers.
"""

import http.client
import os
import sys
from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Final, TextIO

from bot.errors import SettingsInvalid
from bot.settings.files import SettingsFiles

WAIT_S: Final = 5.0
NOT_READY: Final = 1
ANYWHERE: Final[Mapping[str, str]] = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - asked, not listened on
"""What listens on every address is asked on the loopback one."""


def probe(folder: Path, env: Mapping[str, str], out: TextIO) -> int:
    """Ask `/readyz` at the address of the settings in this folder; return the exit code."""
    try:
        web = SettingsFiles.find(None, folder).load(env).web
    except SettingsInvalid as invalid:
        print(invalid, file=out)
        return NOT_READY
    if web.address is None:
        print("web.listen is empty: there is nothing to ask", file=out)
        return NOT_READY
    host = ANYWHERE.get(web.address.host, web.address.host)
    token = web.api_token.get_secret_value()
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    asking = http.client.HTTPConnection(host, web.address.port, timeout=WAIT_S)
    try:
        asking.request("GET", "/readyz", headers=headers)
        answer = asking.getresponse()
        print(answer.read().decode(errors="replace"), file=out)
    except (OSError, http.client.HTTPException) as silent:
        print(f"no answer: {type(silent).__name__}", file=out)
        return NOT_READY
    finally:
        asking.close()
    return 0 if answer.status == HTTPStatus.OK else NOT_READY


if __name__ == "__main__":
    sys.exit(probe(Path(), os.environ, sys.stdout))
