"""Result URLs: signed, expiring, and valid without any other authorisation."""

import hashlib
import hmac
from urllib.parse import urlencode

from sandbox.clock import Clock

RETENTION_S = 30 * 86_400


class Links:
    """Makes and checks URLs below `/results/`."""

    def __init__(self, clock: Clock, key: str, life_s: float | None) -> None:
        self._clock = clock
        self._key = key.encode()
        self._life_s = life_s
        self.base_url = ""

    def to(self, path: str, updated_s: float) -> str:
        """Return the URL of `path`, whose content was finished at `updated_s`.

        It expires 30 days after that, like `Expires` in the live service's URLs.
        """
        ends_s = updated_s + RETENTION_S
        if self._life_s is not None:
            ends_s = min(ends_s, self._clock.now() + self._life_s)
        query = {"Expires": str(int(ends_s)), "Signature": self._signature(path, str(int(ends_s)))}
        return f"{self.base_url}/results/{path}?{urlencode(query)}"

    def open(self, path: str, expires: str, signature: str) -> bool:
        """Tell whether this URL was issued and has not expired."""
        genuine = hmac.compare_digest(signature.encode(), self._signature(path, expires).encode())
        return genuine and self._clock.now() < int(expires)

    def _signature(self, path: str, expires: str) -> str:
        return hmac.digest(self._key, f"{path}\n{expires}".encode(), hashlib.sha256).hex()[:32]
