"""Everything the catalogue states, looked up by name."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from bot.domain.catalogue.model import Calls, ImageModel, Source, UsualSeconds, VideoModel


@dataclass(frozen=True)
class Catalogue:
    """The models of the two commands, newest first, and what is known beside them."""

    video: tuple[VideoModel, ...]
    image: tuple[ImageModel, ...]
    calls: Calls
    seconds: UsualSeconds
    known: frozenset[str] = frozenset()
    """Names that are no model of a command, and yet no mistake."""
    _video: dict[str, VideoModel] = field(init=False, repr=False, compare=False)
    _image: dict[str, ImageModel] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Index the rows by name."""
        object.__setattr__(self, "_video", {model.name: model for model in self.video})
        object.__setattr__(self, "_image", {model.name: model for model in self.image})

    def video_model(self, name: str) -> VideoModel | None:
        """Return the model of text2video and image2video with this name, if there is one."""
        return self._video.get(name)

    def image_model(self, name: str) -> ImageModel | None:
        """Return the model of the image routes with this name, if there is one."""
        return self._image.get(name)

    def is_known(self, name: str) -> bool:
        """Tell whether the catalogue knows the model, on any route.

        An unknown name is sent to Kling unchecked; the operator's log should say so.
        """
        return name in self._video or name in self._image or name in self.known

    def is_omni_model(self, name: str) -> bool:
        """Tell whether the model draws on images/omni-image."""
        model = self._image.get(name)
        return model is not None and model.omni

    def sources(self) -> Iterator[Source]:
        """Yield the source of every row and price."""
        models: tuple[VideoModel | ImageModel, ...] = (*self.video, *self.image)
        for model in models:
            yield from (model.source, model.price_source)
        yield self.calls.source
