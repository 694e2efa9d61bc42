"""Only the page itself gets anything out of the port through a browser."""

import socket

import aiohttp
import pytest
import yarl

from sandbox.discord import Upload
from sandbox.playground.ground import Ground

PATHS = ("/", "/page/js/main.js", "/playground/socket", "/api/v10/gateway", "/gateway")


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "playground.example"},
        {"Host": "127.0.0.1"},
        {"Host": "localhost"},
        {"Host": "localhost:1"},
        {"Host": "localhost.playground.example:{port}"},
        {"Host": "playground@localhost:{port}"},
        {"Host": "127.0.0.2:{port}"},
        {"Host": "localhost:{port}", "Origin": "http://localhost:{port}"},
        {"Host": "localhost:{port}", "Sec-Fetch-Site": "cross-site"},
        {"Host": "[::1]:{port}", "Sec-Fetch-Site": "same-site"},
        {"Origin": "http://playground.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost:8420"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
    ids=str,
)
async def test_other_pages_and_names_are_refused(
    ground: Ground, http: aiohttp.ClientSession, path: str, headers: dict[str, str]
) -> None:
    """A foreign origin, a rebound name or a foreign frame gets 403, whatever it asks for."""
    sent = {name: value.format(port=ground.bot.discord.port) for name, value in headers.items()}
    url = ground.url.rstrip("/") + path
    async with http.get(url, headers=sent, allow_redirects=False) as response:
        assert response.status == 403


@pytest.mark.sweep
@pytest.mark.parametrize("name", ["localhost", "LOCALHOST", "[::1]"])
@pytest.mark.parametrize("path", ["/", "/page/js/main.js?a=b%20c", "//playground.example/"])
async def test_this_machines_other_names_lead_to_the_page(
    ground: Ground, http: aiohttp.ClientSession, name: str, path: str
) -> None:
    """Who asks for localhost is sent to the same path of the one address, and to no other host."""
    headers = {"Host": f"{name}:{ground.bot.discord.port}"}
    url = yarl.URL(ground.url.rstrip("/") + path, encoded=True)
    async with http.get(url, headers=headers, allow_redirects=False) as response:
        assert response.status == 307
        assert response.headers["Location"] == str(url)
        assert response.headers["Cache-Control"] == "no-store"
    async with http.post(url, headers=headers, allow_redirects=False) as response:
        assert response.status == 403


@pytest.mark.sweep
async def test_the_ipv6_address_only_leads_to_the_page(
    ground: Ground, http: aiohttp.ClientSession
) -> None:
    """Where the machine has IPv6, [::1] answers with the page's address or a refusal, no more."""
    port = ground.bot.discord.port
    if not ipv6():
        pytest.skip("no IPv6 on this machine")
    async with http.get(f"http://[::1]:{port}/", allow_redirects=False) as response:
        assert (response.status, response.headers["Location"]) == (307, ground.url)
    rebound = {"Host": f"playground.example:{port}"}
    async with http.get(f"http://[::1]:{port}/", headers=rebound) as response:
        assert response.status == 403
    async with http.get(f"http://localhost:{port}/") as response:
        assert (response.status, str(response.url)) == (200, ground.url)


def ipv6() -> bool:
    """Whether this machine can listen on ::1."""
    with socket.socket(socket.AF_INET6) as probe:
        try:
            probe.bind(("::1", 0))
        except OSError:
            return False
        return True


@pytest.mark.sweep
async def test_socket_and_uploads_want_the_pages_origin(
    ground: Ground, http: aiohttp.ClientSession
) -> None:
    """What changes anything is refused where no origin is named at all."""
    async with http.post(f"{ground.url}playground/uploads", data=b"x") as response:
        assert response.status == 403
    with pytest.raises(aiohttp.WSServerHandshakeError, match="403"):
        await http.ws_connect(f"{ground.url}playground/socket")


@pytest.mark.sweep
async def test_the_page_may_load_nothing_from_elsewhere(
    ground: Ground, http: aiohttp.ClientSession
) -> None:
    """The policy starts from nothing, allows this server, and no inline script or style."""
    async with http.get(ground.url) as response:
        policy = response.headers["Content-Security-Policy"]
        assert response.headers["X-Content-Type-Options"] == "nosniff"
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == rules["frame-ancestors"] == rules["base-uri"] == "'none'"
    assert rules["script-src"] == rules["style-src"] == rules["connect-src"] == "'self'"
    assert not {"*", "'unsafe-inline'", "'unsafe-eval'", "data:", "https:"} & set(policy.split())


@pytest.mark.sweep
@pytest.mark.parametrize("path", ["/page/../site.py", "/page/%2e%2e/site.py", "/page/", "/site.py"])
async def test_nothing_but_the_pages_files_is_served(
    ground: Ground, http: aiohttp.ClientSession, path: str
) -> None:
    """No path leads out of the page's folder, and the folder is not listed."""
    async with http.get(f"{ground.url.rstrip('/')}{path}") as response:
        assert response.status in {403, 404}


@pytest.mark.sweep
async def test_a_members_file_runs_nothing(ground: Ground, http: aiohttp.ClientSession) -> None:
    """A page that a member attached is opened in a sandbox without scripts."""
    discord, scene = ground.bot.discord, ground.scene
    upload = Upload(b"<script>1</script>", "a.html")
    message = await discord.say(scene.members[0], scene.channels[0], "", upload)
    async with http.get(message.attachments[0].url) as response:
        assert response.status == 200
        policy = response.headers["Content-Security-Policy"]
    assert policy.startswith("sandbox; default-src 'none'")
    assert "script-src" not in policy
    assert "allow-scripts" not in policy
