"""Connection strings of PostgreSQL's hosts: they connect, or say what is wrong."""

import pytest

from storage.address import PostgresqlAddress, parse_address
from storage.engine import open_database
from storage.errors import StorageUnavailable
from storage.postgresql_connections import PostgresqlConnections


@pytest.mark.parametrize(
    ("options", "setting", "value"),
    [
        ("application_name=kling", "application_name", "kling"),
        ("options=-csearch_path%3Dpublic", "search_path", "public"),
        ("sslmode=require&channel_binding=prefer", "application_name", ""),
        ("connect_timeout=5&keepalives=1&keepalives_idle=30", "application_name", ""),
        ("target_session_attrs=read-write", "transaction_read_only", "off"),
        ("target_session_attrs=primary", "in_hot_standby", "off"),
        ("pgbouncer=true&statement_cache_size=0", "application_name", ""),
    ],
)
async def test_a_string_with_options_connects(
    postgres_url: str, options: str, setting: str, value: str
) -> None:
    """The server has what was asked of it, and nothing that it does not know."""
    address = parse_address(f"{postgres_url}&{options}")
    assert isinstance(address, PostgresqlAddress)
    connections = PostgresqlConnections(address)
    try:
        shown = await connections.read(
            lambda here: here.exec_driver_sql(f"SHOW {setting}").scalar_one()
        )
    finally:
        await connections.close()
    assert shown == value


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ("target_session_attrs=standby", "target_session_attrs"),
        ("options=-cnosuch%3D1", "UndefinedObjectError"),
        ("sslmode=verify-ca&sslrootcert=/no/such.pem", "sslrootcert"),
    ],
)
async def test_what_cannot_be_had_is_named(postgres_url: str, options: str, why: str) -> None:
    """The operator reads which option it is, or the server's kind of refusal."""
    with pytest.raises(StorageUnavailable, match=why) as refused:
        async with open_database(f"{postgres_url}&{options}", owner="test"):
            pass
    assert refused.value.reason == "cannot_open"
