"""What editors, docker and Kubernetes do to settings: read, or refused in words."""

import codecs
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import SettingsInvalid
from bot.media.guard import is_exempt, parse_url
from bot.settings.hosts import check_host
from bot.settings.load import load_settings


def test_a_file_with_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    """As editors on Windows save it."""
    path = tmp_path / "config.toml"
    path.write_bytes(codecs.BOM_UTF8 + b'[log]\r\nlevel = "error"\r\n')
    assert load_settings(path, {}).log.level == "error"


@pytest.mark.parametrize("quote", ['"', "'"])
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("KLINGBOT_DISCORD__TOKEN", "k8xwv"),
        ("KLINGBOT_LOG__LEVEL", "info"),
        ("KLINGBOT_ACCESS__GUILDS", "[1]"),
        ("KLINGBOT_KLING__VIDEO_SLOTS", "3"),
    ],
)
def test_quotes_that_docker_keeps_are_named(name: str, value: str, quote: str) -> None:
    """One line for the variable, and nothing else is wrong with it; the value is not repeated."""
    with pytest.raises(SettingsInvalid) as refused:
        load_settings(None, {name: f"{quote}{value}{quote}"})
    assert str(refused.value).startswith(f"{name}: has quotes around its value")
    assert str(refused.value).count("\n") == 0
    assert "k8xwv" not in str(refused.value)


def test_quotes_in_the_file_for_secrets_are_taken_away(tmp_path: Path) -> None:
    """There they are part of the form."""
    path = tmp_path / ".env"
    path.write_text("KLINGBOT_DISCORD__TOKEN='k8xwv'\n", encoding="utf-8")
    made = load_settings(None, {}, path)
    assert made.discord.token.get_secret_value() == "k8xwv"


@pytest.mark.parametrize("token", ['"k8xwv"', "'k8xwv", "k8xwv`", "k8xwv\u201d", "k8\u200bxwv"])
@pytest.mark.parametrize("key", ["discord.token", "kling.api_key", "gateway.api_token"])
def test_a_sign_that_no_token_has_is_named(tmp_path: Path, key: str, token: str) -> None:
    """At the start, not as an error of Discord's or Kling's."""
    section, _, name = key.partition(".")
    path = tmp_path / "config.toml"
    path.write_text(f"[{section}]\n{name} = '''{token}'''\n", encoding="utf-8")
    if token == "'k8xwv":
        path.write_text(f'[{section}]\n{name} = "{token}"\n', encoding="utf-8")
    with pytest.raises(SettingsInvalid, match=f"^{key}: ") as refused:
        load_settings(path, {})
    assert "xwv" not in str(refused.value)


OF_A_SERVICE = {
    "KLINGBOT_SERVICE_HOST": "10.0.0.7",
    "KLINGBOT_SERVICE_PORT": "8080",
    "KLINGBOT_SERVICE_PORT_HTTP": "8080",
    "KLINGBOT_PORT": "tcp://10.0.0.7:8080",
    "KLINGBOT_PORT_8080_TCP": "tcp://10.0.0.7:8080",
    "KLINGBOT_PORT_8080_TCP_PROTO": "tcp",
    "KLINGBOT_PORT_8080_TCP_PORT": "8080",
    "KLINGBOT_PORT_8080_TCP_ADDR": "10.0.0.7",
    "KLINGBOT_GATEWAY_SERVICE_HOST": "10.0.0.8",
    "KLINGBOT_GATEWAY_PORT": "tcp://10.0.0.8:8000",
    "KLINGBOT_GATEWAY_PORT_8000_TCP_PORT": "8000",
}


def test_variables_of_a_service_are_no_settings() -> None:
    """A service of our name puts them into every container, and nobody can take them out."""
    assert load_settings(None, OF_A_SERVICE) == load_settings(None, {})


@pytest.mark.parametrize(
    "name", ["KLINGBOT_PORT", "KLINGBOT_GATEWAY_PORT", "KLINGBOT_WEB__SERVICE_HOST", "KLINGBOT_X"]
)
def test_a_misspelt_setting_is_still_refused(name: str) -> None:
    """What only looks like one of a service's is meant as a setting."""
    with pytest.raises(SettingsInvalid, match=f"^{name}: unknown setting"):
        load_settings(None, {name: "8080"})


@pytest.mark.parametrize(
    ("written", "url"),
    [
        ("Media.LAN", "https://media.lan/a"),
        ("media.lan.", "https://media.lan./a"),
        ("media.lan:9000", "http://media.lan:9000/a"),
        ("media.lan:09000", "http://media.lan:9000/a"),
        ("10.0.0.5", "http://10.0.0.5/a"),
        ("10.0.0.5:443", "https://10.0.0.5/a"),
        ("::1", "http://[::1]/a"),
        ("[::1]", "http://[::1]/a"),
        ("[::1]:9000", "http://[::1]:9000/a"),
        ("2001:DB8:0:0::1", "http://[2001:db8::1]/a"),
        ("[2001:db8:0::1]:80", "http://[2001:db8::1]/a"),
        ("例え.lan", "http://例え.lan/a"),
        ("my_host", "http://my_host/a"),
    ],
)
def test_a_private_host_matches_however_it_is_written(written: str, url: str) -> None:
    """What is accepted as a setting lets its URL through."""
    parse_url(url, frozenset({check_host(written)}))


@pytest.mark.parametrize(
    "written",
    [
        *("", "*.lan", "*", "10.0.0.0/8", "http://media.lan", "media.lan/", "me@media.lan"),
        *("media.lan:", "media.lan:http", "media.lan:0", "media.lan:70000", ":9000", "[::1", "::g"),
        *("fe80::1%eth0", "127.1", "2130706433", "0x7f.0.0.1", "a b.lan", "-a.lan", "a..lan"),
        *("[10.0.0.5]", "[media.lan]:80", "media.lan\\x"),
    ],
)
def test_a_private_host_that_can_never_match_is_refused(written: str) -> None:
    """In words, at the start, by the key."""
    with pytest.raises(SettingsInvalid, match=r"^media\.private_hosts\.0: must "):
        load_settings(
            None, {"KLINGBOT_MEDIA__PRIVATE_HOSTS": f'["{written}"]'.replace("\\", "\\\\")}
        )


@given(st.text(max_size=30))
def test_any_host_is_accepted_or_refused(text: str) -> None:
    """No text ends in anything but a host or words, and a host stays what it is."""
    try:
        host = check_host(text)
    except ValueError:
        return
    assert check_host(host) == host
    bare, _, port = host.rpartition(":") if host.count(":") == 1 or "]:" in host else (host, "", "")
    assert is_exempt(bare.strip("[]"), int(port) if port else 80, frozenset({host}))
