"""Every special range in every spelling: what leads inside is never downloaded from."""

import ipaddress
from collections.abc import Callable, Iterable
from ipaddress import IPv4Address, IPv6Address
from urllib.parse import urlsplit

import pytest
from aiohttp import web
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.errors import UrlRefused
from bot.media.download import Downloader
from bot.media.guard import is_public, parse_url
from tests.harness.media.fake_names import FakeNames
from tests.harness.media.serving import MIB, Server

SPECIAL_V4 = [
    "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
    "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15",
    "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4", "168.63.129.16/32",
]  # fmt: skip
"""IANA's special-purpose addresses and multicast; last, where Azure keeps a machine's secrets."""
SPECIAL_V6 = [
    "::/8", "100::/8", "200::/7", "400::/6", "800::/5", "1000::/4", "4000::/3", "6000::/3",
    "8000::/3", "a000::/3", "c000::/3", "e000::/4", "f000::/5", "f800::/6", "fc00::/7", "fe00::/9",
    "fe80::/10", "fec0::/10", "ff00::/8", "2001::/23", "2001:db8::/32", "3fff::/20",
]  # fmt: skip
"""All that IANA has not given to the internet, and what is special within that."""
WRAPPED = ("::ffff:0:0/96", "64:ff9b::/96", "2002::/16")
"""IPv4 in IPv6: judged by what is wrapped."""

V4 = [ipaddress.IPv4Network(network) for network in SPECIAL_V4]
V6 = [ipaddress.IPv6Network(network) for network in SPECIAL_V6]
WRAPS = [ipaddress.IPv6Network(network) for network in WRAPPED]


def inside(networks: Iterable[ipaddress.IPv4Network]) -> st.SearchStrategy[IPv4Address]:
    """Draw addresses of these networks, their first and last ones above all."""
    return st.one_of(
        *(
            st.sampled_from([n[0], n[-1]]) | st.integers(int(n[0]), int(n[-1])).map(IPv4Address)
            for n in networks
        )
    )


def is_special(address: IPv4Address) -> bool:
    return any(address in network for network in V4)


def wrappings(address: IPv4Address) -> list[str]:
    """Return the address as every IPv6 address that holds it."""
    number = int(address)
    high, low = f"{number >> 16:x}", f"{number & 0xFFFF:x}"
    return [
        f"::ffff:{address}",
        f"::ffff:{high}:{low}",
        f"0:0:0:0:0:FFFF:{high}:{low}",
        f"64:ff9b::{address}",
        f"64:ff9b::{high}:{low}",
        f"2002:{high}:{low}::",
        f"2002:{high}:{low}:0:0:0:0:1",
    ]


def never_public(address: IPv4Address) -> list[str]:
    """Return forms that no server on the internet has, whatever they hold."""
    number, flipped = int(address), int(address) ^ 0xFFFF_FFFF
    return [
        f"::{address}",
        f"::ffff:0:{address}",
        f"64:ff9b:1::{address}",
        f"2001:0:4136:e378:8000:63bf:{flipped >> 16:x}:{flipped & 0xFFFF:x}",
        f"fe80::5efe:{number >> 16:x}:{number & 0xFFFF:x}",
        f"{address}%eth0",
        f"{address}/32",
        f" {address}",
        f"{address}:80",
    ]


@given(inside(V4))
def test_a_special_address_is_inside_however_it_is_wrapped(address: IPv4Address) -> None:
    """Every special range of IPv4, plain, mapped, translated, in 6to4 and in Teredo."""
    for form in (str(address), *wrappings(address), *never_public(address)):
        assert not is_public(form), form


@given(st.ip_addresses(v=4).filter(lambda address: not is_special(IPv4Address(str(address)))))
def test_any_other_address_is_public(address: object) -> None:
    """Nothing of the internet is refused by mistake, wrapped or not; odd forms always are."""
    plain = IPv4Address(str(address))
    for form in (str(plain), *wrappings(plain)):
        assert is_public(form), form
    for form in never_public(plain):
        assert not is_public(form), form


