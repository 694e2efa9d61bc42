"""The URL of a proxy: its form, and that its password is a secret."""

import pytest

from bot.errors import SettingsInvalid
from bot.settings.load import env_name, load_settings


@pytest.mark.parametrize(
    "url",
    [
        "proxy.lan:3128",
        "https://proxy.lan:3128",
        "socks5://proxy.lan:1080",
        "http://",
        "http://:3128",
        "http://proxy.lan:99999",
        "http://me:k8/xwv@proxy.lan",
        "http://proxy.lan/path",
        "http://proxy.lan?x=k8xwv",
        "http://me:k8 xwv@proxy.lan",
    ],
)
@pytest.mark.parametrize("key", ["discord.proxy", "kling.proxy"])
def test_what_is_no_proxy_is_refused(key: str, url: str) -> None:
    """By its key and the right form, without a word of it: there may be a password."""
    with pytest.raises(SettingsInvalid, match=f'^{key}: must be "http://HOST:PORT"') as refused:
        load_settings(None, {env_name(key): url})
    assert "xwv" not in str(refused.value)


def test_a_proxys_password_is_a_secret_in_every_spelling() -> None:
    """As typed, as meant, and as it is sent."""
    made = load_settings(None, {"KLINGBOT_KLING__PROXY": "http://me:k8%2Fxwv@proxy.lan:3128"})
    assert {"k8%2Fxwv", "k8/xwv", "bWU6azgveHd2"} <= set(made.secrets())
    assert "xwv" not in repr(made)
    assert load_settings(None, {"KLINGBOT_KLING__PROXY": "http://proxy.lan:1"}).secrets() == ()
