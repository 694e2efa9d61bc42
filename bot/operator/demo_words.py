"""The words of `python -m bot demo`."""

import argparse
from pathlib import Path
from typing import Final

from bot.settings.addresses import PORT_MAX

DEFAULT_OUT: Final = Path("demo-out")


def add_demo(demo: argparse.ArgumentParser) -> None:
    """Add the words of `bot demo`."""
    demo.description = "Try everything locally, without accounts and independent of all settings."
    demo.add_argument(
        "--tour", action="store_true", help="play a scripted conversation and keep the posted files"
    )
    demo.add_argument(
        "--out", type=Path, default=DEFAULT_OUT, metavar="DIR", help="folder for the tour"
    )
    demo.add_argument(
        "--kling", action="store_true", help="only the local Kling, for your own programs"
    )
    demo.add_argument(
        "--gateway", action="store_true", help="the local Kling with the gateway in front"
    )
    demo.add_argument(
        "--port",
        type=_port,
        metavar="N",
        help="where the page, the local Kling or the gateway listens; 0: a free port",
    )
    demo.set_defaults(refuse=demo.error)


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) <= PORT_MAX):
        raise argparse.ArgumentTypeError(f"must be a port from 0 to {PORT_MAX}")
    return int(text)
