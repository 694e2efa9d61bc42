"""What is asked before anything is accepted, about a price or instead of what is refused. Pure.

Private, and for one member.
"""

from collections.abc import Mapping
from typing import Final

from bot.domain.repairs import Repair
from bot.domain.requests import Request
from bot.messages.controls import OF_DRAFT
from bot.messages.escape import shorten, shortened_quote
from bot.messages.message import (
    CONTENT_CHARACTERS_MAX,
    EMBED_CHARACTERS_MAX,
    Button,
    Colour,
    Message,
    Style,
    custom_id,
)
from bot.messages.price_lines import PriceLines
from bot.messages.saying import Say, settings_line
from bot.messages.translations import Translations
from storage.job import Pack

START: Final = "start"
EDIT: Final = "edit"
PROMPT_CHARACTERS_MAX: Final = 800
BUTTONS_MAX: Final = 5
"""In one row."""
LABEL_CHARACTERS_MAX: Final = 80
"""Discord's limit for the label of a button."""


class Questions:
    """Builds the question in the member's language."""

    def __init__(self, words: Translations, prices: PriceLines) -> None:
        self._words = words
        self._prices = prices

    def price(
        self,
        draft_id: str,
        request: Request,
        variants: Mapping[str, Request],
        locale: str,
        until: float,
        left: int | None = None,
    ) -> Message:
        """Ask whether to start, with the settings, the price, and the cheaper variants by tag.

        `left`: what the member has left for today, in hundredths of a unit; None: no limit.
        """
        say = Say(self._words, locale)
        body = [shortened_quote(request.prompt, PROMPT_CHARACTERS_MAX)] if request.prompt else []
        lines = [settings_line(request, say), f"**{self._prices.of_request(request, locale)}**"]
        if left is not None:
            lines.append(self._left(request.route.pack.units, left, say))
        body += [
            "\n".join(line for line in lines if line),
            say("question.until", when=_when(until)),
        ]
        start = Button(custom_id(START, draft_id), say("button.start"), Style.CALL)
        others = (
            Button(
                custom_id(START, draft_id, tag),
                say(f"button.start_{tag}", price=self._prices.short(variant, locale)),
            )
            for tag, variant in variants.items()
        )
        return Message(
            title=say(f"question.title.{request.kind}"),
            body="\n\n".join(body)[:EMBED_CHARACTERS_MAX],
            footer=say("question.free"),
            colour=Colour.WAITING,
            buttons=(start, *others),
        )

    def repairs(
        self,
        draft_id: str,
        problems: str,
        proposed: Mapping[str, Repair],
        locale: str,
        until: float,
        *,
        editable: bool = False,
    ) -> Message:
        """Return a refusal with what could be started instead, by tag.

        `editable`: what was filled into a form can be changed.
        """
        say = Say(self._words, locale)
        offer = say("refusal.repairs", when=_when(until)) if proposed else ""
        buttons = [
            Button(
                custom_id(START, draft_id, tag),
                shorten(self._named(repair, locale, say), LABEL_CHARACTERS_MAX),
            )
            for tag, repair in proposed.items()
        ]
        if editable:
            change = custom_id(EDIT, draft_id, OF_DRAFT)
            buttons.insert(0, Button(change, say("button.edit_again"), Style.CALL))
        text = shorten(problems, CONTENT_CHARACTERS_MAX - len(offer) - 2)
        content = f"{text}\n\n{offer}" if offer else text
        return Message(content=content, buttons=tuple(buttons[:BUTTONS_MAX]))

    def _named(self, repair: Repair, locale: str, say: Say) -> str:
        price = self._prices.short(repair.request, locale)
        if repair.without:
            return say("button.without", options=", ".join(repair.without), price=price)
        value = str(repair.value)
        named = self._words.choice(repair.option, value, locale)
        return say("button.with", option=repair.option, value=named, price=price)

    def _left(self, pack: Pack, left: int, say: Say) -> str:
        units, dollars = self._prices.amount(left, pack)
        return say(f"question.left_{pack}", units=units, usd=dollars)


def _when(until: float) -> str:
    """The time of day: "until in 15 minutes", as a relative time would read, is no English."""
    return f"<t:{round(until)}:t>"
