"""What things cost, in words: units of a pack, and about how many dollars. Pure."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from bot.domain.catalogue import Catalogue, Voice, price_or_guess
from bot.domain.catalogue.fitting import Fitting
from bot.domain.catalogue.model import DEFAULT_DURATION_S, DEFAULT_MODE
from bot.domain.outcomes import deducted_units
from bot.domain.requests import (
    EditRequest,
    OperationRequest,
    Request,
    StoryboardRequest,
    VideoRequest,
)
from bot.domain.units import deducted_hundredths, hundredths, plain, usd
from bot.messages.escape import inert_line
from bot.messages.translations import Translations, language_of
from storage.job import Job, Kind, Pack

CHOICE_CHARACTERS_MAX: Final = 100
FEW_LENGTHS: Final = 2
TO: Final = "\u2013"
"""Between two ends of a range."""
UsdPerUnit = Mapping[Pack, Decimal]


class PriceLines:
    """Says prices in the member's language."""

    def __init__(self, words: Translations, catalogue: Catalogue, usd_per_unit: UsdPerUnit) -> None:
        self._words = words
        self._catalogue = catalogue
        self._usd_per_unit = usd_per_unit

    def of_job(self, job: Job, request: Request) -> str:
        """Return what Kling deducted for the job or, as long as that is not known, its price."""
        said = deducted_units(job.outcome)
        counted = deducted_hundredths(said)
        if said is not None and counted is not None:
            units = job.pack.units
            return self._line(f"card.deducted_{units}", said, counted, units, job.origin.locale)
        return self.of_request(request, job.origin.locale)

    def of_request(self, request: Request, locale: str) -> str:
        """Return the price of a request."""
        price = price_or_guess(self._catalogue, request)
        ending = "_most" if price.at_most else ""
        ending = ending if price.known else "_least"
        key = f"card.price_{price.pack}{ending}"
        counted = hundredths(price.units)
        return self._line(key, plain(counted), counted, price.pack, locale)

    def short(self, request: Request, locale: str) -> str:
        """Return the price of a request in few words, for a button."""
        price = price_or_guess(self._catalogue, request)
        units, dollars = self.amount(hundredths(price.units), price.pack)
        key = "button.price_most" if price.at_most else "button.price"
        return self._words.say(key, locale, units=units, usd=dollars)

    def amount(self, counted: int, pack: Pack) -> tuple[str, str]:
        """Return so many hundredths of a unit as units, and as US dollars to the cent."""
        return plain(counted), self.dollars(counted, pack)

    def proposal(self, name: str, kind: Kind, locale: str) -> str:
        """Return a model as it is proposed while a member types: what it can, and its price.

        At most 100 characters, Discord's limit for a choice.
        """
        if kind in {Kind.VIDEO, Kind.STORYBOARD}:
            said = self._video(name, locale)
        elif kind is Kind.EDIT:
            said = self._edit(name, locale)
        elif kind is Kind.IMAGE:
            said = self._image(name, locale)
        else:
            said = self._operation(name, kind, locale)
        text = f"{name} · {said}" if said else name
        return text if len(text) <= CHOICE_CHARACTERS_MAX else name

    def voice(self, voice: Voice, locale: str) -> str:
        """Return a voice as it is proposed while a member types: name, languages, sex."""
        chinese = language_of(locale) == "zh-CN"
        titles = (voice.title_zh, voice.title) if chinese else (voice.title, voice.title_zh)
        title = next((title for title in titles if title), voice.name)
        said = [self._words.say(f"voice.{language}", locale) for language in voice.languages]
        parts = [title, ", ".join(said)]
        if voice.sex:
            parts.append(self._words.say(f"voice.{voice.sex}", locale))
        return " · ".join(parts)

    def _video(self, name: str, locale: str) -> str:
        model = self._catalogue.video_model(name)
        if model is None:
            return ""
        seconds = model.durations_s
        few = len(seconds) <= FEW_LENGTHS
        length = ", ".join(map(str, seconds)) if few else f"{min(seconds)}{TO}{max(seconds)}"
        sounds = bool(model.sound_modes) or model.always_sounds
        parts = [
            self._words.say(
                "proposal.sounds" if sounds else "proposal.length", locale, seconds=length
            )
        ]
        usual = model.units_of_a_second(DEFAULT_MODE, sound=False)
        if model.units_per_s:
            least = plain(hundredths(min(model.units_per_s.values())))
            parts.append(self._words.say("proposal.units_second", locale, units=least))
        if usual is not None and DEFAULT_DURATION_S in seconds:
            cost = self.dollars(hundredths(usual * DEFAULT_DURATION_S), Pack.VIDEO)
            parts.append(
                self._words.say("proposal.clip", locale, usd=cost, seconds=DEFAULT_DURATION_S)
            )
        return " · ".join(parts)

    def _edit(self, name: str, locale: str) -> str:
        model = self._catalogue.edit_model(name)
        if model is None:
            return ""
        length = f"{min(model.input_s)}{TO}{max(model.input_s)}"
        parts = [self._words.say("proposal.length", locale, seconds=length)]
        if model.units_per_s:
            least = plain(hundredths(min(model.units_per_s.values())))
            parts.append(self._words.say("proposal.units_second", locale, units=least))
        return " · ".join(parts)

    def _operation(self, name: str, kind: Kind, locale: str) -> str:
        model = self._catalogue.operation_model(kind, name)
        if model is None or not model.units_per_s:
            return ""
        least = plain(hundredths(min(model.units_per_s.values())))
        return self._words.say("proposal.units_second", locale, units=least)

    def _image(self, name: str, locale: str) -> str:
        model = self._catalogue.image_model(name)
        prices = {**model.units_image, **model.units_text} if model is not None else {}
        if model is None or not prices:
            return ""
        sizes = "/".join(model.resolutions_text or model.resolutions_image)
        least = hundredths(min(prices.values()))
        price = self._words.say(
            "proposal.image", locale, units=plain(least), usd=self.dollars(least, Pack.IMAGE)
        )
        return f"{sizes} · {price}" if sizes else price

    def _line(self, key: str, units: str, counted: int, pack: Pack, locale: str) -> str:
        dollars = self.dollars(counted, pack)
        count = 1 if units == "1" else 2
        return self._words.say(key, locale, units=units, usd=dollars, count=count)

    def dollars(self, counted: int, pack: Pack) -> str:
        """Return what so many hundredths of a unit cost in US dollars, to the cent."""
        return f"{usd(counted, self._usd_per_unit[pack]):f}"

    def fits(self, fitting: Fitting, locale: str) -> str:
        """Return what a member could still make with the units that are left."""
        request, units = fitting.request, plain(fitting.units)
        model = inert_line(request.model)
        if isinstance(request, VideoRequest):
            return self._words.say(
                "card.fits_video",
                locale,
                seconds=request.duration_s or 0,
                mode=request.mode or "",
                model=model,
                units=units,
            )
        if isinstance(request, EditRequest):
            return self._words.say(
                "card.fits_reference" if request.is_reference else "card.fits_edit",
                locale,
                seconds=request.duration_s or DEFAULT_DURATION_S,
                mode=request.mode or DEFAULT_MODE,
                model=model,
                units=units,
            )
        if isinstance(request, StoryboardRequest):
            return self._words.say(
                "card.fits_storyboard",
                locale,
                seconds=request.duration_s,
                mode=request.mode or DEFAULT_MODE,
                model=model,
                units=units,
            )
        if isinstance(request, OperationRequest):
            mode = getattr(request, "mode", None) or DEFAULT_MODE
            return self._words.say(
                "card.fits_operation", locale, mode=mode, model=model, units=units
            )
        known = self._catalogue.image_model(request.model)
        return self._words.say(
            "card.fits_image",
            locale,
            count=request.count,
            resolution=request.resolution or (known.usual_resolution if known else ""),
            model=model,
            units=units,
        )
