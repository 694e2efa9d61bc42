"""The options that hosts of PostgreSQL put into the URLs they hand out."""

from typing import Any

import pytest

from bot.errors import SettingsInvalid
from bot.settings.load import load_settings
from storage.address import PostgresqlAddress, parse_address
from storage.postgresql_options import asyncpg_arguments, ssl_mode, verifies_by_system

USUAL = {"timeout": 10.0, "command_timeout": 30.0}


def address_of(options: str) -> PostgresqlAddress:
    address = parse_address(f"postgresql://u:p@db.example/kling?{options}")
    assert isinstance(address, PostgresqlAddress)
    return address


@pytest.mark.parametrize(
    ("options", "arguments"),
    [
        ("", {}),
        ("application_name=kling", {"server_settings": {"application_name": "kling"}}),
        ("options=endpoint%3Dep-1", {"server_settings": {"options": "endpoint=ep-1"}}),
        ("connect_timeout=3", {"timeout": 3.0}),
        ("connect_timeout=0", {}),
        ("target_session_attrs=read-write", {"target_session_attrs": "read-write"}),
        ("sslmode=require", {"ssl": "require"}),
        ("ssl=true", {"ssl": "require"}),
        ("ssl=0", {"ssl": "disable"}),
        ("sslmode=VERIFY-FULL", {"ssl": "verify-full"}),
        ("sslmode=verify-ca&sslrootcert=%2Fca.pem", {"ssl": "verify-ca", "dsn": "ca.pem"}),
        ("sslmode=require&channel_binding=prefer", {"ssl": "require"}),
        ("keepalives=1&keepalives_idle=30&tcp_user_timeout=9", {}),
        ("pgbouncer=true&connection_limit=1&pool_timeout=20", {}),
        ("statement_cache_size=0&prepared_statement_cache_size=0", {}),
    ],
)
def test_an_option_reaches_the_driver_by_its_name(options: str, arguments: dict[str, Any]) -> None:
    """What asyncpg knows it is given; what it would send to the server as a setting it is not."""
    given = asyncpg_arguments(address_of(options).options)
    dsn = given.pop("dsn", "")
    assert dsn.endswith(arguments.pop("dsn", ""))
    assert given == USUAL | arguments


@pytest.mark.parametrize("mode", ["", "&sslmode=require", "&sslmode=prefer", "&sslmode=disable"])
def test_a_channel_that_must_be_bound_has_its_certificate_checked(mode: str) -> None:
    """No channel is bound here: the server has to prove in the other way who it is."""
    options = address_of(f"channel_binding=require{mode}").options
    assert ssl_mode(options) == "verify-full"
    assert verifies_by_system(options, own_roots=False)


@pytest.mark.parametrize(
    ("options", "own_roots", "by_system"),
    [
        ("sslmode=verify-full", False, True),
        ("sslmode=verify-full", True, False),
        ("sslmode=verify-full&sslrootcert=system", True, True),
        ("sslmode=verify-full&sslrootcert=/ca.pem", False, False),
        ("sslmode=require", False, False),
        ("", False, False),
    ],
)
def test_a_certificate_is_checked_against_the_system_if_nothing_else_is_named(
    *, options: str, own_roots: bool, by_system: bool
) -> None:
    """A file that is named, or libpq's own, comes before what the system trusts."""
    assert verifies_by_system(address_of(options).options, own_roots=own_roots) is by_system


@pytest.mark.parametrize("name", ["require_auth", "schema", "hostaddr", "service", "gssencmode"])
def test_an_option_that_cannot_be_honoured_is_named(name: str) -> None:
    """By its name, which is no secret, and never by its value."""
    url = f"postgresql://u:p@db.example/kling?{name}=k8xwv"
    with pytest.raises(SettingsInvalid, match=f"^storage\\.url: has the option {name}") as refused:
        load_settings(None, {"KLINGBOT_STORAGE__URL": url})
    assert "k8xwv" not in str(refused.value)


def test_the_password_of_a_key_is_a_secret() -> None:
    """It is redacted in every spelling, like the other."""
    secrets = address_of("sslpassword=k8%2Fwv").secrets
    assert {"k8/wv", "k8%2Fwv"} <= set(secrets)


def test_the_name_of_the_database_may_be_an_option() -> None:
    """As libpq reads it: the option counts."""
    assert address_of("dbname=other").database == "other"
