"""`make live`: the client against the real Kling and, if a channel is set, the real Discord.

Nothing is sent before the settings are complete and the user has agreed; a step that could exceed a
spending limit, by the catalogue's prices, is not begun.
"""

import argparse
import asyncio
import datetime as dt
import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Final

from bot.clock import Clock, SystemClock
from bot.errors import BotError, KlingError, SettingsInvalid
from bot.kling.auth import credentials_for
from bot.kling.client import Kling
from bot.kling.dialects import Dialect
from bot.log import set_up_logging
from bot.settings.default_sections import DefaultsSettings
from bot.settings.files import SettingsFiles
from bot.settings.load import Settings
from storage.job import Pack
from storage.kinds import UNITS_SOLD
from tests.commands.live.orders import shipped
from tests.commands.live.posting import Place, try_discord
from tests.commands.live.recording import Recorder, Redactor, SecretLeft
from tests.commands.live.replay import verdicts
from tests.commands.live.stage import NotDone, Stage
from tests.commands.live.steps import STEPS, Step

OWN_PREFIX: Final = "KLING_LIVE_"
OUT: Final = Path("live-out")
WELL, NOT_WELL, NOT_SET = range(3)
WHAT_TO_SET: Final = """make live needs the keys of a real Kling account. Nothing was sent. Set
KLINGBOT_KLING__API_KEY, or KLINGBOT_KLING__ACCESS_KEY and KLINGBOT_KLING__SECRET_KEY, in .env.
To try Discord too, set KLINGBOT_DISCORD__TOKEN, KLING_LIVE_GUILD (a test server's id) and
KLING_LIVE_CHANNEL (a channel in it)."""

Say = Callable[[str], None]


def within(
    limits: Mapping[Pack, Decimal], defaults: DefaultsSettings, *, api_key: bool = True
) -> list[Step]:
    """Return the steps that can be taken; whatever Kling does, they cost no more than the limits.

    Never among them: one that the catalogue has no price for, one that needs what is left out, and
    without an `api_key` one of Kling's newer API.
    """
    left, taken = dict(limits), list[Step]()
    for step in STEPS:
        most = step.most(defaults)
        possible = not step.needs or step.needs in {earlier.name for earlier in taken}
        possible = possible and (api_key or not step.newer)
        if possible and most is not None and most[1] <= left[most[0]]:
            left[most[0]] -= most[1]
            taken.append(step)
    return taken


def plan(settings: Settings, steps: Sequence[Step], place: Place | None) -> str:
    """Return what will be done, and the most it will spend."""
    spend, whole = (dict.fromkeys(Pack, Decimal(0)) for _ in range(2))
    lines = [f"Kling at {settings.kling.resolved_base_url}. Units at most:"]
    for step in STEPS:
        pack, most = step.most(settings.defaults) or (Pack.VIDEO, None)
        cost = "price unknown" if most is None else f"{most} {pack}" if most else "free"
        out = "" if step in steps else "  (left out)"
        lines.append(f"  {step.name:<15} {cost:<14} {step.does}{out}")
        whole[pack] += most or 0
        spend[pack] += (most or 0) if step in steps else 0
    lines.append("In all: " + ", ".join(f"{spend[pack]} {pack} units" for pack in UNITS_SOLD))
    lines.append(
        "For all of it: " + " ".join(f"--spend-{pack} {whole[pack]}" for pack in UNITS_SOLD)
    )
    if place is not None:
        lines.append(f"Discord: messages in channel {place.channel}, deleted after five minutes.")
    return "\n".join(lines)


