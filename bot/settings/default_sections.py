"""The section about models that are sent if the member chooses none."""

from typing import Annotated

from pydantic import Field

from bot.settings.sections import Section

ModelName = Annotated[str, Field(min_length=1)]


class DefaultsSettings(Section):
    """Models that are sent if the member chooses none."""

    video_model: ModelName = "kling-v2-5-turbo"
    image_model: ModelName = "kling-v3"
    omni_model: ModelName = "kling-image-o1"
    storyboard_model: str = ""
    """Empty: the catalogue's first that makes several shots."""
    video_omni_model: str = ""
    """Of `/video` with references. Empty: the catalogue's first that takes them."""
    edit_model: str = ""
    """Empty: the catalogue's first that makes a video from another."""
    motion_model: str = ""
    """Empty: the catalogue's first for this."""
    avatar_model: str = ""
    """Empty: the catalogue's first for this; Kling has no names of them yet."""

    @property
    def by_setting(self) -> dict[str, str]:
        """Those that servers and members can set too, by the name of that setting."""
        return {"video_model": self.video_model, "image_model": self.image_model}
