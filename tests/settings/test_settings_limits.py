"""What a setting may be: each bad value is refused by its key, and combinations too."""

import pytest

from bot.errors import SettingsInvalid
from bot.settings.load import env_name, load_settings


def refusal(env: dict[str, str]) -> list[str]:
    with pytest.raises(SettingsInvalid) as caught:
        load_settings(None, env)
    return str(caught.value).splitlines()


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("discord.token", "Bot abc"),
        ("discord.token", "abc\ndef"),
        ("discord.api_url", "discord.com"),
        ("discord.gateway_url", "https://gateway.discord.gg/"),
        ("discord.operator_channel", "#general"),
        ("discord.shards", "0"),
        ("discord.shards", "-1"),
        ("discord.shards", "1.5"),
        ("discord.shards", "many"),
        ("discord.shards", "true"),
        ("discord.shards", "٣"),
        ("discord.shards", "99999999999999999999"),
        ("discord.shard_ids", "0,1"),
        ("discord.shard_ids", "[-1]"),
        ("discord.shard_ids", "[true]"),
        ("discord.shard_ids", '["a"]'),
        ("discord.shard_ids", "[1, 1]"),
        ("discord.shard_ids", "[16384]"),
        ("kling.dialect", "both"),
        ("kling.base_url", "https://api-singapore.klingai.com/v1"),
        ("kling.base_url", "http://127.0.0.1:8000/api/v1/"),
        ("kling.base_url", "ftp://kling.lan"),
        ("kling.base_url", "http://user:pass@kling.lan"),
        ("kling.base_url", "http://kling.lan:port"),
        ("kling.video_slots", "0"),
        ("kling.video_slots", "2.5"),
        ("kling.image_slots", "many"),
        ("defaults.video_model", " "),
        ("access.guilds", "1,2"),
        ("access.guilds", '"1"'),
        ("access.guilds", "[0]"),
        ("access.guilds", "[true]"),
        ("access.jobs_per_member_day", "-1"),
        ("limits.member_video_units_per_day", "-1"),
        ("limits.member_image_units_per_day", "nan"),
        ("limits.server_video_units_per_month", "1.005"),
        ("limits.server_image_units_per_month", "1e99"),
        ("limits.video_units_per_month", "plenty"),
        ("limits.image_units_per_month", "true"),
        ("money.usd_per_video_unit", "-0.01"),
        ("money.usd_per_image_unit", "inf"),
        ("money.confirm_usd", "dear"),
        ("money.warn_percent", "0"),
        ("money.warn_percent", "101"),
        ("storage.keep_ledger_days", "0"),
        ("limits.open_jobs_per_member", "-1"),
        ("limits.deliveries_again_per_hour", "0.5"),
        ("limits.input_mib_per_member_day", "all"),
        ("poll.first_s", "0"),
        ("poll.interval_s", "nan"),
        ("poll.late_s", "inf"),
        ("poll.give_up_s", "1199"),
        ("storage.url", "sqlite://"),
        ("storage.url", "sqlite:///"),
        ("storage.url", "sqlite:///:memory:"),
        ("storage.url", "mysql://u:p@h/d"),
        ("storage.url", "postgresql://u:p@[h/d"),
        ("storage.keep_inputs_days", "-1"),
        ("storage.keep_days", "0"),
        ("media.private_hosts", '["http://a"]'),
        ("media.private_hosts", '[""]'),
        ("web.listen", "8080"),
        ("web.listen", "127.0.0.1:65536"),
        ("web.listen", "::1:8080"),
        ("web.listen", "127.0.0.1:http"),
        ("web.public_url", "bot.example"),
        ("web.public_url", "https://bot.example/?a=b"),
        ("gateway.listen", ""),
        ("gateway.upstream", ""),
        ("shutdown.grace_s", "-0.1"),
        ("log.level", "loud"),
        ("log.format", "xml"),
    ],
)
def test_a_value_that_cannot_be_is_refused_by_its_key(key: str, value: str) -> None:
    """One bad value: one line, which names the key and never the value's neighbours."""
    (line,) = refusal({env_name(key): value})
    assert line.startswith(key)


@pytest.mark.parametrize("section", ["web", "gateway"])
@pytest.mark.parametrize("listen", ["0.0.0.0:80", "[::]:80", "192.168.1.2:80", "bot.lan:80"])
def test_a_public_address_needs_a_token(section: str, listen: str) -> None:
    """Listening beyond loopback without a token is refused; with one it is fine."""
    env = {env_name(f"{section}.listen"): listen}
    (line,) = refusal(env)
    assert line.startswith(f"{section}.api_token")
    settings = load_settings(None, env | {env_name(f"{section}.api_token"): "t0ken"})
    assert getattr(settings, section).listen == listen


@pytest.mark.parametrize("listen", ["127.0.0.1:0", "127.8.9.10:80", "[::1]:80", "localhost:80"])
def test_loopback_needs_no_token(listen: str) -> None:
    """What only this machine reaches needs no token."""
    assert load_settings(None, {"KLINGBOT_WEB__LISTEN": listen}).web.listen == listen


def test_an_empty_listen_switches_the_pages_off() -> None:
    """Empty is a choice for the bot's pages, and then there is no address."""
    assert load_settings(None, {"KLINGBOT_WEB__LISTEN": ""}).web.address is None


@pytest.mark.parametrize("half", ["KLINGBOT_KLING__ACCESS_KEY", "KLINGBOT_KLING__SECRET_KEY"])
def test_half_a_key_pair_is_refused(half: str) -> None:
    """An access key without its secret, or the other way round, signs nothing."""
    assert refusal({half: "x"})[0].startswith("kling.secret_key")


def test_the_official_dialect_needs_a_key() -> None:
    """Kling itself refuses everyone without a key; either kind will do."""
    official = {"KLINGBOT_KLING__DIALECT": "official"}
    assert refusal(official)[0].startswith("kling.api_key")
    pair = {"KLINGBOT_KLING__ACCESS_KEY": "a", "KLINGBOT_KLING__SECRET_KEY": "s"}
    for key in (pair, {"KLINGBOT_KLING__API_KEY": "k"}):
        assert load_settings(None, official | key).kling.resolved_dialect == "official"
