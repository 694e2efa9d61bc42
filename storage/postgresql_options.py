"""The options of a PostgreSQL URL: which are read, and what they are to asyncpg.

Pure. Names and meanings are libpq's (documentation of PostgreSQL 17, section 34.1.2), with those
that hosts and other clients write into the strings they hand out. No error repeats a value, which
may be a secret; a name is repeated only if it is libpq's.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

SSL_MODES: Final = frozenset({"disable", "allow", "prefer", "require", "verify-ca", "verify-full"})
VERIFYING: Final = frozenset({"verify-ca", "verify-full"})
SESSION_ATTRS: Final = frozenset(
    {"any", "primary", "standby", "read-write", "read-only", "prefer-standby"}
)
CHANNEL_BINDINGS: Final = frozenset({"disable", "prefer", "require"})
SYSTEM_ROOTS: Final = "system"
"""libpq's `sslrootcert` for the certificate authorities that the system trusts."""
CONNECT_TIMEOUT_S: Final = 10.0
COMMAND_TIMEOUT_S: Final = 30.0

_PLACE: Final = frozenset({"host", "port", "dbname", "user", "password"})
_TLS: Final = frozenset(
    {
        "sslcert",
        "sslcrl",
        "sslkey",
        "sslnegotiation",
        "sslpassword",
        "sslrootcert",
        "ssl_max_protocol_version",
        "ssl_min_protocol_version",
    }
)
_TO_SERVER: Final = frozenset({"application_name", "options"})
_TO_US: Final = frozenset(
    {"channel_binding", "connect_timeout", "passfile", "ssl", "sslmode", "target_session_attrs"}
)
_WITHOUT_EFFECT: Final = frozenset(
    {
        "client_encoding",  # always UTF-8
        "connection_limit",  # of Prisma, like the next but one
        "fallback_application_name",
        "pgbouncer",
        "pool_timeout",
        "prepared_statement_cache_size",  # statements are never prepared for later
        "statement_cache_size",
        "sslcompression",
        "sslsni",
        "supa",  # of Supabase, like the next
        "workaround",
        "uselibpqcompat",  # of node-postgres
        "keepalives",  # a dead connection is found when it is next used
        "keepalives_count",
        "keepalives_idle",
        "keepalives_interval",
        "load_balance_hosts",
        "tcp_user_timeout",
    }
)
READ: Final = _PLACE | _TLS | _TO_SERVER | _TO_US | _WITHOUT_EFFECT
_UNSUPPORTED: Final = frozenset(
    {
        "gssdelegation",
        "gssencmode",
        "gsslib",
        "hostaddr",
        "krbsrvname",
        "max_protocol_version",
        "min_protocol_version",
        "replication",
        "require_auth",
        "requirepeer",
        "requiressl",
        "schema",
        "service",
        "servicefile",
        "sslcertmode",
        "sslcrldir",
        "sslkeylogfile",
    }
)
_TRUE: Final = frozenset({"1", "true", "on", "yes"})
_FALSE: Final = frozenset({"0", "false", "off", "no"})
_CHOICES: Final[Mapping[str, frozenset[str]]] = {
    "sslmode": SSL_MODES,
    "target_session_attrs": SESSION_ATTRS,
    "channel_binding": CHANNEL_BINDINGS,
    "client_encoding": frozenset({"utf8", "utf-8", "auto"}),
    "ssl": SSL_MODES | _TRUE | _FALSE,
}


def read_options(text: str) -> dict[str, str]:
    """Return the options after the `?`; the last value of a name counts.

    `ValueError` says in words which cannot be used.
    """
    options = dict(parse_qsl(text, keep_blank_values=True, errors="replace"))
    if named := sorted(options.keys() & _UNSUPPORTED):
        what = f"has the option{'s'[: len(named) - 1]} {', '.join(named)}"
        raise ValueError(f"{what}, which this program does not support: leave it out")
    if unknown := options.keys() - READ:
        what = "an option that is" if len(unknown) == 1 else f"{len(unknown)} options that are"
        raise ValueError(f"has {what} not among {', '.join(sorted(READ))}")
    for name in _CHOICES.keys() & options.keys():
        if options[name].lower() not in _CHOICES[name]:
            raise ValueError(f"must have one of {', '.join(sorted(_CHOICES[name]))} as {name}")
    if not options.get("connect_timeout", "0").removeprefix("-").isdecimal():
        raise ValueError("must have seconds as connect_timeout, a whole number")
    return {
        name: value.lower() if name in _CHOICES else value
        for name, value in options.items()
        if name not in _WITHOUT_EFFECT
    }


def verifies_by_system(options: Mapping[str, str], *, own_roots: bool) -> bool:
    """Tell whether the server's certificate is checked against the system's authorities.

    So it is for `sslrootcert=system`, for a verifying `sslmode` if nothing names other authorities
    (`own_roots`: the user has libpq's file of them), and for `channel_binding=require`: asyncpg
    cannot bind a channel, and a certificate that is checked keeps the same attackers out.
    """
    roots = options.get("sslrootcert", "")
    if roots or own_roots:
        return roots == SYSTEM_ROOTS
    return ssl_mode(options) in VERIFYING or options.get("channel_binding") == "require"


def ssl_mode(options: Mapping[str, str]) -> str | None:
    """Return libpq's `sslmode`, None if nothing sets one."""
    mode = options.get("sslmode") or options.get("ssl")
    if mode in _TRUE:
        return "require"
    if mode in _FALSE:
        return "disable"
    if options.get("channel_binding") == "require" and mode not in VERIFYING:
        return "verify-full"
    return mode


def asyncpg_arguments(options: Mapping[str, str]) -> dict[str, Any]:
    """Return the options by asyncpg's names, except for the authorities of the system."""
    in_server = {name: value for name, value in options.items() if name in _TO_SERVER}
    return {
        "timeout": _connect_timeout_s(options),
        "command_timeout": COMMAND_TIMEOUT_S,
        **({"server_settings": in_server} if in_server else {}),
        **dict(_named_alike(options)),
    }


def _named_alike(options: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for name in ("passfile", "target_session_attrs"):
        if name in options:
            yield name, options[name]
    mode = ssl_mode(options)
    if mode is not None:
        yield "ssl", mode
    tls = {name: value for name, value in options.items() if name in _TLS}
    if tls:
        yield "dsn", f"postgresql://?{urlencode(tls)}"  # asyncpg reads these only there


def _connect_timeout_s(options: Mapping[str, str]) -> float:
    """Return libpq's `connect_timeout`; none, zero and less are our own, which is not for ever."""
    asked_s = int(options.get("connect_timeout") or 0)
    return float(asked_s) if asked_s > 0 else CONNECT_TIMEOUT_S