@pytest.mark.parametrize("network", V4, ids=SPECIAL_V4)
def test_a_special_range_ends_where_it_ends(network: ipaddress.IPv4Network) -> None:
    """Its first and last addresses are inside; their neighbours are what they are."""
    assert not is_public(str(network[0]))
    assert not is_public(str(network[-1]))
    for number in (int(network[0]) - 1, int(network[-1]) + 1):
        if 0 <= number <= 0xFFFF_FFFF:
            address = IPv4Address(number)
            assert is_public(str(address)) is not is_special(address), address


@given(st.one_of(*(st.integers(int(n[0]), int(n[-1])).map(IPv6Address) for n in V6)))
def test_a_special_address_of_ipv6_is_inside(address: IPv6Address) -> None:
    """Every special range of IPv6, short, long and in capitals."""
    if not any(address in network for network in WRAPS):
        for form in (str(address), address.exploded, str(address).upper(), f"{address}%1"):
            assert not is_public(form), form


def octets(write: Callable[[int], str]) -> Callable[[IPv4Address], str]:
    return lambda address: ".".join(map(write, address.packed))


def digits(shifted: int) -> Callable[[IPv4Address], str]:
    """Write the digits as others that look like them, or stand for them."""
    return lambda address: "".join(
        chr(shifted + int(c)) if c.isdigit() else c for c in str(address)
    )


FORMS: dict[str, Callable[[IPv4Address], str]] = {
    "plain": str,
    "decimal": lambda a: str(int(a)),
    "hex": lambda a: hex(int(a)),
    "HEX": lambda a: f"0X{int(a):X}",
    "octal": lambda a: f"0{int(a):o}",
    "hex octets": octets(hex),
    "octal octets": octets(lambda value: f"0{value:o}"),
    "padded octets": octets(lambda value: f"{value:03d}"),
    "long octets": octets(lambda value: f"{value:09d}"),
    "two parts": lambda a: f"{a.packed[0]}.{int(a) & 0xFF_FFFF}",
    "three parts": lambda a: f"{a.packed[0]}.{a.packed[1]}.{int(a) & 0xFFFF}",
    "overflow": lambda a: f"{a.packed[0] + 256}.{a.packed[1]}.{a.packed[2]}.{a.packed[3]}",
    "overflow decimal": lambda a: str(int(a) + 2**32),
    "trailing dot": lambda a: f"{a}.",
    "trailing dots": lambda a: f"{a}..",
    "wide digits": digits(0xFF10),
    "bold digits": digits(0x1D7CE),
    "arabic digits": digits(0x660),
    "ideographic stops": lambda a: str(a).replace(".", "\u3002"),
    "wide stops": lambda a: str(a).replace(".", "\uff0e"),
    "half stops": lambda a: str(a).replace(".", "\uff61"),
    "one escaped stop": lambda a: str(a).replace(".", "%2e", 1),
    "escaped": lambda a: "".join(f"%{ord(c):02x}" for c in str(a)),
    "soft hyphen": lambda a: f"{str(a)[0]}\u00ad{str(a)[1:]}",
    "zero width": lambda a: f"{str(a)[0]}\u200b{str(a)[1:]}",
    "mapped": lambda a: f"[::ffff:{a}]",
    "mapped hex": lambda a: f"[::ffff:{int(a) >> 16:x}:{int(a) & 0xFFFF:x}]",
    "compatible": lambda a: f"[::{a}]",
    "translated": lambda a: f"[64:ff9b::{a}]",
    "zone": lambda a: f"[::ffff:{a}%25lo]",
    "future": lambda a: f"[v1.{a}]",
    "bracketed": lambda a: f"[{a}]",
    "user": lambda a: f"example.com@{a}",
    "backslash": lambda a: f"{a}\\@example.com",
    "tab": lambda a: f"{str(a)[0]}\t{str(a)[1:]}",
    "nul": lambda a: f"{a}\x00.example.com",
    "fragment": lambda a: f"{a}#@example.com",
    "question": lambda a: f"{a}?@example.com",
    "port": lambda a: f"{a}:443",
    "odd port": lambda a: f"{a}:0080",
    "no port": lambda a: f"{a}:",
}


