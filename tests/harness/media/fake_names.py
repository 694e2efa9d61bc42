"""Names that lead where a test wants."""

import socket

from aiohttp.abc import AbstractResolver, ResolveResult


class FakeNames(AbstractResolver):
    """Resolves every name to the next answer of a list; the last one stays.

    An empty answer raises `error`: by default, that there is no such name.
    """

    def __init__(self, *answers: list[str], error: OSError | None = None) -> None:
        self._answers = list(answers)
        self._error = error or socket.gaierror(socket.EAI_NONAME, "no such name")
        self.asked: list[str] = []

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        self.asked.append(host)
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if not answer:
            raise self._error
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=family or socket.AF_INET,
                proto=0,
                flags=0,
            )
            for address in answer
        ]

    async def close(self) -> None:
        pass
