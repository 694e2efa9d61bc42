"""Reading the settings: defaults, the file, the environment, and every problem at once."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr, ValidationError

from bot.errors import SettingsInvalid
from bot.settings.load import Settings, dotted_keys, env_name, load_settings
from bot.settings.sections import KlingSettings

CONTRACT: dict[str, Any] = {
    "discord.token": SecretStr(""),
    "discord.api_url": "https://discord.com/api/v10",
    "discord.gateway_url": "wss://gateway.discord.gg/",
    "discord.operator_channel": "",
    "discord.proxy": SecretStr(""),
    "discord.shards": "auto",
    "discord.shard_ids": (),
    "kling.dialect": "auto",
    "kling.base_url": "",
    "kling.access_key": SecretStr(""),
    "kling.secret_key": SecretStr(""),
    "kling.api_key": SecretStr(""),
    "kling.video_slots": 5,
    "kling.image_slots": 9,
    "kling.account_shared": True,
    "kling.proxy": SecretStr(""),
    "defaults.video_model": "kling-v2-5-turbo",
    "defaults.image_model": "kling-v3",
    "defaults.omni_model": "kling-image-o1",
    "defaults.storyboard_model": "",
    "defaults.video_omni_model": "",
    "defaults.edit_model": "",
    "defaults.motion_model": "",
    "defaults.avatar_model": "",
    "access.guilds": (),
    "access.jobs_per_member_day": 20,
    "limits.member_video_units_per_day": Decimal(60),
    "limits.member_image_units_per_day": Decimal(400),
    "limits.server_video_units_per_month": Decimal(0),
    "limits.server_image_units_per_month": Decimal(0),
    "limits.video_units_per_month": Decimal(0),
    "limits.image_units_per_month": Decimal(0),
    "limits.open_jobs_per_member": 10,
    "limits.deliveries_again_per_hour": 5,
    "limits.input_mib_per_member_day": 200,
    "money.usd_per_video_unit": Decimal("0.14"),
    "money.usd_per_image_unit": Decimal("0.0035"),
    "money.confirm_usd": Decimal("1.0"),
    "money.warn_percent": 80,
    "poll.first_s": 5.0,
    "poll.interval_s": 5.0,
    "poll.late_s": 1200.0,
    "poll.give_up_s": 86400.0,
    "storage.url": SecretStr("sqlite:///data/kling.db"),
    "storage.keep_inputs_days": 7,
    "storage.keep_days": 90,
    "storage.keep_ledger_days": 400,
    "media.private_hosts": (),
    "web.listen": "127.0.0.1:8080",
    "web.public_url": "",
    "web.api_token": SecretStr(""),
    "web.metrics": True,
    "gateway.listen": "127.0.0.1:8000",
    "gateway.upstream": "https://api-singapore.klingai.com",
    "gateway.api_token": SecretStr(""),
    "shutdown.grace_s": 8.0,
    "log.level": "info",
    "log.format": "auto",
}


def value_of(settings: Settings, dotted: str) -> Any:
    section, key = dotted.split(".")
    return getattr(getattr(settings, section), key)


def written(folder: Path, text: str) -> Path:
    path = folder / "config.toml"
    path.write_text(text, encoding="utf-8")
    return path


def refusal(env: dict[str, str], path: Path | None = None) -> list[str]:
    with pytest.raises(SettingsInvalid) as caught:
        load_settings(path, env)
    return str(caught.value).splitlines()


def test_the_keys_and_defaults_are_those_of_the_contract() -> None:
    """Other programs rely on the names and the defaults: both are exactly these."""
    assert dotted_keys() == CONTRACT
    settings = load_settings(None, {})
    assert {key: value_of(settings, key) for key in CONTRACT} == CONTRACT


def test_the_environment_beats_the_file_and_the_file_beats_the_default(tmp_path: Path) -> None:
    """Environment, then file, then default."""
    path = written(tmp_path, '[log]\nlevel = "error"\n[kling]\nvideo_slots = 2\nimage_slots = 3\n')
    settings = load_settings(path, {"KLINGBOT_KLING__VIDEO_SLOTS": "7", "HOME": "/nowhere"})
    assert settings.log.level == "error"
    assert settings.kling.video_slots == 7
    assert settings.kling.image_slots == 3
    assert settings.shutdown.grace_s == 8.0


@pytest.mark.parametrize("key", CONTRACT)
def test_every_key_can_be_set_by_the_environment(key: str) -> None:
    """Each key has a variable, and what it says is what is used."""
    samples = {
        "discord.api_url": "http://127.0.0.1:1/api/v10",
        "discord.gateway_url": "ws://127.0.0.1:1/",
        "discord.operator_channel": "123456789012345678",
        "discord.proxy": "http://proxy.lan:1",
        "discord.shards": "3",
        "discord.shard_ids": "[2, 0]",
        "kling.proxy": "http://proxy.lan:2",
        "kling.dialect": "gateway",
        "kling.base_url": "http://kling.lan:8000",
        "access.guilds": '[12, "34"]',
        "media.private_hosts": '["Media.LAN"]',
        "storage.url": "sqlite:///elsewhere.db",
        "poll.give_up_s": "99999.5",
        "web.listen": "127.0.0.1:1",
        "web.public_url": "https://bot.example",
        "kling.account_shared": "False",
        "web.metrics": "False",
        "gateway.listen": "[::1]:2",
        "gateway.upstream": "http://127.0.0.1:3",
        "log.level": "debug",
        "log.format": "json",
    }
    env = {env_name(key): samples.get(key, "17")}
    if key in {"kling.access_key", "kling.secret_key"}:
        env |= {"KLINGBOT_KLING__ACCESS_KEY": "17", "KLINGBOT_KLING__SECRET_KEY": "17"}
    before, after = (value_of(load_settings(None, given), key) for given in ({}, env))
    assert after != before
    assert type(after) is type(before) or key == "discord.shards"  # a word or a number


def test_lists_come_as_json() -> None:
    """Lists in the environment are JSON; ids may be numbers or strings, hosts lose their case."""
    settings = load_settings(
        None,
        {"KLINGBOT_ACCESS__GUILDS": '[12, "34"]', "KLINGBOT_MEDIA__PRIVATE_HOSTS": '["A.Lan"]'},
    )
    assert settings.access.guilds == (12, 34)
    assert settings.media.private_hosts == ("a.lan",)


def test_all_problems_are_reported_at_once(tmp_path: Path) -> None:
    """Five mistakes are reported in one start, not in five."""
    path = written(
        tmp_path,
        """
        stray = 1
        [kling]
        video_slots = 0
        secret_kye = "hunter22"
        [pol]
        first_s = 1
        [web]
        listen = "0.0.0.0:80"
        """,
    )
    lines = refusal({"KLINGBOT_POLL__FIRST_S": "-1", "KLINGBOT_LOG__LEVLE": "info"}, path)
    assert [line.split(": ")[0] for line in lines] == [
        "KLINGBOT_LOG__LEVLE",
        "kling.video_slots",
        "kling.secret_kye",
        "poll.first_s",
        "web.api_token",
        "stray",
        "pol",
    ]
    assert lines[0].endswith("did you mean KLINGBOT_LOG__LEVEL?")
    assert lines[2].endswith("did you mean kling.secret_key?")
    assert lines[3].endswith("(from KLINGBOT_POLL__FIRST_S)")


@pytest.mark.parametrize(
    ("env", "dialect", "base_url"),
    [
        ({}, "gateway", "http://127.0.0.1:8000"),
        ({"API_KEY": "k"}, "official", "https://api-singapore.klingai.com"),
        ({"API_KEY": "k", "DIALECT": "gateway"}, "gateway", "http://127.0.0.1:8000"),
        ({"API_KEY": "k", "BASE_URL": "https://k.example/"}, "official", "https://k.example"),
    ],
)
def test_auto_is_official_with_a_key_and_else_a_gateway(
    env: dict[str, str], dialect: str, base_url: str
) -> None:
    """What `auto` and an empty base address mean is decided by the key."""
    kling = load_settings(None, {f"KLINGBOT_KLING__{k}": v for k, v in env.items()}).kling
    assert (kling.resolved_dialect, kling.resolved_base_url) == (dialect, base_url)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"[kling\n", "is not TOML"),
        (b"\xff\xfe", "is not UTF-8"),
        (None, "No such file or directory"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(
    tmp_path: Path, content: bytes | None, says: str
) -> None:
    """A missing or broken file is one line with its name and why."""
    path = tmp_path / "config.toml"
    if content is not None:
        path.write_bytes(content)
    (line,) = refusal({}, path)
    assert line.startswith(f"{path}: ")
    assert says in line


@given(secret=st.text(st.characters(codec="ascii", categories=("L", "N")), min_size=8))
def test_no_secret_is_ever_printed(secret: str) -> None:
    """Neither printing the settings nor refusing them shows a secret that was typed."""
    secret = f"S{secret}S"
    env = {
        "KLINGBOT_DISCORD__TOKEN": secret,
        "KLINGBOT_KLING__API_KEY": secret,
        "KLINGBOT_KLING__ACCESS_KEY": secret,
        "KLINGBOT_KLING__SECRET_KEY": secret,
        "KLINGBOT_WEB__API_TOKEN": secret,
        "KLINGBOT_GATEWAY__API_TOKEN": secret,
        "KLINGBOT_STORAGE__URL": f"postgresql://{secret}:{secret}@db/kling?password={secret}",
    }
    settings = load_settings(None, env)
    shown = [repr(settings), str(settings), str(settings.model_dump()), settings.storage.shown_url]
    assert not any(secret in text for text in shown)
    assert settings.storage.shown_url == "postgresql://db/kling"
    assert secret in settings.secrets()
    spaced = {name: f"{value} {value}" for name, value in env.items()}
    typed_wrong = spaced | {"KLINGBOT_STORAGE__URL": f"x{secret}", f"KLINGBOT_{secret}": secret}
    told = "\n".join(refusal(typed_wrong)).replace(f"KLINGBOT_{secret}", "")
    assert secret not in told


def test_a_section_that_refuses_does_not_repeat_what_was_typed() -> None:
    """Not even the library's own error shows a value: it may be a secret."""
    with pytest.raises(ValidationError) as refused:
        KlingSettings.model_validate({"api_key": "hunter22 hunter22", "dialect": "hunter22"})
    assert "hunter22" not in str(refused.value)