@given(inside(V4), st.sampled_from(sorted(FORMS)), st.sampled_from(["http", "HTTPS"]))
@example(IPv4Address("127.0.0.1"), "ideographic stops", "http")
@example(IPv4Address("169.254.169.254"), "decimal", "http")
def test_no_spelling_of_a_special_address_passes(
    address: IPv4Address, form: str, scheme: str
) -> None:
    """Decimal, octal, hexadecimal, short, padded, wrapped, in other digits, behind anything."""
    url = f"{scheme}://{FORMS[form](address)}/latest/meta-data/"
    with pytest.raises(UrlRefused):
        parse_url(url)


PIECES = (
    "example.com", "10.0.0.1", "localhost", "[::1]", "@", ":", "/", "?", "#", "\\", "%", "80",
    "%40", "%2f", "..", ".", "\u3002", "\uff20", "\uff0f", "xn--", "\u00df", "a",
    "[", "]", ";", "//",
)  # fmt: skip
HOSTS = st.lists(st.sampled_from(PIECES), max_size=6).map("".join)


@settings(max_examples=400, deadline=None)
@given(HOSTS.map("https://{}".format))
@example("https://xn--10.0.0.1\u3002")
@example("https://xn--example.com")
@example("https://xn--")
@example("https://[::1]@")
def test_another_parser_sees_the_same_host(url: str) -> None:
    """What passes is read alike by others, so that Kling is not led elsewhere by the same words."""
    try:
        parsed = parse_url(url)
    except UrlRefused:
        return
    theirs = urlsplit(url)
    host = (theirs.hostname or "").removesuffix(".")
    if host.isascii():
        assert host == (parsed.raw_host or "").removesuffix(".")
    else:
        assert not is_numeric(parsed.raw_host or "")
    assert (theirs.port or 443) == parsed.port
    assert theirs.username is None
    assert theirs.scheme == parsed.scheme


def is_numeric(host: str) -> bool:
    return host.rpartition(".")[2].isdigit()


@pytest.mark.parametrize("hops", [1, 2, 3])
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_the_last_of_a_chain_is_checked_like_the_first(
    server: Server, hops: int, status: int
) -> None:
    """After any number of fine redirects, a private address is not gone to."""

    async def answer(request: web.Request) -> web.Response:
        step = int(request.query.get("step", "1"))
        inner = "http://inner.test/" if status % 2 else "http://169.254.169.254/"
        where = inner if step == hops else f"/x?step={step + 1}"
        return web.Response(status=status, headers={"Location": where})

    server.answer = answer
    host = f"cdn.test:{server.port}"
    names = FakeNames(["127.0.0.1"])
    async with Downloader(frozenset({host}), names=names) as downloader:
        with pytest.raises(UrlRefused) as refusal:
            await downloader.fetch_bytes(f"http://{host}/x", MIB, 10)
    assert refusal.value.reason == "private"
    assert len(server.asked) == hops


@pytest.mark.parametrize(
    "answers",
    [
        ["127.0.0.1"],
        ["93.184.216.34", "10.0.0.1"],
        ["::1"],
        ["2606:4700:4700::1111", "::ffff:169.254.169.254"],
        ["fe80::1%1"],
        ["64:ff9b::7f00:1"],
        ["2002:7f00:1::1"],
        ["168.63.129.16"],
    ],
)
async def test_a_name_that_leads_inside_is_never_connected_to(
    server: Server, answers: list[str]
) -> None:
    """One such address among those of a name is enough, and nothing is sent to any of them."""
    async with Downloader(names=FakeNames(answers)) as downloader:
        with pytest.raises(UrlRefused) as refusal:
            await downloader.fetch_bytes("http://rebind.test/", MIB, 10)
    assert refusal.value.reason == "private"
    assert server.asked == []
