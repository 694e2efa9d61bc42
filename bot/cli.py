"""The command line: parses arguments, runs one use case, and turns its end into an exit code."""

import argparse
import asyncio
import importlib
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final, TextIO

from bot import __version__
from bot.clock import SystemClock
from bot.doctor.findings import Mark, report, settings_findings, worst
from bot.errors import OperatorMustChange, SettingsInvalid
from bot.invocation import AS_MODULE, SCRIPT, Invocation
from bot.kling.catalogue_files import load_catalogue
from bot.log import set_up_logging
from bot.memory import keep_what_is_loaded, share_one_arena
from bot.operator import backups, demo_words, exports, job_words, money, moves, people
from bot.operator.explain import exit_code, explain
from bot.operator.terminal import can_say, writable
from bot.settings.addresses import Address
from bot.settings.files import CONFIG_FILE, SettingsFiles
from bot.settings.load import Settings, env_name, load_settings
from storage.errors import StorageUnavailable

GATEWAY_PORT: Final = 8000
"""Where `bot demo --gateway` listens: the default gateway of a bot without settings."""
QUIET: Final = "error"
"""The log level of commands that print their own output."""


@dataclass(frozen=True, slots=True)
class Given:
    """How the process was started."""

    args: argparse.Namespace
    env: Mapping[str, str]
    out: TextIO
    err: TextIO
    invocation: Invocation

    def settings(self) -> Settings:
        """Read the settings; `config.toml` may be missing unless it was named."""
        return self.files().load(self.env)

    def files(self) -> SettingsFiles:
        """Return where the settings are; without `--config`, in the current folder."""
        return SettingsFiles.find(self.args.config, Path())


def console_script() -> int:
    """Run `kling-discord …`, the command of the installed wheel; return the exit code."""
    return main(sys.argv[1:], os.environ, Invocation.of_script())


def main(
    argv: Sequence[str],
    env: Mapping[str, str],
    invocation: Invocation = AS_MODULE,
    out: TextIO | None = None,
    err: TextIO | None = None,
) -> int:
    """Run one command and return the exit code of the contract.

    What the operator has to change is one readable block on `err`, never a traceback.
    """
    out, err = writable(out or sys.stdout), err or sys.stderr
    args = _parser(invocation.program).parse_args(argv)
    invocation = invocation.with_config(args.config)
    command: Callable[[Given], int] = args.run
    try:
        return command(Given(args, env, out, err, invocation))
    except (OperatorMustChange, StorageUnavailable) as problem:
        print(explain(problem, invocation), file=err)
        return exit_code(problem)


