"""HTTPS in front of a local server: a certificate of this run's own, and who came by it."""

import asyncio
import contextlib
import ssl
import subprocess
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

HOST = "localhost"
CHUNK_BYTES = 64 * 1024


@dataclass
class Front:
    """A port of this machine that speaks TLS, for one that does not."""

    port: int = 0
    connections: int = 0

    @property
    def netloc(self) -> str:
        """Host and port."""
        return f"{HOST}:{self.port}"


def make_certificate(folder: Path) -> Path:
    """Return a file with a certificate for this machine and its key; it is its own authority."""
    made, key = folder / "own.pem", folder / "key.pem"
    subprocess.run(  # noqa: S603 - our own arguments
        [
            *("/usr/bin/openssl", "req", "-x509", "-newkey", "ec", "-nodes", "-days", "2"),
            *("-pkeyopt", "ec_paramgen_curve:prime256v1", "-subj", f"/CN={HOST}"),
            *("-addext", f"subjectAltName=DNS:{HOST}", "-keyout", str(key), "-out", str(made)),
        ],
        check=True,
        capture_output=True,
    )
    made.write_bytes(made.read_bytes() + key.read_bytes())
    return made


@contextlib.asynccontextmanager
async def fronting(port: int, certificate: Path) -> AsyncIterator[Front]:
    """Serve TLS in front of this port for the block."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    front = Front()
    running: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        front.connections += 1
        this = asyncio.current_task()
        assert this is not None
        running.add(this)
        try:
            there, back = await asyncio.open_connection("127.0.0.1", port)
            async with asyncio.TaskGroup() as both:
                both.create_task(_pump(reader, back))
                both.create_task(_pump(there, writer))
        finally:
            running.discard(this)

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    front.port = server.sockets[0].getsockname()[1]
    try:
        yield front
    finally:
        server.close()
        for task in list(running):
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while chunk := await reader.read(CHUNK_BYTES):
            writer.write(chunk)
            await writer.drain()
    writer.close()
