"""Which settings of a request its card names, and how. Pure."""

from typing import Final

from bot.domain.requests import ImageRequest, Request, VideoRequest
from bot.messages.escape import one_line, shorten

SECONDS: Final = frozenset({"duration", "start", "end", "insert"})
CHOICES: Final = {"ratio": "aspect_ratio"}
"""Under which option a setting's choices are named, where it is not the setting's own name."""
SETTING_CHARACTERS_MAX: Final = 200


def chosen_settings(request: Request) -> list[tuple[str, str | float]]:
    """Return the settings that were chosen, by the key of their name on the card."""
    settings: dict[str, str | float | None]
    if isinstance(request, VideoRequest):
        settings = {
            "model": request.model,
            "duration": request.duration_s,
            "mode": request.mode,
            "ratio": None if request.image else request.aspect_ratio,
            "camera": request.camera,
            "camera_amount": request.camera_amount,
            "sound": request.sound,
            "cfg_scale": request.cfg_scale,
            "negative_prompt": request.negative_prompt,
        }
    elif isinstance(request, ImageRequest):
        settings = {
            "model": request.model,
            "count": request.n,
            "ratio": request.aspect_ratio,
            "resolution": request.resolution,
            "reference": request.reference,
            "fidelity": request.fidelity,
            "human_fidelity": request.human_fidelity,
            "negative_prompt": request.negative_prompt,
        }
    else:
        settings = {
            "start": request.start_s,
            "end": request.end_s,
            "insert": request.insert_s,
            "volume": request.volume,
            "original_volume": request.original_volume,
        }
    return [
        (
            name,
            shorten(one_line(value), SETTING_CHARACTERS_MAX) if isinstance(value, str) else value,
        )
        for name, value in settings.items()
        if value is not None
    ]
