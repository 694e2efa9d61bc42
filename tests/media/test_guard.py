"""Laws of which addresses may be downloaded from."""

import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import DownloadFailed, UrlRefused
from bot.media.guard import GuardedResolver, check_url, is_public, parse_url
from bot.media.names import OutsideNames
from tests.harness.media.fake_names import FakeNames

PUBLIC = [
    "1.1.1.1",
    "93.184.216.34",
    "172.32.0.1",
    "100.128.0.1",
    "2606:4700:4700::1111",
    "2a00:1450:4001:81b::200e",
    "::ffff:8.8.8.8",
    "64:ff9b::808:808",
    "2002:808:808::1",
]
NOT_PUBLIC = [
    "0.0.0.0",  # noqa: S104 - nothing is bound
    "0.1.2.3",
    "10.0.0.1",
    "10.255.255.255",
    "100.64.0.1",
    "100.127.255.255",
    "127.0.0.1",
    "127.255.255.254",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.1",
    "192.0.0.9",
    "192.0.0.170",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.0.1",
    "198.18.0.1",
    "198.19.255.255",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "::ffff:0:127.0.0.1",
    "64:ff9b::127.0.0.1",
    "64:ff9b::10.0.0.1",
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    "2001:2::1",
    "2001:10::1",
    "2001:db8::1",
    "2002:7f00:1::1",
    "2002:a00:1::1",
    "2002:c0a8:101::1",
    "3fff::1",
    "5f00::1",
    "fc00::1",
    "fd12:3456:789a::1",
    "fe80::1",
    "fe80::1%eth0",
    "2606:4700:4700::1111%1",
    "fec0::1",
    "ff02::1",
    "ff0e::1",
    "4000::1",
    "localhost",
    "",
    "127.1",
    "010.8.8.8",
    "2130706433",
]


def reason(url: str, private_hosts: frozenset[str] = frozenset()) -> str:
    with pytest.raises(UrlRefused) as refusal:
        parse_url(url, private_hosts)
    assert refusal.value.__cause__ is None
    assert refusal.value.__context__ is None
    return refusal.value.reason


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are_public(address: str) -> None:
    """Addresses of the internet pass, wrapped in IPv6 or not."""
    assert is_public(address)


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_other_addresses_are_not(address: str) -> None:
    """Every special range is refused, in IPv4, in IPv6 and wrapped."""
    assert not is_public(address)


@given(st.ip_addresses(v=4).filter(lambda address: not is_public(str(address))))
def test_wrapping_a_private_address_changes_nothing(address: object) -> None:
    """No way of writing an IPv4 address in IPv6 makes a private one public."""
    packed = int(address)  # type: ignore[call-overload] # an IPv4Address, which is one
    assert not is_public(f"::ffff:{address}")
    assert not is_public(f"64:ff9b::{address}")
    assert not is_public(f"::{address}")
    assert not is_public(f"2002:{packed >> 16:x}:{packed & 0xFFFF:x}::1")


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/a.mp4",
        "https://example.com:443/a?b=c",
        "https://EXAMPLE.com./",
        "http://93.184.216.34/",
        "http://[2606:4700:4700::1111]/",
        "https://bücher.example/",
        "https://例え.jp/画像.png",
    ],
)
def test_ordinary_addresses_pass(url: str) -> None:
    """Names, public numbers and international names are fine."""
    assert parse_url(url).host


def test_a_signed_query_is_not_rewritten() -> None:
    """Path and query are sent unchanged, because a signature covers them."""
    url = "https://example.com/a%2Fb/%7Ec.mp4?sig=%2b%2F%3D&x=a+b&e=%41"
    assert str(parse_url(url)) == url


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("ftp://example.com/", "scheme"),
        ("file:///etc/passwd", "scheme"),
        ("data:text/plain,hello", "scheme"),
        ("//example.com/", "scheme"),
        ("example.com", "scheme"),
        ("", "scheme"),
        ("http://user@example.com/", "userinfo"),
        ("http://user:word@example.com/", "userinfo"),
        ("http://:word@example.com/", "userinfo"),
        ("http:///path", "host"),
        ("http://", "host"),
        ("http://127.1/", "host"),
        ("http://127.0.1/", "host"),
        ("http://2130706433/", "host"),
        ("http://0x7f000001/", "host"),
        ("http://0x7f.0.0.1/", "host"),
        ("http://0X7F.1/", "host"),
        ("http://0177.0.0.1/", "host"),
        ("http://127.0.0.01/", "host"),
        ("http://017700000001/", "host"),
        ("http://1.2.3.4.5/", "host"),
        ("http://256.1.1.1/", "host"),
        ("http://[fe80::1%25eth0]/", "host"),
        ("http://[::1/", "host"),
        ("http://exa mple.com/", "host"),
        ("http://example.com\\@127.0.0.1/", "host"),
        ("http://exa\nmple.com/", "host"),
        ("http://example.com/\t", "host"),
        ("http://a%2eb.com/", "host"),
        ("http://127.0.0.1%00.example.com/", "host"),
        ("http://example.com:99999/", "host"),
        ("http://example.com:0/", "port"),
        ("http://example.com:22/", "port"),
        ("http://example.com:8080/", "port"),
        ("http://127.0.0.1/", "private"),
        ("http://127.0.0.1./", "private"),
        ("http://169.254.169.254/latest/meta-data/", "private"),
        ("http://①②⑦.⓪.⓪.①/", "private"),
        ("http://[::1]/", "private"),
        ("http://[::ffff:127.0.0.1]/", "private"),
        ("http://[::ffff:7f00:1]/", "private"),
        ("http://[0:0:0:0:0:0:0:1]/", "private"),
        ("http://[64:ff9b::7f00:1]/", "private"),
    ],
)
def test_addresses_that_are_refused_as_written(url: str, expected: str) -> None:
    """What an address says is judged before anything is asked, and never repeated."""
    assert reason(url) == expected


