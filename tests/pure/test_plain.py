"""Outside text in everything the bot says: it is shown literally and has no effect."""

import unicodedata
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.controls.table import CONTROLS
from bot.domain.outcomes import failed_problem, problem_outcome
from bot.domain.policy.card import card_view
from bot.errors import Problem
from bot.messages.cards import Cards
from bot.messages.controls import Buttons
from bot.messages.escape import clickable, inert, inert_line, one_line, quoted, visible
from bot.messages.job_list import JobList
from bot.messages.message import File, Message
from bot.messages.price_lines import PriceLines
from bot.messages.result_parts import Left, Why
from bot.messages.translations import LANGUAGES, load_translations
from storage.delivery import SHOWCASE
from storage.job import Delivery, Kind, State, Venue, WaitsFor
from tests.harness.discord_markdown import hidden, read
from tests.harness.jobs import make_job
from tests.harness.models import CATALOGUE, USD

WORDS = load_translations(strict=True)
SPELLS = (
    "@everyone", "<@3>", "<@&4>", "<#5>", "</video:6>", "<t:1:R>", "<:smile:7>", "<a:b:8>",
    ":smile:", ":+1:", "**bold**", "_it_", "__under__", "~~gone~~", "||secret||", "`code`",
    "```\nblock\n```", "[text](https://evil.example)", "https://evil.example/a", "HTTP://EVIL",
    "<https://evil.example>", "steam://run", "discord.gg/abc", "discord.gift/abc",
    "discordapp.com/invite/a", "discord.gg\\abc", "Discord.New/x", "\n# loud", "\n> quoted",
    "\n>>> all", "\n- item", "\n* item", "\n1. item", "\n-# small", "\r# loud", "\u2028# loud",
    "\u0085# loud", "\\", "\\\\", "`", "``", "\n", " ", "a", "1", ".", ":", "/", "<<<image_1>>>",
    "\u200b", "\u202e", "\u2066", "\u2060", "\u3164", "\u115f", "\u034f", "\u2800", "\ufe0f",
    "\u200d", "\U000e0041", "\u0301", "\u20e3", "\u0489", "\ud800", "\x1b[31m", "\x00", "\u1fef",
    "h\u200bttps://evil.example", "@\u200beveryone", "\u2764\ufe0f", "\U0001f468\u200d\U0001f469",
    "\u094d\u200d", "\u0dca\u200d", "\u0dd9", "\u0dca", "\u0327",
)  # fmt: skip
outside = st.lists(st.sampled_from(SPELLS) | st.text(max_size=6), max_size=12).map("".join)


def said(message: Message) -> list[str]:
    """Return each text of a message that Discord reads mark-up in."""
    return [message.content, message.body]


def shown_as_is(message: Message) -> list[str]:
    """Return each text that Discord shows literally."""
    options = message.select.options if message.select else ()
    return [
        message.title,
        message.footer,
        *(button.label for button in message.buttons),
        *(text for option in options for text in (option.label, option.description)),
        *(text for file in message.files for text in (file.alt, file.filename)),
    ]


def messages(text: str, locale: str) -> list[Message]:
    """Return every message into which text of a member or of Kling goes, with this text in it."""
    cards = Cards(WORDS, PriceLines(WORDS, CATALOGUE, USD), Buttons(CONTROLS))
    request = {"prompt": text, "model": text, "negative_prompt": text, "resolution": text}
    named = text or "x"
    facts = {"model": text, "given": named, "allowed": text, "models": text, "option": "mode"}
    outcome = problem_outcome(failed_problem(text), Problem("mode", facts))
    running = make_job(request=request)
    running = replace(running, origin=replace(running.origin, locale=locale))
    done = replace(running, state=State.DONE, outcome={"media": [{"kind": "image"}]})
    failed = replace(running, state=State.DONE, outcome=outcome)
    waiting = replace(running, state=State.WAITING, waits_for=WaitsFor.UNSURE)
    first = Delivery(running.id, "r", 0, Venue.CHANNEL, items=(0,))
    file = File("result.png", alt=cards.alt(done, text))
    link = Left(links=("https://cdn.example/a.png?sig=1",), why=Why.TOO_LARGE, missing=1)
    pages = JobList(WORDS, locale, Buttons(CONTROLS))
    return [
        *(cards.card(job, card_view(job)) for job in (running, done, failed, waiting)),
        cards.result(done, text, first, [file]),
        cards.result(done, text, first, [file], link, fitted=True, still=True),
        cards.showcase(done, text, replace(first, kind=SHOWCASE), [file]),
        cards.problem(failed, first),
        pages.page([(running, 1), (done, None), (failed, None)]),
        pages.one(failed),
        Message(content=WORDS.say("operator.unknown_model", locale, model=inert_line(named))),
    ]


def meant(text: str) -> Counter[str]:
    """Return what means something in a message, but for the quotes that we make ourselves."""
    active = read(text)[1]
    ours = sum(line.startswith(">") for line in text.split("\n"))
    return active - Counter(quote=ours)


@given(outside, st.sampled_from(LANGUAGES))
@example("".join(SPELLS), "en-US")
@example("\n".join(SPELLS) * 8, "zh-CN")
def test_outside_text_does_nothing_wherever_it_is_said(text: str, locale: str) -> None:
    """Beside the same message about harmless words, nothing more is mark-up, mention or link."""
    for made, harmless in zip(messages(text, locale), messages("x", locale), strict=True):
        assert made.mention == harmless.mention
        for hostile, calm in zip(said(made), said(harmless), strict=True):
            allowed = meant(calm)
            if "prompt.txt" in hostile:  # the one thing that a long prompt adds by itself
                allowed["code"] += 1
            assert meant(hostile) <= allowed, hostile
            assert hidden(hostile) == []
        assert [hidden(line) for line in shown_as_is(made) if hidden(line)] == []
        for file in made.files:
            assert file.data is None or hidden(file.data.decode()) == []


