"""What callers of the gateway may send to the legacy omni-video."""

from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from bot.web.gateway_schemas import Address, Body, File, Objects, Order, Prompt, Ratio


def _as_object(item: object) -> object:
    return {"image_url": item} if isinstance(item, str) else item


class ListedPicture(Body):
    """A reference, or a frame where `type` says so."""

    image_url: File
    type: Literal["first_frame", "end_frame"] = "first_frame"


class ListedVideo(Body):
    """A video that is edited, or that shows how it should be."""

    video_url: Address
    refer_type: Literal["feature", "base"] = "base"
    keep_original_sound: Literal["yes", "no"] = "yes"


Picture = Annotated[ListedPicture, BeforeValidator(_as_object)]


class OmniVideo(Order):
    """Body of omni-video; each image is a plain string or an object."""

    model_name: str = ""
    prompt: Prompt = ""
    image_list: list[Picture] = Field(default_factory=list)
    element_list: Objects = Field(default_factory=list)
    video_list: list[ListedVideo] = Field(default_factory=list)
    mode: Literal["std", "pro", "4k"] = "pro"
    sound: Literal["on", "off"] = "off"
    duration: str = ""
    aspect_ratio: Ratio = "16:9"
    multi_shot: bool = False
    shot_type: str = ""
    multi_prompt: Objects = Field(default_factory=list)

    @model_validator(mode="after")
    def _needs_words(self) -> Self:
        if not self.prompt and not self.multi_shot:
            raise PydanticCustomError("missing", "Field required: prompt")
        return self