class _Command(argparse.ArgumentParser):
    """A command or one of its actions: each takes `--config` after its own name."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.add_argument(
            "--config",
            type=Path,
            metavar="FILE",
            default=argparse.SUPPRESS,  # an action without it leaves what its command was given
            help=f"settings file (default: {CONFIG_FILE}, if it exists)",
        )


def _parser(program: str = AS_MODULE.program) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=program, description="Kling AI in your Discord server.")
    parser.set_defaults(config=None)
    parser.add_argument("--version", action="version", version=f"{SCRIPT} {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND", parser_class=_Command)

    def command(name: str, run: Callable[[Given], int], help_: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=help_, description=help_)
        added.set_defaults(run=run)
        return added

    command("run", _run, "Run the bot.")
    command("worker", _worker, "Work beside the bot on another machine (PostgreSQL).")
    demo_words.add_demo(command("demo", _demo, "Try everything locally, without accounts."))
    command("gateway", _gateway, "Serve the HTTP API in front of Kling.")
    command("doctor", _doctor, "Check everything and say what to fix.").add_argument(
        "--catalogue", action="store_true", help="also how old the data on Kling's models is"
    )
    people.add_block(command("block", _block, "Keep members from using the bot."))
    people.add_audit(command("audit", _audit, "Show who changed what, newest first."))
    money.add_usage(command("usage", _usage, "Show units and money of a month."))
    money.add_budget(command("budget", _budget, "Set how much a server may spend in a month."))
    exports.add_export(command("export", _export, "Write everything of a member to a ZIP file."))
    backups.add_backup(command("backup", _backup, "Copy the database while the bot is running."))
    backups.add_restore(command("restore", _restore, "Put a copy in place before the bot starts."))
    moves.add_move(command("migrate-storage", _move, "Move everything from SQLite to PostgreSQL."))
    job_words.add_jobs(command("jobs", _jobs, "Manage jobs while the bot is running."))
    return parser


def _run(given: Given) -> int:
    settings = given.settings()
    settings.require_for_bot()
    _log_to(given.err, settings, settings.log.level)
    share_one_arena()
    from bot.app import run  # noqa: PLC0415 - discord.py is loaded only where it is needed

    catalogue = load_catalogue(given.files().catalogue)
    keep_what_is_loaded()
    return asyncio.run(run(settings, catalogue, given.invocation))


def _worker(given: Given) -> int:
    settings = given.settings()
    settings.require_for_worker()
    _log_to(given.err, settings, settings.log.level)
    share_one_arena()
    from bot.worker_app import run_worker  # noqa: PLC0415 - as above

    catalogue = load_catalogue(given.files().catalogue)
    keep_what_is_loaded()
    return asyncio.run(run_worker(settings, catalogue, given.invocation))


def _gateway(given: Given) -> int:
    settings = given.settings()
    settings.require_for_gateway()
    _log_to(given.err, settings, settings.log.level)
    from bot.gateway_app import log_listening, run_gateway  # noqa: PLC0415 - as above

    catalogue = load_catalogue(given.files().catalogue)
    return asyncio.run(run_gateway(settings, log_listening, catalogue))


def _demo(given: Given) -> int:
    if given.args.tour:
        if given.args.kling or given.args.gateway or given.args.port is not None:
            given.args.refuse("--tour can only be combined with --out")
        tour = importlib.import_module("sandbox.tour")
        return int(tour.play_tour(given.args.out))
    port: int | None = given.args.port
    if given.args.gateway:
        return asyncio.run(_demo_gateway(given, GATEWAY_PORT if port is None else port))
    if given.args.kling:
        alone = importlib.import_module("sandbox.kling.alone")
        return int(alone.run_kling(port, given.out, given.err))
    playground = importlib.import_module("sandbox.playground")
    return int(playground.run_playground() if port is None else playground.run_playground(port))


async def _demo_gateway(given: Given, port: int) -> int:
    """Serve the gateway in front of a local Kling, independent of all settings, until stopped."""
    from bot.gateway_app import run_gateway  # noqa: PLC0415 - as above

    alone = importlib.import_module("sandbox.kling.alone")
    async with alone.kling_on(0) as kling:
        settings = load_settings(
            None,
            {
                env_name("gateway.listen"): f"127.0.0.1:{port}",
                env_name("gateway.upstream"): kling.base_url,
                env_name("kling.api_key"): kling.keys.api_key,
            },
        )
        _log_to(given.err, settings, QUIET)

        def announce(address: Address) -> None:
            print(f"The gateway: http://{address}  (no token needed)", file=given.out)
            print(f"{alone.described(kling)}\nCtrl-C ends both.", file=given.out, flush=True)

        try:
            return await run_gateway(settings, announce)
        except SettingsInvalid as invalid:
            if not isinstance(invalid.__cause__, OSError):
                raise
            print(
                alone.explained("The gateway", port, invalid.__cause__, GATEWAY_PORT),
                file=given.err,
            )
            return int(alone.CANNOT_SERVE)


def _doctor(given: Given) -> int:
    from bot.client import commands_of_this_version  # noqa: PLC0415 - as above
    from bot.doctor.run import examine  # noqa: PLC0415 - as above

    try:
        settings = given.settings()
    except SettingsInvalid as invalid:
        findings = settings_findings(invalid)
    else:
        _log_to(given.err, settings, QUIET)
        examination = examine(
            settings,
            given.files(),
            SystemClock(),
            given.invocation,
            given.env,
            commands_of_this_version,
            catalogue=given.args.catalogue,
        )
        findings = asyncio.run(examination)
    plain = not can_say(given.out, "".join(Mark))
    print(report(findings, colours=given.out.isatty(), ascii_only=plain), file=given.out)
    return worst(findings)


def _jobs(given: Given) -> int:
    from bot.account import finding_tasks  # noqa: PLC0415 - as above
    from bot.jobs.transitions import Transitions  # noqa: PLC0415 - as above
    from bot.operator.jobs import look_after_jobs  # noqa: PLC0415 - as above

    settings, clock = _quiet(given), SystemClock()
    finding = partial(finding_tasks, settings, load_catalogue(given.files().catalogue), clock)
    looking = look_after_jobs(
        settings, clock, given.args, given.out, Transitions, finding, given.invocation
    )
    return asyncio.run(looking)


def _block(given: Given) -> int:
    return asyncio.run(people.block(_quiet(given), SystemClock(), given.args, given.out))


def _audit(given: Given) -> int:
    return asyncio.run(people.audit(_quiet(given), given.args, given.out))


def _usage(given: Given) -> int:
    return asyncio.run(money.usage(_quiet(given), SystemClock(), given.args, given.out))


def _budget(given: Given) -> int:
    return asyncio.run(money.budget(_quiet(given), SystemClock(), given.args, given.out))


def _export(given: Given) -> int:
    return asyncio.run(exports.export(_quiet(given), given.args, given.out))


def _backup(given: Given) -> int:
    return asyncio.run(backups.backup(_quiet(given), SystemClock(), given.args, given.out))


def _restore(given: Given) -> int:
    restoring = backups.restore(
        _quiet(given), SystemClock(), given.args, given.out, given.invocation
    )
    return asyncio.run(restoring)


def _move(given: Given) -> int:
    moving = moves.move(_quiet(given), SystemClock(), given.args, given.out, given.invocation)
    return asyncio.run(moving)


def _quiet(given: Given) -> Settings:
    """Return the settings for a command that prints its own output."""
    settings = given.settings()
    _log_to(given.err, settings, QUIET)
    return settings


def _log_to(stream: TextIO, settings: Settings, level: str) -> None:
    set_up_logging(
        level, settings.log.format, stream, tty=stream.isatty(), secrets=settings.secrets()
    )