@settings(max_examples=300, deadline=None)
@given(outside)
def test_inert_text_is_read_letter_by_letter(text: str) -> None:
    """What a member reads is what can be seen of the text, and nothing of it means anything."""
    letters, active = read(inert(text))
    assert letters == visible(text)
    assert active == Counter()
    assert hidden(letters) == []


@given(outside)
def test_what_is_visible_stays_visible(text: str) -> None:
    """Making a text visible twice changes nothing more, and no letter is invented."""
    seen = visible(text)
    assert visible(seen) == seen
    assert one_line(text).count("\n") == 0
    allowed = set(unicodedata.normalize("NFC", text)) | {"\n"} | set(text)
    assert all(c in allowed or unicodedata.decomposition(c) for c in seen)


@given(outside, st.integers(8, 400))
def test_a_quote_is_one_quote(text: str, room: int) -> None:
    """Every line of it belongs to the quote, and it keeps its limit."""
    quote = quoted(text, room)
    if quote is not None:
        assert len(quote) <= room
        assert all(line.startswith(">") for line in quote.split("\n"))


@pytest.mark.parametrize(
    "text",
    [
        "a cat, 16:9, at 5:30 (not 4.5 s): 100% cat-like + 1",
        "\U0001f468\U0001f3fd\u200d\U0001f680 \u2764\ufe0f\u200d\U0001f525 \U0001f1eb\U0001f1f7",
        "\u753b\u50cf\u3092\u4f5c\u308b\u3001\u732b\u3002",
        "\u0dc1\u0dca\u200d\u0dbb\u0dd3 \u0915\u094d\u200d\u0937 \u0d28\u0d4d\u200d",
        "\u0e17\u0e35\u0e48 \u05d1\u05b0\u05bc\u05e8\u05b5 caf\u00e9",
    ],
)
def test_ordinary_text_is_left_as_it_is(text: str) -> None:
    """Numbers, times, emoji of several parts, marks and joiners of other scripts stay."""
    assert inert(text) == text


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("a" + "\u0336" * 40, "a" + "\u0336" * 4),
        ("\u0301a", "a"),
        ("a\u200db", "ab"),
        ("1\ufe0f", "1"),
        ("\u0915\u200d\u0937", "\u0915\u0937"),
        ("\u0915\u094d\u200d\u200d\u0937", "\u0915\u094d\u200d\u0937"),
        ("q\u0301\u200b\u094d\u200d", "q\u094d\u0301"),
        ("\u0dd9\u200b\u0dca\u200d", "\u0dda"),
        ("pay\u202egnp.exe", "paygnp.exe"),
        ("a\u2028b", "a\nb"),
        ("a\U000e0061b", "ab"),
        ("a\u3164\u115fb", "ab"),
    ],
)
def test_what_hides_or_climbs_is_taken_out(text: str, seen: str) -> None:
    """Stacked marks, joiners between letters, direction and blank letters are not shown."""
    assert visible(text) == seen


@given(st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), max_size=60))
def test_an_address_of_an_upstream_is_one_link(rest: str) -> None:
    """However it is written, it is a single address and carries nothing behind it."""
    active = read(f"here: {clickable(f'https://cdn.example/{rest}')}")[1]
    assert active == Counter(link=1, unfolded=1) or set(active) == {"link", "unfolded", "invited"}


def test_a_signed_address_is_passed_on_letter_by_letter() -> None:
    """A signature covers the address, so nothing that may stand in one is changed."""
    url = "https://cdn.example/a%2Fb/c~d.mp4?sig=%2b%2F%3D&x=a+b;c@d!$'()*,:[e]#f"
    assert clickable(url) == url


@pytest.mark.parametrize("locale", LANGUAGES)
def test_long_prompts_are_whole(locale: str) -> None:
    """On the card, and with the result: in the message, or in the file beside it."""
    prompt = " ".join(f"word{number}" for number in range(300))
    assert len(prompt) > 2_000
    cards = Cards(WORDS, PriceLines(WORDS, CATALOGUE, USD), Buttons(CONTROLS))
    job = make_job(request={"prompt": prompt, "model": "kling-v3"})
    job = replace(job, origin=replace(job.origin, locale=locale))
    assert f"> {prompt}" in cards.card(job, "queued").body
    first = Delivery(job.id, "r", 0, Venue.CHANNEL, items=(0,))
    for made in (
        cards.result(job, prompt, first, []),
        cards.showcase(job, prompt, replace(first, kind=SHOWCASE), []),
        cards.announcement(job, first, []),
    ):
        assert [file.data for file in made.files] == [prompt.encode()]


def test_what_was_made_is_said_where_there_is_no_prompt() -> None:
    """Every result has alternative text, in the words of its kind."""
    cards = Cards(WORDS, PriceLines(WORDS, CATALOGUE, USD), Buttons(CONTROLS))
    for kind in Kind:
        said = cards.alt(replace(make_job(), kind=kind), " ")
        assert WORDS.say(f"card.title.{kind}", "en-US") in said
    assert cards.alt(make_job(), "a fox") == "a fox"
