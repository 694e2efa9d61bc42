"""From the raw option values of a command to a request: defaults filled in, routes decided.

Nothing is refused here and nothing that was named is changed: `check` judges the outcome.
"""

from collections.abc import Collection, Mapping

from bot.domain.catalogue import is_omni_model
from bot.domain.catalogue.names import needs_omni
from bot.domain.requests import IMAGE_OPTIONS, ImageRequest, LipSyncRequest, Offered, VideoRequest
from bot.domain.rules.lipsync import VIDEO_OPTION


def video_request(
    prompt: str,
    offered: Collection[str] = (),
    *,
    default_model: str,
    model: str | None = None,
    mode: str | None = None,
    duration: int | None = None,
    aspect_ratio: str | None = None,
    negative_prompt: str | None = None,
    cfg_scale: float | None = None,
    camera: str | None = None,
    camera_amount: float | None = None,
    sound: bool | None = None,
) -> VideoRequest:
    """Return what `/video` asks for; `offered` are the names of the options with a picture."""
    return VideoRequest(
        prompt=prompt,
        model=_named(model) or default_model,
        image="image" in offered,
        end_image="end_image" in offered,
        mode=mode,
        duration_s=duration,
        aspect_ratio=aspect_ratio,
        negative_prompt=negative_prompt or None,
        cfg_scale=cfg_scale,
        camera=camera,
        camera_amount=camera_amount,
        sound=sound,
    )


def image_request(
    prompt: str,
    offered: Collection[str] = (),
    *,
    default_model: str,
    default_omni_model: str,
    model: str | None = None,
    aspect_ratio: str | None = None,
    resolution: str | None = None,
    n: int | None = None,
    fidelity: float | None = None,
    human_fidelity: float | None = None,
    reference: str | None = None,
    negative_prompt: str | None = None,
) -> ImageRequest:
    """Return what `/image` asks for; `offered` are the names of the options with a picture.

    Several pictures or a citation need images/omni-image: then the omni default is sent where no
    model was named. A named model stays, whether it can or not.
    """
    images = tuple(name for name in IMAGE_OPTIONS if name in offered)
    must_be_omni = needs_omni(prompt, images)
    sent = _named(model) or (default_omni_model if must_be_omni else default_model)
    return ImageRequest(
        prompt=prompt,
        model=sent,
        images=images,
        omni=must_be_omni or is_omni_model(sent),
        aspect_ratio=aspect_ratio,
        resolution=resolution,
        n=n,
        fidelity=fidelity,
        human_fidelity=human_fidelity,
        reference=reference,
        negative_prompt=negative_prompt or None,
    )


def lipsync_request(
    offered: Mapping[str, Offered],
    *,
    video_url: str | None = None,
    start: float | None = None,
    end: float | None = None,
    insert: float | None = None,
    volume: float | None = None,
    original_volume: float | None = None,
) -> LipSyncRequest:
    """Return what `/lipsync` asks for; an address that was typed wins over the attached clip.

    `check` refuses the two together, so the member decides which one was meant.
    """
    attached = offered.get(VIDEO_OPTION)
    typed = (video_url or "").strip()
    return LipSyncRequest(
        video_url=typed or (attached.url if attached else ""),
        video_attached=attached is not None,
        start_s=start,
        end_s=end,
        insert_s=insert,
        volume=volume,
        original_volume=original_volume,
    )


def _named(model: str | None) -> str:
    return (model or "").strip()