async def try_kling(
    settings: Settings, steps: Sequence[Step], out: Path, clock: Clock, say: Say
) -> bool:
    """Take the steps and keep their recordings in `out`; tell whether all went well."""
    keys, well = settings.kling, True
    auth = credentials_for(
        Dialect.OFFICIAL,
        clock=clock,
        access_key=keys.access_key.get_secret_value(),
        secret_key=keys.secret_key.get_secret_value(),
        api_key=keys.api_key.get_secret_value(),
    )
    kling = Kling(
        keys.resolved_base_url,
        dialect=Dialect.OFFICIAL,
        auth=auth,
        clock=clock,
        catalogue=shipped(),
    )
    recorder = Recorder(keys.resolved_base_url, Redactor(settings.secrets()))
    kling._exchange._transport = recorder
    stage = Stage(kling, clock, settings.defaults)
    day = dt.datetime.fromtimestamp(clock.now(), dt.UTC).date().isoformat()
    async with kling:
        for step in steps:
            try:
                await step.take(stage)
                say(f"  well      {step.name}")
            except (NotDone, KlingError) as why:
                say(f"  failed    {step.name}: {recorder.redactor.text(str(why))}")
                well = False
            try:
                (out / step.file).write_text(recorder.take(step.name, day), encoding="utf-8")
            except SecretLeft:
                say(f"  withheld  {step.name}: a secret would have been in its recording")
            if not well and step is STEPS[0]:
                break
    return well


async def run(
    argv: Sequence[str], env: Mapping[str, str], ask: Callable[[str], str], say: Say, clock: Clock
) -> int:
    """Do it all and return the exit code: 0 well or declined, 1 not well, 2 settings missing."""
    args = arguments(argv)
    own = {k.removeprefix(OWN_PREFIX): v for k, v in env.items() if k.startswith(OWN_PREFIX)}
    product = {k: v for k, v in env.items() if not k.startswith(OWN_PREFIX)}
    try:
        settings = SettingsFiles.find(args.config, Path()).load(product)
        place = Place.read(own, settings)
    except SettingsInvalid as invalid:
        say(str(invalid))
        return NOT_SET
    if (
        not settings.kling.has_key
        or Dialect(settings.kling.resolved_dialect) is not Dialect.OFFICIAL
    ):
        say(WHAT_TO_SET)
        return NOT_SET
    limits = {Pack.VIDEO: args.spend_video, Pack.IMAGE: args.spend_image}
    api_key = bool(settings.kling.api_key.get_secret_value())
    steps = within(limits, settings.defaults, api_key=api_key)
    say(plan(settings, steps, place))
    if not args.yes and ask("Type yes to begin: ").strip().casefold() != "yes":
        say("Nothing was sent.")
        return WELL
    args.out.mkdir(parents=True, exist_ok=True)
    files = [args.out / step.file for step in STEPS]
    for file in files:
        file.unlink(missing_ok=True)
    well = await try_kling(settings, steps, args.out, clock, say)
    recordings = [json.loads(f.read_text(encoding="utf-8")) for f in files if f.exists()]
    say("\n".join(await verdicts(recordings)))
    if place is not None:
        try:
            well = await try_discord(settings, place, clock, say) and well
        except BotError as error:
            say(f"  failed    Discord: {type(error).__name__} {error}")
            well = False
    return WELL if well else NOT_WELL


def arguments(argv: Sequence[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.commands.live")
    parser.add_argument("--config", type=Path, metavar="FILE", help="default: config.toml")
    parser.add_argument("--yes", action="store_true", help="begin without asking")
    for pack in UNITS_SOLD:
        about = f"units of the {pack} pack that may be spent; default: 0, only what is free"
        parser.add_argument(
            f"--spend-{pack}", type=_units, default=Decimal(0), metavar="N", help=about
        )
    parser.add_argument("--out", type=Path, default=OUT, metavar="DIR", help=f"default: {OUT}")
    return parser.parse_args(argv)


def _units(text: str) -> Decimal:
    try:
        value = Decimal(text)
    except InvalidOperation:
        value = Decimal("nan")
    if not value.is_finite() or value < 0:
        raise argparse.ArgumentTypeError("must be a number of units, 0 or more")
    return value


def _ask_in_terminal(question: str) -> str:
    try:
        return input(question)
    except EOFError:  # there is no one to type
        return ""


def _say(words: str) -> None:
    print(words, flush=True)  # noqa: T201 - this is a command


if __name__ == "__main__":
    set_up_logging("error", "auto", sys.stderr, tty=sys.stderr.isatty(), secrets=())
    sys.exit(asyncio.run(run(sys.argv[1:], os.environ, _ask_in_terminal, _say, SystemClock())))
