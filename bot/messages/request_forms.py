"""The forms in which a member changes a request, or goes on from a result. Pure."""

from collections.abc import Iterable, Sequence
from typing import Final

from bot.domain import limits
from bot.domain.catalogue import Catalogue
from bot.domain.options import Option
from bot.domain.requests import (
    Request,
    SoundtrackRequest,
    StoryboardRequest,
    VideoRequest,
    attached,
    options_of,
)
from bot.domain.rules import suggest
from bot.domain.rules.changes import PROMPT, editable
from bot.messages.escape import shorten
from bot.messages.form import (
    FIELDS_MAX,
    LABEL_CHARACTERS_MAX,
    TEXT_CHARACTERS_MAX,
    TITLE_CHARACTERS_MAX,
    Field,
    Form,
)
from bot.messages.message import SELECT_OPTIONS_MAX
from bot.messages.message import Option as Choice
from bot.messages.price_lines import PriceLines
from bot.messages.saying import Say, settings_line
from bot.messages.translations import Translations
from storage.job import Kind

PICTURE: Final = "picture"
"""The field in which one of several images is chosen, by its number from 0."""
SOUND: Final = "audio"
TEXT: Final = "text"
VOICE: Final = "voice"
"""The fields about what a face says, named as the options of `/lipsync`."""
SECONDS_CHARACTERS_MAX: Final = 4
FEW: Final = 3
"""So many lengths are named each; of more, the ends."""
ANIMATED: Final = ("prompt", "model", "mode", "duration")
"""What the forms about a video from an image show, of the options of `/video`."""


