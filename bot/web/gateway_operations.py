"""What callers of the gateway may send to the routes of the table of operations."""

from collections.abc import Mapping
from typing import Annotated, Final, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from bot.domain.limits import SPEED_MAX, SPEED_MIN, TEXT_CHARACTERS_MAX
from bot.domain.operations.sound import LONGEST_S, PROMPT_CHARACTERS_MAX, SHORTEST_S
from bot.domain.operations.soundtrack import PROMPT_CHARACTERS_MAX as SOUND_CHARACTERS_MAX
from bot.domain.routes import Route
from bot.web.gateway_elements import CustomElement
from bot.web.gateway_schemas import Address, Body, File, Objects, Order, Prompt


class MotionControl(Order):
    """Body of motion-control."""

    model_name: str = ""
    image_url: File
    video_url: Address
    prompt: Prompt = ""
    character_orientation: Literal["image", "video"]
    mode: Literal["std", "pro"] = "std"
    keep_original_sound: Literal["yes", "no"] = "yes"
    element_list: Objects = Field(default_factory=list)

    @model_validator(mode="after")
    def _mode_is_said(self) -> Self:
        self.mode = self.mode  # Kling has no default here
        return self


class Avatar(Order):
    """Body of avatar/image2video: a sound file, or the id of a text-to-speech."""

    model_name: str = ""
    image: File
    audio_id: str = ""
    sound_file: File = ""
    prompt: Prompt = ""
    mode: Literal["std", "pro"] = "std"

    @model_validator(mode="after")
    def _one_of_the_two(self) -> Self:
        if bool(self.audio_id) == bool(self.sound_file):
            words = "Exactly one of audio_id and sound_file is required"
            raise PydanticCustomError("one_of", words)
        return self


class Speak(Body):
    """Body of tts: words, and how they are spoken."""

    text: Annotated[str, Field(min_length=1, max_length=TEXT_CHARACTERS_MAX)]
    voice_id: str
    voice_language: Literal["zh", "en"]
    voice_speed: Annotated[float, Field(ge=SPEED_MIN, le=SPEED_MAX)] = 1.0


class EffectInput(Body):
    """One image, or two: left and right."""

    image: File = ""
    images: list[File] = Field(default_factory=list)

    @model_validator(mode="after")
    def _one_of_the_two(self) -> Self:
        if bool(self.image) == bool(self.images):
            raise PydanticCustomError("one_of", "Exactly one of image and images is required")
        return self


class Effects(Order):
    """Body of effects."""

    effect_scene: str
    input: EffectInput


Part = Annotated[float, Field(ge=0, le=2)]


class Expand(Order):
    """Body of images/expand: each side grows by a part of the height or width."""

    image: File
    up_expansion_ratio: Part
    down_expansion_ratio: Part
    left_expansion_ratio: Part
    right_expansion_ratio: Part
    prompt: Prompt = ""
    n: int = 1


class TextToAudio(Order):
    """Body of text-to-audio."""

    prompt: Annotated[str, Field(max_length=PROMPT_CHARACTERS_MAX)]
    duration: Annotated[float, Field(ge=SHORTEST_S, le=LONGEST_S)]


class VideoToAudio(Order):
    """Body of video-to-audio: a video by its id or by its URL."""

    video_id: str = ""
    video_url: Address = ""
    sound_effect_prompt: Annotated[str, Field(max_length=SOUND_CHARACTERS_MAX)] = ""
    bgm_prompt: Annotated[str, Field(max_length=SOUND_CHARACTERS_MAX)] = ""
    asmr_mode: bool = False

    @model_validator(mode="after")
    def _one_of_the_two(self) -> Self:
        if bool(self.video_id) == bool(self.video_url):
            raise PydanticCustomError("one_of", "Exactly one of video_id and video_url is required")
        return self


OPERATION_ORDERS: Final[Mapping[Route, type[Body]]] = {
    Route.MOTION: MotionControl,
    Route.AVATAR: Avatar,
    Route.EFFECTS: Effects,
    Route.EXPAND: Expand,
    Route.TEXT_TO_AUDIO: TextToAudio,
    Route.VIDEO_TO_AUDIO: VideoToAudio,
    Route.ELEMENTS: CustomElement,
}
OPERATION_MAKES: Final = {
    Route.MOTION: "Creates a video of an image that moves like another video.",
    Route.AVATAR: "Creates a video of an image that speaks a sound or a text-to-speech.",
    Route.EFFECTS: "Creates a video of a prepared scene from one or two images.",
    Route.EXPAND: "Continues an image beyond its edges.",
    Route.TEXT_TO_AUDIO: "Creates a sound from a prompt.",
    Route.VIDEO_TO_AUDIO: "Creates a sound for a video, and the video with it.",
    Route.ELEMENTS: "Creates an element, which prompts can cite, from images or a video.",
    Route.NEWER_MOTION: "Creates a video of an image that moves like another, newer generation.",
}
