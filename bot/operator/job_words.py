"""The words of `python -m bot jobs`."""

import argparse
from typing import Final

from bot.domain.policy.recovery import UnsureChoice
from storage.job import State

TAKE: Final = "take"


def add_jobs(jobs: argparse.ArgumentParser) -> None:
    """Add the words of `bot jobs`."""
    actions = jobs.add_subparsers(dest="action", required=True, metavar="ACTION")
    listing = actions.add_parser("list", help="the latest jobs")
    listing.add_argument(
        "--state", action="append", choices=[s.value for s in State], help="only in this state"
    )
    show = actions.add_parser("show", help="one job in full, without its secrets")
    show.add_argument("id", metavar="ID")
    resolve = actions.add_parser("resolve", help="decide an unsure job")
    resolve.add_argument("id", metavar="ID")
    resolve.add_argument(
        "choice",
        choices=[*(choice.value for choice in UnsureChoice), TAKE],
        help="look: look the task up again; send: send it again, which may cost twice; "
        "give-up: give up and notify the member; take: it is this TASK (`show` lists candidates)",
    )
    resolve.add_argument("task", metavar="TASK", nargs="?", help="Kling's id of it, for take")
    actions.add_parser("pause", help="send nothing more to Kling; running tasks continue")
    actions.add_parser("resume", help="send again")
    forget = actions.add_parser("forget", help="delete all data of a member or a server")
    whose = forget.add_mutually_exclusive_group(required=True)
    whose.add_argument("--member", type=int, metavar="ID", help="all jobs of this member")
    whose.add_argument("--server", type=int, metavar="ID", help="all jobs of this server")
