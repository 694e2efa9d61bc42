"""How old the catalogue is, and whether the newer generation answers."""

from pathlib import Path

from bot.doctor.catalogue import OLD_DAYS, examine_catalogue
from bot.doctor.findings import Mark
from bot.settings.files import SettingsFiles
from tests.doctor.conftest import Make
from tests.harness.manual_clock import ManualClock
from tests.harness.models import CATALOGUE
from tests.harness.shell import bot

DAY_S = 86_400.0
NOBODY = SettingsFiles(None, None, None)
NEWEST_S = max(source.as_of for source in CATALOGUE.sources()).toordinal() * DAY_S
UNIX_EPOCH_S = 719_163 * DAY_S


def after(days: int) -> ManualClock:
    """A clock so many days after the newest source."""
    return ManualClock(NEWEST_S - UNIX_EPOCH_S + days * DAY_S)


async def test_every_source_has_its_age(settings: Make) -> None:
    """One line each with its date and its days, and a warning where that is long ago."""
    today = after(OLD_DAYS)
    findings = await examine_catalogue(settings(), NOBODY, today)
    sources = {*CATALOGUE.sources()}
    lines = [one for one in findings if "days old" in one.what]
    assert len(lines) == len(sources)
    for source in sources:
        [line] = [one for one in lines if f"{source.name} of {source.as_of}" in one.what]
        is_old = source.as_of < max(one.as_of for one in sources)
        assert (line.mark is Mark.WARN) is is_old
        assert ("catalogue.toml" in line.fix) is is_old


async def test_the_newer_generation_answers_a_key(settings: Make) -> None:
    """A free question by its path; a pair of keys is told what is missing."""
    findings = await examine_catalogue(settings(), NOBODY, after(0))
    assert "newer generation answers" in findings[-1].what
    pair = settings(
        kling__api_key="", kling__access_key="local-access-key", kling__secret_key="s" * 32
    )
    findings = await examine_catalogue(pair, NOBODY, after(0))
    assert findings[-1].mark is Mark.WARN
    assert "kling.api_key" in findings[-1].fix


async def test_a_key_that_it_refuses_is_told(settings: Make) -> None:
    """Whatever Kling answers, it is a finding and not an end."""
    findings = await examine_catalogue(settings(kling__api_key="wrong"), NOBODY, after(0))
    assert findings[-1].mark is Mark.WARN
    assert "does not answer" in findings[-1].what


async def test_it_is_asked_for_by_a_flag(env: dict[str, str], tmp_path: Path) -> None:
    """`doctor --catalogue` says it, `doctor` does not."""
    plain = await bot("doctor", cwd=tmp_path, env=env)
    asked = await bot("doctor", "--catalogue", cwd=tmp_path, env=env)
    assert "days old" not in plain.out
    assert "days old" in asked.out
