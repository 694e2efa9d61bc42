"""Everything the catalogue states, looked up by name."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Final

from bot.domain.catalogue.edit_model import EditModel
from bot.domain.catalogue.model import Calls, ImageModel, Source, UsualSeconds, VideoModel
from bot.domain.catalogue.operation_model import OperationModel
from bot.domain.catalogue.voices import Voice, language_of_words
from storage.job import Kind

NEWER_NAME: Final = re.compile(r"kling-(?:image-|long-image-)?\d+\.\d")
DEFAULT_VOICES: Final = {"en": "oversea_male1", "zh": "genshin_vindi2"}
"""For a catalogue without rows of voices."""
AnyModel = VideoModel | ImageModel | EditModel | OperationModel


@dataclass(frozen=True)
class Catalogue:
    """The models of the two commands, newest first, and what is known beside them."""

    video: tuple[VideoModel, ...]
    image: tuple[ImageModel, ...]
    calls: Calls
    seconds: UsualSeconds
    edit: tuple[EditModel, ...] = ()
    known: frozenset[str] = frozenset()
    """Names that are no model of a command, and yet no mistake."""
    operations: tuple[OperationModel, ...] = ()
    voices: tuple[Voice, ...] = ()
    serves_newer: bool = True
    """Whether the account can use the newer generation, which takes an API key only."""
    _video: dict[str, VideoModel] = field(init=False, repr=False, compare=False)
    _image: dict[str, ImageModel] = field(init=False, repr=False, compare=False)
    _edit: dict[str, EditModel] = field(init=False, repr=False, compare=False)
    _operation: dict[Kind, dict[str, OperationModel]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Index the rows by name."""
        object.__setattr__(self, "_video", {model.name: model for model in self.video})
        object.__setattr__(self, "_image", {model.name: model for model in self.image})
        object.__setattr__(self, "_edit", {model.name: model for model in self.edit})
        made: dict[Kind, dict[str, OperationModel]] = {}
        for model in self.operations:
            made.setdefault(model.makes, {})[model.name] = model
        object.__setattr__(self, "_operation", made)

    def without_newer(self) -> "Catalogue":
        """Return the catalogue of an account that has a pair of keys only."""
        video = tuple(model for model in self.video if not model.newer)
        image = tuple(model for model in self.image if not model.newer)
        edit = tuple(model for model in self.edit if not model.newer)
        rest = tuple(model for model in self.operations if not model.newer)
        return replace(
            self, video=video, image=image, edit=edit, operations=rest, serves_newer=False
        )

    def video_model(self, name: str) -> VideoModel | None:
        """Return the model of text2video and image2video with this name, if there is one."""
        return self._video.get(name)

    def image_model(self, name: str) -> ImageModel | None:
        """Return the model of the image routes with this name, if there is one."""
        return self._image.get(name)

    def edit_model(self, name: str) -> EditModel | None:
        """Return the model that makes a video from another one, with this name."""
        return self._edit.get(name)

    def operation_models(self, kind: Kind) -> tuple[OperationModel, ...]:
        """Return the rows of an operation, newest first."""
        return tuple(self._operation.get(kind, {}).values())

    def operation_model(self, kind: Kind, name: str) -> OperationModel | None:
        """Return the model of an operation with this name."""
        return self._operation.get(kind, {}).get(name)

    def first_that_makes(self, kind: Kind) -> str:
        """Return the newest model of an operation; empty: there is none."""
        return next((model.name for model in self.operation_models(kind)), "")

    def voice_for(self, text: str, name: str | None = None) -> Voice:
        """Return the voice with this name, or without one the first that speaks the language.

        An unknown name is a voice that has the language of the words.
        """
        language = language_of_words(text)
        if name:
            known = next((voice for voice in self.voices if voice.name == name), None)
            return known or Voice(name, (language,))
        speaking = (voice for voice in self.voices if voice.speaks(language))
        return next(speaking, Voice(DEFAULT_VOICES[language], (language,)))

    def voices_for(self, text: str) -> list[Voice]:
        """Return the voices, first those that speak the language of the words, if there are any."""
        if not text.strip():
            return list(self.voices)
        language = language_of_words(text)
        return sorted(self.voices, key=lambda voice: not voice.speaks(language))

    def is_known(self, name: str) -> bool:
        """Tell whether the catalogue knows the model, on any route.

        An unknown name is sent to Kling unchecked; the operator's log should say so.
        """
        return name in self.known or self._row(name) is not None

    def first_with_shots(self) -> str:
        """Return the name of the newest model that makes several shots; empty: there is none."""
        return next((model.name for model in self.video if model.shots_max), "")

    def first_with_references(self) -> str:
        """Return the name of the newest video model that takes references; empty: none does."""
        return next((model.name for model in self.video if model.references_max), "")

    def is_omni_video(self, name: str, *, references: bool = False) -> bool:
        """Tell whether a video of this model, with references or without, is made on omni-video."""
        model = self._video.get(name)
        return references or (model is not None and model.omni)

    def cites_on_omni(self, name: str) -> bool:
        """Tell whether a video of this model that cites characters is made on omni-video."""
        model = self._video.get(name)
        rule = model.elements if model is not None else None
        return model is None or (rule is not None and not rule.need_image)

    def first_that_edits(self, use: str) -> str:
        """Return the newest model that takes a video for this `use`; empty: there is none."""
        return next((model.name for model in self.edit if use in model.uses), "")

    def is_newer(self, name: str) -> bool:
        """Tell whether a name belongs to Kling's newer generation.

        The names of the two differ: `kling-3.0` and `kling-v3`. So an unknown name has one too.
        """
        model = self._row(name)
        return bool(NEWER_NAME.match(name)) if model is None else model.newer

    def newer_names(self) -> list[str]:
        """Return the names of the models of the newer generation, each once."""
        return list(dict.fromkeys(model.name for model in self._rows if model.newer))

    def takes_ids(self, name: str) -> bool | None:
        """Tell whether tasks of a model can carry our id; None: that is not known."""
        model = self._row(name)
        return model.takes_ids if model is not None else None

    def is_omni_model(self, name: str) -> bool:
        """Tell whether the model takes several images, on images/omni-image or the newer route."""
        model = self._image.get(name)
        return model is not None and model.omni

    def sources(self) -> Iterator[Source]:
        """Yield the source of every row and price."""
        for model in self._rows:
            yield from (model.source, model.price_source)
        yield self.calls.source

    @property
    def _rows(self) -> tuple[AnyModel, ...]:
        return (*self.video, *self.image, *self.edit, *self.operations)

    def _row(self, name: str) -> AnyModel | None:
        """Return a row of the model; what is asked of any row is the same in each."""
        plain = self._video.get(name) or self._image.get(name) or self._edit.get(name)
        return plain or next(
            (rows[name] for rows in self._operation.values() if name in rows), None
        )