@given(st.text(max_size=60) | st.text(max_size=40).map(lambda text: f"http://{text}/"))
def test_any_text_is_parsed_or_refused(url: str) -> None:
    """No text that a member may enter fails in another way."""
    try:
        parsed = parse_url(url)
    except UrlRefused:
        return
    assert parsed.scheme in {"http", "https"}
    assert parsed.raw_host


@pytest.mark.parametrize(
    ("url", "entry"),
    [
        ("http://127.0.0.1:9000/", "127.0.0.1"),
        ("http://127.0.0.1:9000/", "127.0.0.1:9000"),
        ("http://[::1]:9000/", "::1"),
        ("http://[::1]:9000/", "[::1]:9000"),
        ("https://Media.internal:8443/", "media.internal"),
        ("https://media.internal.:8443/", "media.internal:8443"),
    ],
)
def test_named_hosts_are_exempt(url: str, entry: str) -> None:
    """A host that the operator named may be private and on any port, or on the one named."""
    assert parse_url(url, frozenset({entry}))


def test_an_exemption_is_for_its_port_and_host_only() -> None:
    """`host:port` opens no other port, and no other host."""
    entries = frozenset({"127.0.0.1:9000", "media.internal:8443"})
    assert reason("http://127.0.0.1:9001/", entries) == "port"
    assert reason("http://127.0.0.1/", entries) == "private"
    assert reason("http://media.internal:8444/", entries) == "port"
    assert reason("http://not.media.internal:8443/", entries) == "port"
    assert reason("ftp://127.0.0.1:9000/", entries) == "scheme"


async def test_a_name_that_leads_to_a_private_address_is_refused() -> None:
    """One private address among public ones is enough."""
    for answer in (["10.0.0.1"], ["93.184.216.34", "127.0.0.1"], ["fe80::1%2"]):
        with pytest.raises(UrlRefused) as refusal:
            await GuardedResolver(FakeNames(answer)).resolve("example.com", 80)
        assert refusal.value.reason == "private"


async def test_a_name_that_leads_to_public_addresses_is_resolved() -> None:
    """The addresses that were checked are the ones that are handed on."""
    resolver = GuardedResolver(FakeNames(["93.184.216.34", "1.1.1.1"]))
    results = await resolver.resolve("example.com", 443)
    assert [result["host"] for result in results] == ["93.184.216.34", "1.1.1.1"]


async def test_check_url_resolves_the_name() -> None:
    """An address for Kling is refused when its name leads somewhere private or nowhere."""
    await check_url("https://example.com/a.mp4", names=FakeNames(["93.184.216.34"]))
    for answer, expected in ((["192.168.1.1"], "private"), ([], "unresolvable")):
        with pytest.raises(UrlRefused) as refusal:
            await check_url("https://example.com/a.mp4", names=FakeNames(answer))
        assert refusal.value.reason == expected


async def test_check_url_asks_nobody_about_numbers() -> None:
    """An address in numbers is judged as it is."""
    names = FakeNames(["93.184.216.34"])
    await check_url("https://93.184.216.34/a.mp4", names=names)
    await check_url("http://127.0.0.1:9000/", names, frozenset({"127.0.0.1:9000"}))
    assert names.asked == []


async def test_the_systems_names_are_guarded() -> None:
    """`localhost` is resolved by the system and refused for what it is."""
    names = OutsideNames()
    with pytest.raises(UrlRefused) as refusal:
        await check_url("http://localhost/", names)
    assert refusal.value.reason == "private"
    await check_url("http://localhost:9000/", names, frozenset({"localhost"}))
    await names.close()


@pytest.mark.parametrize("code", [socket.EAI_AGAIN, socket.EAI_FAIL, socket.EAI_SYSTEM])
async def test_trouble_with_names_refuses_no_address(code: int) -> None:
    """A resolver that stumbles says nothing of the name: another try may succeed."""
    names = FakeNames([], error=socket.gaierror(code, "trouble"))
    with pytest.raises(DownloadFailed, match=r"example\.com: dns"):
        await check_url("https://example.com/a.mp4", names=names)
