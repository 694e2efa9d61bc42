"""Discord's markdown, as the page draws it."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page

from tests.harness.playground.browser import DESKTOP, Watch, opened
from tests.harness.playground.grounds import patient_ground

pytestmark = pytest.mark.sweep

STATE = """{
  me: "1", members: new Map([["1", {name: "mia"}]]),
  channels: [{id: "2", name: "art", kind: "text"}],
  jump: (target) => (globalThis.jumped = target),
  commands: () => [],
  roles: new Map([["3", {name: "painters", members: ["1"]}]]),
}"""
DRAW = f"""async (text) => {{
  const {{ markdown }} = await import("/page/js/markdown/render.js");
  const box = document.createElement("div");
  box.append(...markdown(text, {STATE}));
  return box.innerHTML;
}}"""
MENTION = '<span class="mention">'
COMMAND = '<button type="button" class="mention command-mention">'
CASES = {
    "</settings show:7>": f"<p>{COMMAND}/settings show</button></p>",
    "</not a command> </help>": "<p>&lt;/not a command&gt; &lt;/help&gt;</p>",
    "plain **bold** *it* _it_ __under__ ~~gone~~": (
        "<p>plain <strong>bold</strong> <em>it</em> <em>it</em> <u>under</u> <s>gone</s></p>"
    ),
    "***both***": "<p><strong><em>both</em></strong></p>",
    "snake_case_name 2*3*4": "<p>snake_case_name 2<em>3</em>4</p>",
    "\\*not\\* `**raw** <b>`": "<p>*not* <code>**raw** &lt;b&gt;</code></p>",
    "<b>&amp;</b>": "<p>&lt;b&gt;&amp;amp;&lt;/b&gt;</p>",
    "# One\n### Three\n#nothing": (
        '<p class="heading heading-1">One</p><p class="heading heading-3">Three</p><p>#nothing</p>'
    ),
    "-# small": '<p class="subtext">small</p>',
    "> one\n> two\nthree": "<blockquote><p>one\ntwo</p></blockquote><p>three</p>",
    "**one\ntwo** three": "<p><strong>one\ntwo</strong> three</p>",
    "zero\n>>> one\ntwo": "<p>zero</p><blockquote><p>one\ntwo</p></blockquote>",
    ">>> one\ntwo": "<blockquote><p>one\ntwo</p></blockquote>",
    "- a\n- b\n  - c": '<ul><li class="">a</li><li class="">b</li><li class="deeper">c</li></ul>',
    "3. a\n4. b": '<ol start="3"><li class="">a</li><li class="">b</li></ol>',
    "```py\nx = *1*\n```after": '<pre tabindex="0"><code>x = *1*</code></pre><p>after</p>',
    "<@1> <@!1> <#2> </help:7> @everyone": (
        '<p><span class="mention me">@mia</span> <span class="mention me">@mia</span> '
        f"{MENTION}#art</span> {COMMAND}/help</button> {MENTION}@everyone</span></p>"
    ),
    "<@&3> <@&4>": (f'<p><span class="mention me">@painters</span> {MENTION}@4</span></p>'),
    "<:wave:12> 🎉": "<p>:wave: 🎉</p>",
}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def drawing(tmp_path_factory: pytest.TempPathFactory, chrome: Browser) -> AsyncIterator[Page]:
    """One page for all texts: drawing one leaves nothing behind."""
    async with patient_ground(tmp_path_factory.mktemp("ground")) as ground:
        context = await chrome.new_context(**DESKTOP)
        watch = Watch()
        watch.over(context)
        yield await opened(context, ground.url)
        await context.close()
        watch.check()


@pytest.mark.parametrize("text", CASES)
async def test_marks(drawing: Page, text: str) -> None:
    """Each mark becomes its element, and what is no mark stays text."""
    assert await drawing.evaluate(DRAW, text) == CASES[text]


@pytest.mark.parametrize(
    "text",
    [
        "[x](javascript:alert(1))",
        "<javascript:alert(1)>",
        '[x](https://a.example/"onclick="alert(1))',
        "<img src=x onerror=alert(1)>",
        "||<script>alert(1)</script>||",
        "```<script>alert(1)</script>```",
    ],
)
async def test_no_text_becomes_a_program(drawing: Page, text: str) -> None:
    """Hostile text never yields a script, a handler or an address that runs."""
    found = await drawing.evaluate(
        f"""async (text) => {{
          const box = document.createElement("div");
          box.innerHTML = await ({DRAW})(text);
          return [...box.querySelectorAll("*")].flatMap((element) => [
            element.localName,
            ...[...element.attributes].map(({{ name, value }}) => `${{name}}=${{value}}`),
          ]);
        }}""",
        text,
    )
    assert not {"script", "img"} & set(found)
    assert not [one for one in found if one.startswith(("on", "href=javascript"))]


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (3_599, "in 1 hour"),
        (-3_590, "1 hour ago"),
        (86_399, "tomorrow"),
        (40 * 60, "in 40 minutes"),
        (364 * 86_400, "in 12 months"),
        (400 * 86_400, "next year"),
    ],
)
async def test_moments_are_said_in_a_fitting_unit(drawing: Page, seconds: int, said: str) -> None:
    """What rounds to a whole longer unit is said in it: an hour is never sixty minutes."""
    drawn = await drawing.evaluate(
        f"async (away) => ({DRAW})(`<t:${{Math.round(Date.now() / 1000) + away}}:R>`)", seconds
    )
    assert f">{said}</time>" in drawn


async def test_moments_and_links(drawing: Page) -> None:
    """Times are shown in the reader's way; links open beside the page, jumps inside it."""
    year = await drawing.evaluate(DRAW, "<t:0:R> <t:86400:D>")
    assert " years ago</time>" in year
    assert ">January 2, 1970</time>" in year
    outside = await drawing.evaluate(DRAW, "[docs](https://docs.example/a_b_c)")
    assert outside == (
        '<p><a href="https://docs.example/a_b_c" target="_blank" rel="noopener noreferrer" '
        'title="https://docs.example/a_b_c">docs</a></p>'
    )
    jump = await drawing.evaluate(DRAW, "https://discord.com/channels/9/2/33")
    assert ">#art" in jump
    assert "message</a>" in jump
    assert "target" not in jump