def test_what_must_be_hidden_is_listed_once() -> None:
    """The log is told every secret, a database's password in both spellings, no empty one."""
    settings = load_settings(
        None,
        {
            "KLINGBOT_DISCORD__TOKEN": " token ",
            "KLINGBOT_WEB__API_TOKEN": "token",
            "KLINGBOT_STORAGE__URL": "postgresql://user:p%40ss@db/kling",
        },
    )
    assert settings.secrets() == ("token", "user:p%40ss", "p%40ss", "p@ss")


def test_settings_cannot_be_changed() -> None:
    """After the start nothing moves."""
    settings = load_settings(None, {})
    with pytest.raises(ValidationError):
        settings.log.level = "debug"


def test_the_bot_needs_a_token_and_the_gateway_a_key() -> None:
    """What a command needs to start is asked for in words, by its key."""
    settings = load_settings(None, {})
    with pytest.raises(SettingsInvalid, match=r"^discord\.token: "):
        settings.require_for_bot()
    with pytest.raises(SettingsInvalid, match=r"^kling\.api_key: "):
        settings.require_for_gateway()
    ready = load_settings(None, {"KLINGBOT_DISCORD__TOKEN": "t", "KLINGBOT_KLING__API_KEY": "k"})
    ready.require_for_bot()
    ready.require_for_gateway()


def test_the_database_file_is_known_for_sqlite_only() -> None:
    """Three slashes are relative, four are absolute, PostgreSQL has no file."""
    paths = [
        load_settings(None, {"KLINGBOT_STORAGE__URL": url}).storage.sqlite_path
        for url in ("sqlite:///data/k.db", "sqlite:////var/k.db", "postgresql:///kling")
    ]
    assert paths == [Path("data/k.db"), Path("/var/k.db"), None]
