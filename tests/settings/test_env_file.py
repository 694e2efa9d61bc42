"""`.env`, the home of a token: what it may hold, what it beats, and how it is refused."""

import re
import string
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import SettingsInvalid
from bot.settings.env_file import read_env_file
from bot.settings.files import SettingsFiles
from bot.settings.load import Settings, dotted_keys, env_name
from tests.harness.shell import bot

ROOT = Path(__file__).parents[2]
printable = st.text(string.printable.replace("\n", "").replace("\r", ""))


def written(folder: Path, content: bytes | str) -> Path:
    path = folder / ".env"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def refusal(folder: Path, env: dict[str, str] | None = None) -> list[str]:
    with pytest.raises(SettingsInvalid) as caught:
        SettingsFiles.find(None, folder).load(env or {})
    return str(caught.value).splitlines()


def test_the_environment_beats_the_file_beats_the_toml(tmp_path: Path) -> None:
    """Environment, then `.env`, then `config.toml`, then the default."""
    (tmp_path / "config.toml").write_text(
        '[log]\nlevel = "error"\nformat = "json"\n[kling]\nvideo_slots = 2\nimage_slots = 3\n'
    )
    written(tmp_path, "KLINGBOT_LOG__LEVEL=warning\nKLINGBOT_KLING__VIDEO_SLOTS=6\n")
    made = SettingsFiles.find(None, tmp_path).load({"KLINGBOT_KLING__VIDEO_SLOTS": "7"})
    assert (made.log.level, made.log.format) == ("warning", "json")
    assert (made.kling.video_slots, made.kling.image_slots) == (7, 3)


def test_the_file_is_the_one_beside_the_config(tmp_path: Path) -> None:
    """`--config` takes its own `.env` along; that of the current folder is another bot's."""
    other = tmp_path / "other"
    other.mkdir()
    written(tmp_path, "KLINGBOT_LOG__LEVEL=debug\n")
    written(other, "KLINGBOT_LOG__LEVEL=error\n")
    (other / "mine.toml").write_text("")
    assert SettingsFiles.find(None, tmp_path).load({}).log.level == "debug"
    assert SettingsFiles.find(other / "mine.toml", tmp_path).load({}).log.level == "error"


@pytest.mark.parametrize(
    "content",
    [
        "KLINGBOT_DISCORD__TOKEN=a.b-c",
        "KLINGBOT_DISCORD__TOKEN = a.b-c   # mine\n",
        'export KLINGBOT_DISCORD__TOKEN="a.b-c" # mine\n',
        "# one\r\n\r\nKLINGBOT_DISCORD__TOKEN='a.b-c'\r\n",
        b"\xef\xbb\xbfKLINGBOT_DISCORD__TOKEN=a.b-c\r\n",
        "KLINGBOT_DISCORD__TOKEN=first\nKLINGBOT_DISCORD__TOKEN=a.b-c\n",
        "COMPOSE_PROJECT_NAME=x\nKLING_LIVE_GUILD=1\nKLINGBOT_DISCORD__TOKEN=a.b-c\n",
    ],
)
def test_what_people_write_is_read(tmp_path: Path, content: bytes | str) -> None:
    """Spaces, comments, quotes, `export`, a byte order mark, Windows' line ends, other names."""
    written(tmp_path, content)
    made = SettingsFiles.find(None, tmp_path).load({})
    assert made.discord.token.get_secret_value() == "a.b-c"


def test_signs_in_a_value_are_signs(tmp_path: Path) -> None:
    """Nothing is substituted; a `#` begins a comment only after a space."""
    path = written(tmp_path, "A=pa#ss$HOME${HOME}`id`\\n=\nB='x # \"y\"'\n")
    assert read_env_file(path) == {"A": "pa#ss$HOME${HOME}`id`\\n=", "B": 'x # "y"'}


@given(printable)
def test_a_value_in_single_quotes_is_what_was_typed(
    tmp_path_factory: pytest.TempPathFactory, value: str
) -> None:
    """Any sign may stand in one; only a quote and a backslash take a backslash before them."""
    quoted = value.replace("\\", "\\\\").replace("'", "\\'")
    path = written(tmp_path_factory.mktemp("quoted"), f"A='{quoted}'\nB=2\n")
    assert read_env_file(path) == {"A": value, "B": "2"}


