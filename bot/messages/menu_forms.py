"""The forms of the commands in the menu of a message. Pure."""

from collections.abc import Collection, Mapping
from typing import Final

from bot.domain import limits
from bot.domain.offered import Offered
from bot.domain.options import Media
from bot.domain.requests import EffectRequest, ImageRequest, Request, VideoRequest, options_of
from bot.messages.escape import shorten, visible
from bot.messages.form import Field, Form
from bot.messages.message import SELECT_OPTIONS_MAX, Option
from bot.messages.price_lines import CHOICE_CHARACTERS_MAX
from bot.messages.request_forms import PICTURE, TEXT, VOICE, RequestForms
from bot.messages.saying import Say
from bot.messages.translations import Translations

UPLOAD: Final = "upload"
OTHER_EFFECT: Final = "other"
EFFECT: Final = "effect"
NAME_CHARACTERS_MAX: Final = 100
ANIMATED: Final = ("prompt", "model", "mode", "duration")
RESTYLED: Final = ("prompt", "model", "aspect_ratio", "resolution")
RADIO: Final = frozenset({"mode", "resolution"})
"""Options with so few choices that they are shown at once."""

Files = Mapping[str, Offered]
"""The files of the message that fit, by their number."""


class MenuForms:
    """Builds the forms in the member's language."""

    def __init__(self, words: Translations, forms: RequestForms) -> None:
        self._words = words
        self._forms = forms

    def animate(self, form_id: str, request: VideoRequest, files: Files, locale: str) -> Form:
        """Return the form about a video from one of these images."""
        fields = self._options(request, ANIMATED, locale)
        return self._form(form_id, "animate", fields, files, locale)

    def restyle(self, form_id: str, request: ImageRequest, files: Files, locale: str) -> Form:
        """Return the form about an image from one of these."""
        fields = self._options(request, RESTYLED, locale)
        return self._form(form_id, "restyle", fields, files, locale)

    def effect(self, form_id: str, files: Files, locale: str) -> Form:
        """Return the form about one of Kling's effects: of hundreds, the newest in a menu."""
        say = Say(self._words, locale)
        scenes = self._forms.models(EffectRequest(""), locale)[:SELECT_OPTIONS_MAX]
        fields = [
            Field(EFFECT, say("form.effect"), options=scenes),
            Field(OTHER_EFFECT, say("form.other_effect"), characters_max=NAME_CHARACTERS_MAX),
            Field(UPLOAD, say("form.second_image"), is_file=True),
        ]
        return self._form(form_id, "effect", fields, files, locale)

    def lip_sync(self, form_id: str, files: Files, kinds: Collection[Media], locale: str) -> Form:
        """Return the form about words or audio for an image or a video, or an image for audio."""
        say = Say(self._words, locale)
        if set(kinds) == {Media.SOUND}:
            fields = [Field(UPLOAD, say("form.face_image"), is_file=True, required=True)]
            return self._form(form_id, "lipsync", fields, files, locale)
        mixed = "form.audio_or_image" if Media.SOUND in kinds else "form.audio"
        most = limits.TEXT_CHARACTERS_MAX
        fields = [
            Field(UPLOAD, say(mixed), is_file=True),
            Field(TEXT, say("form.text"), paragraph=True, characters_max=most),
            Field(VOICE, say("form.voice"), options=self._forms.voices(locale)),
        ]
        return self._form(form_id, "lipsync", fields, files, locale)

    def _options(self, request: Request, names: tuple[str, ...], locale: str) -> list[Field]:
        by_name = {option.name: option for option in options_of(request)}
        fields = []
        for name in names:
            value = getattr(request, by_name[name].field)
            field = self._forms.field(by_name[name], value, request, locale)
            if name in RADIO:
                field = _as_radio(field)
            fields.append(field)
        return fields

    def _form(
        self, form_id: str, title: str, fields: list[Field], files: Files, locale: str
    ) -> Form:
        """Return the form; of several files one is chosen."""
        say = Say(self._words, locale)
        if len(files) > 1:
            options = tuple(
                Option(
                    key,
                    shorten(
                        f"{int(key) + 1} \u00b7 {visible(file.filename)}", CHOICE_CHARACTERS_MAX
                    ),
                )
                for key, file in files.items()
            )
            first = next(iter(files))
            label = say("form.medium")
            fields = [*fields, Field(PICTURE, label, first, required=True, options=options)]
        return Form(form_id, say(f"form.{title}"), tuple(fields))


def _as_radio(field: Field) -> Field:
    return Field(
        field.name, field.label, field.value, field.required, options=field.options, radio=True
    )