class RequestForms:
    """Builds the forms in the member's language."""

    def __init__(self, words: Translations, prices: PriceLines, catalogue: Catalogue) -> None:
        self._words = words
        self._prices = prices
        self._catalogue = catalogue

    def edit(self, form_id: str, request: Request, locale: str) -> Form:
        """Return the form about a request: what it shows is filled in, the title names the rest."""
        say = Say(self._words, locale)
        options = [
            option
            for option in editable(request)
            if option.name != "model" or self.models(request, locale)
        ]
        fields = [self._shots(request, say)] if isinstance(request, StoryboardRequest) else []
        shown = options[: FIELDS_MAX - len(fields)]
        fields += [
            self.field(option, getattr(request, option.field), request, locale) for option in shown
        ]
        names = [*attached(request), settings_line(request, say, but=[o.name for o in shown])]
        rest = " · ".join(name for name in names if name)
        title = say("form.edit_rest", rest=rest) if rest else say("form.edit")
        return Form(form_id, shorten(title, TITLE_CHARACTERS_MAX), tuple(fields))

    def animate(
        self, form_id: str, request: VideoRequest, images: Sequence[int], locale: str
    ) -> Form:
        """Return the form about a video from one of these images, numbered from 0."""
        say = Say(self._words, locale)
        fields = self._new_video(request, locale)
        if len(images) > 1:
            fields.append(_picture(images, say))
        return Form(form_id, say("form.animate"), tuple(fields))

    def which_image(self, form_id: str, title: str, images: Sequence[int], locale: str) -> Form:
        """Return the form to choose one of these images in; `title` is the key of its title."""
        say = Say(self._words, locale)
        return Form(form_id, say(title), (_picture(images, say),))

    def lip_sync(self, form_id: str, locale: str) -> Form:
        """Return the form about what a face says: a sound, or words and a voice."""
        say = Say(self._words, locale)
        text = Field(
            TEXT, say("form.text"), paragraph=True, characters_max=limits.TEXT_CHARACTERS_MAX
        )
        audio = Field(SOUND, say("form.audio"), is_file=True)
        voice = Field(VOICE, say("form.voice"), options=self.voices(locale))
        return Form(form_id, say("form.lipsync"), (audio, text, voice))

    def voices(self, locale: str) -> tuple[Choice, ...]:
        """Return voices to choose from, first those of the reader's language."""
        of_their_language = self._catalogue.voices_for(self._words.say("form.text", locale))
        voices = of_their_language[:SELECT_OPTIONS_MAX]
        return tuple(Choice(one.name, self._prices.voice(one, locale)) for one in voices)

    def soundtrack(self, form_id: str, locale: str) -> Form:
        """Return the form about what is heard in a video."""
        say = Say(self._words, locale)
        kind = SoundtrackRequest.kind
        fields = tuple(
            Field(
                option.name,
                say(option.description(kind, option.name)),
                paragraph=True,
                characters_max=option.longest or TEXT_CHARACTERS_MAX,
            )
            for option in options_of(SoundtrackRequest)
            if option.longest
        )
        return Form(form_id, say("form.sound"), fields)

    def go_on(self, form_id: str, request: VideoRequest, locale: str) -> Form:
        """Return the form about a video that goes on from another."""
        title = self._words.say("form.continue", locale)
        return Form(form_id, title, tuple(self._new_video(request, locale)))

    def _new_video(self, request: VideoRequest, locale: str) -> list[Field]:
        by_name = {option.name: option for option in options_of(request)}
        return [
            self.field(by_name[name], getattr(request, by_name[name].field), request, locale)
            for name in ANIMATED
        ]

    def field(
        self, option: Option, value: str | int | None, request: Request, locale: str
    ) -> Field:
        """Return the field for an option, with this value filled in."""
        say = Say(self._words, locale)
        text = "" if value is None else str(value)
        if option.name == "model":
            choices = self.models(request, locale)
            return Field("model", say("form.model"), text, required=True, options=choices)
        if option.choices:
            choices = tuple(
                Choice(choice, self._words.choice(option.name, choice, locale))
                for choice in option.choices
            )
            return Field(option.name, say(f"form.{option.name}"), text, options=choices)
        if option.longest is None:
            label = self._seconds_label(request, say)
            return Field(option.name, label, text, characters_max=SECONDS_CHARACTERS_MAX)
        most = min(option.longest, TEXT_CHARACTERS_MAX)
        about = f"{PROMPT}.{request.kind}" if option.name == PROMPT else option.name
        return Field(
            option.name,
            say(f"form.{about}"),
            shorten(text, most),
            required=option.required,
            paragraph=True,
            characters_max=most,
        )

    def _shots(self, request: Request, say: Say) -> Field:
        text = shorten(request.prompt, TEXT_CHARACTERS_MAX)
        return Field(PROMPT, say("form.shots"), text, required=True, paragraph=True)

    def models(self, request: Request, locale: str) -> tuple[Choice, ...]:
        """Return models for such a request, its own first, each with what it can and costs."""
        names = suggest(self._catalogue, "", request.kind, request)
        if isinstance(request, VideoRequest) and request.image:
            names = [name for name in names if self._makes_from_image(name)]
        several = [name for name in dict.fromkeys([request.model, *names]) if name]
        return tuple(
            Choice(name, self._prices.proposal(name, request.kind, locale)) for name in several
        )[:SELECT_OPTIONS_MAX]

    def _makes_from_image(self, name: str) -> bool:
        known = self._catalogue.video_model(name)
        return known is None or known.image

    def _seconds_label(self, request: Request, say: Say) -> str:
        known = self._catalogue.video_model(request.model)
        allowed = known.durations_s if known and request.kind is Kind.VIDEO else ()
        label = say("form.seconds", allowed=_span(allowed)) if allowed else say("form.duration")
        return shorten(label, LABEL_CHARACTERS_MAX)


def _picture(images: Sequence[int], say: Say) -> Field:
    choices = tuple(
        Choice(str(index), say("form.image_number", number=index + 1)) for index in images
    )
    return Field(PICTURE, say("form.picture"), str(images[0]), required=True, options=choices)


def _span(seconds: Iterable[int]) -> str:
    """Return lengths in few characters."""
    given = sorted(seconds)
    if len(given) <= FEW:
        return ", ".join(map(str, given))
    return f"{given[0]}\u2013{given[-1]}"