@given(st.one_of(st.binary(), printable, st.text("A='\"#\\ \n\r\t$")))
def test_any_bytes_are_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, content: bytes | str
) -> None:
    """No file ends in anything but values or words."""
    path = written(tmp_path_factory.mktemp("any"), content)
    try:
        values = read_env_file(path)
    except SettingsInvalid as refused:
        values = {"refused": str(refused)}
    assert all(isinstance(value, str) for value in values.values())


def test_each_line_that_says_nothing_is_named(tmp_path: Path) -> None:
    """All at once, by its number, and without what stands there: it may be a secret."""
    path = written(tmp_path, '\nA=1\n\nhunter22\nB="hunter22\n# fine\n\n\n=hunter22\n')
    assert refusal(tmp_path) == [
        f"{path}: line {number} must be NAME=value, its quotes closed" for number in (4, 5, 9)
    ]


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("KLINGBOT_DISCORD__TOKN", "KLINGBOT_DISCORD__TOKEN"),
        ("KLINGBOT_DISCORD_TOKEN", "KLINGBOT_DISCORD__TOKEN"),
        ("DISCORD__TOKEN", "KLINGBOT_DISCORD__TOKEN"),
        ("klingbot_discord__token", "KLINGBOT_DISCORD__TOKEN"),
    ],
)
def test_a_name_that_is_nearly_ours_is_refused(tmp_path: Path, name: str, meant: str) -> None:
    """By its name and its file, with the name that was meant."""
    path = written(tmp_path, f"{name}=hunter22\n")
    assert refusal(tmp_path) == [f"{name} in {path}: unknown setting; did you mean {meant}?"]


def test_a_bad_value_names_where_it_stands(tmp_path: Path) -> None:
    """The variable and the file, unless the environment says better."""
    path = written(tmp_path, "KLINGBOT_KLING__VIDEO_SLOTS=no\nKLINGBOT_ACCESS__GUILDS=1,2\n")
    lines = refusal(tmp_path)
    assert lines[0].endswith(f"(from KLINGBOT_ACCESS__GUILDS in {path})")
    assert lines[1].endswith(f"(from KLINGBOT_KLING__VIDEO_SLOTS in {path})")
    (line,) = refusal(
        tmp_path, {"KLINGBOT_ACCESS__GUILDS": "[]", "KLINGBOT_KLING__VIDEO_SLOTS": "0"}
    )
    assert line.endswith("(from KLINGBOT_KLING__VIDEO_SLOTS)")


def test_both_files_are_complained_of_at_once(tmp_path: Path) -> None:
    """Bytes that are no text, as an editor or a shell of Windows may write them, and bad TOML."""
    path = written(tmp_path, "A=1".encode("utf-16"))
    (tmp_path / "config.toml").write_text("[")
    first, second = refusal(tmp_path)
    assert first.startswith(f"{tmp_path / 'config.toml'}: is not TOML")
    assert second == f"{path}: is not UTF-8 text"


def test_a_folder_of_that_name_is_something_else(tmp_path: Path) -> None:
    """Some keep a virtual environment there; a missing file is fine too."""
    assert SettingsFiles.find(None, tmp_path).env_file is None
    (tmp_path / ".env").mkdir()
    assert SettingsFiles.find(None, tmp_path).env_file is None


@pytest.mark.parametrize("command", ["run", "gateway", "doctor", "jobs list"])
async def test_every_command_reads_it(tmp_path: Path, command: str) -> None:
    """A typo there ends each command in the same words, with exit code 2."""
    written(tmp_path, "KLINGBOT_DISCORD__TOKN=hunter22\n")
    ended = await bot(*command.split(), cwd=tmp_path)
    assert ended.code == 2
    assert "KLINGBOT_DISCORD__TOKN in .env: unknown setting" in ended.out + ended.err
    assert "hunter22" not in ended.out + ended.err


def test_the_example_can_be_copied_as_it_is(tmp_path: Path) -> None:
    """As it is shipped it is valid, each name in it is a setting, and git ignores the copy."""
    text = (ROOT / ".env.example").read_text(encoding="utf-8")
    assert SettingsFiles.find(None, written(tmp_path, text).parent).load({}) == Settings()
    names = re.findall(r"^(?:# )?(KLINGBOT_\w+)=", text, re.MULTILINE)
    assert len(names) >= 6
    assert set(names) <= {env_name(key) for key in dotted_keys()}
    assert ".env" in (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
