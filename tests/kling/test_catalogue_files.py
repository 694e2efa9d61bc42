"""The catalogue's files: an operator's rows over the shipped ones, and what is wrong with them."""

from decimal import Decimal
from pathlib import Path

import pytest

from bot.domain.catalogue import price
from bot.domain.requests import VideoRequest
from bot.errors import SettingsInvalid
from bot.kling.catalogue_files import load_catalogue
from bot.settings.files import CATALOGUE_FILE, SettingsFiles
from tests.harness.models import CATALOGUE, VIDEO, VIDEO_NAMES
from tests.harness.shell import bot

NEW = """
[sources]
console = { name = "The price list of my console", as_of = 2026-11-20 }

[[video]]
name = "kling-v9"
text = true
image = false
durations_s = "2-8"
modes = ["std"]
units_per_s = { std = "0.2" }
source = "console"
price_source = "console"
"""


def written(folder: Path, text: str) -> Path:
    path = folder / CATALOGUE_FILE
    path.write_text(text, encoding="utf-8")
    return path


def complaint(path: Path) -> str:
    with pytest.raises(SettingsInvalid) as invalid:
        load_catalogue(path)
    return str(invalid.value)


def test_a_new_row_is_a_new_model(tmp_path: Path) -> None:
    """A model that Kling sells since yesterday is known, priced, and the newest, by one row."""
    own = load_catalogue(written(tmp_path, NEW))
    assert [model.name for model in own.video] == ["kling-v9", *VIDEO_NAMES]
    cost = price(own, VideoRequest("a fox", "kling-v9", duration_s=4))
    assert cost is not None
    assert (cost.units, cost.as_of.isoformat()) == (Decimal("0.8"), "2026-11-20")


def test_an_override_changes_what_it_states(tmp_path: Path) -> None:
    """Every other field, the other rows and their order stay as shipped."""
    own = load_catalogue(
        written(tmp_path, f'[[video]]\nname = "{VIDEO}"\nunits_per_s = {{ std = "0.4" }}\n')
    )
    assert [model.name for model in own.video] == VIDEO_NAMES
    changed, shipped = own.video_model(VIDEO), CATALOGUE.video_model(VIDEO)
    assert changed is not None
    assert shipped is not None
    assert changed.units_of_a_second("std", sound=False) == Decimal("0.4")
    assert (changed.modes, changed.source) == (shipped.modes, shipped.source)
    assert [one for one in own.video if one.name != VIDEO] == [
        one for one in CATALOGUE.video if one.name != VIDEO
    ]


def test_a_price_beside_the_models_can_be_overridden(tmp_path: Path) -> None:
    """A look at the faces costs what the operator's file says; the rest of the table stays."""
    own = load_catalogue(written(tmp_path, '[calls]\nidentify_face = "0.1"\n'))
    assert own.calls.identify_face == Decimal("0.1")
    assert own.calls.lip_sync_per_5_s == CATALOGUE.calls.lip_sync_per_5_s


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("[[video]]\nname = 'kling-v9'\n", "video kling-v9, text: "),
        ("[[video]]\ntext = true\n", "video , name: "),
        (NEW.replace('"2-8"', "[0]"), "video kling-v9, durations_s.0: "),
        (NEW.replace('"2-8"', '"eight"'), "video kling-v9, durations_s: "),
        (NEW.replace('"2-8"', "[]"), "video kling-v9, durations_s: "),
        (NEW.replace('"0.2"', '"-1"'), "video kling-v9, units_per_s.std: "),
        (NEW.replace('"0.2"', "nan"), "video kling-v9, units_per_s.std: "),
        (NEW.replace('modes = ["std"]', "modes = []"), "video kling-v9, modes: "),
        (NEW.replace('"console"', '"nowhere"', 1), "video kling-v9, source"),
        (NEW + "colour = 'red'\n", "video kling-v9, colour: "),
        ("[[movie]]\nname = 'x'\n", "movie: "),
        ("video = 3\n", "video: "),
        ("[calls]\nidentify_face = 'dear'\n", "calls, identify_face: "),
        ("[seconds]\nfixed_share = 2\n", "seconds, fixed_share: "),
        ("[[video]\n", "is not valid TOML"),
    ],
)
def test_a_mistake_is_named_with_its_place(tmp_path: Path, text: str, place: str) -> None:
    """The operator reads which file, which row and which field; the bot does not start."""
    path = written(tmp_path, text)
    said = complaint(path)
    assert place in said
    assert str(path) in said


def test_all_mistakes_are_named_at_once(tmp_path: Path) -> None:
    """Two rows with a mistake each are two lines."""
    rows = "[[image]]\nname = 'a'\ntext = 'maybe'\n[[video]]\nname = 'b'\nmodes = 3\n"
    said = complaint(written(tmp_path, rows))
    assert "image a, text: " in said
    assert "video b, modes: " in said


def test_a_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    """Bytes that are no UTF-8 are one readable line."""
    path = tmp_path / CATALOGUE_FILE
    path.write_bytes(b"\xff\xfe\x00")
    assert complaint(path) == f"{path}: cannot be read: it is not UTF-8"


def test_the_file_is_looked_for_beside_the_settings(tmp_path: Path) -> None:
    """With `--config`, in that file's folder; where there is none, the shipped rows hold."""
    elsewhere = tmp_path / "etc"
    elsewhere.mkdir()
    config = elsewhere / "config.toml"
    assert load_catalogue(SettingsFiles.find(config, tmp_path).catalogue) == CATALOGUE
    written(tmp_path, NEW)
    assert load_catalogue(SettingsFiles.find(config, tmp_path).catalogue) == CATALOGUE
    written(elsewhere, NEW)
    assert load_catalogue(SettingsFiles.find(config, tmp_path).catalogue) != CATALOGUE


async def test_a_bot_with_a_wrong_catalogue_says_what_to_fix(tmp_path: Path) -> None:
    """Bad settings: exit 2 and the place, before anything is opened."""
    written(tmp_path, "[[video]]\nname = 'kling-v9'\n")
    env = {"KLINGBOT_DISCORD__TOKEN": "a-token"}
    ended = await bot("run", cwd=tmp_path, env=env)
    assert ended.code == 2
    assert "catalogue.toml: video kling-v9, text: " in ended.err
