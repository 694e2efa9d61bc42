"""What is not known for certain outside Kling: each open question is a switch."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Switches:
    """Each field says what its default does; the other value does the opposite.

    The defaults follow Kling's documentation of 2026-09 if it says anything, otherwise the stricter
    reading, so that a client that works here meets no surprise at the real Kling.
    """

    bad_signature_code: int = 1000
    """A JWT with a wrong signature or an unknown issuer is refused by this code (or 1002)."""
    jwt_leeway_s: float = 0.0
    """How far `nbf` and `exp` may be off and still pass."""
    jwt_lifetime_max_s: float | None = None
    """None: any lifetime passes. A number: a longer-lived JWT is refused with 1002."""
    default_image_model: str = "kling-v1"
    """The model of images/generations if none is given (or "kling-v3")."""
    cfg_scale_on_v3: bool = False
    """False: `cfg_scale` on kling-v3 is refused, as on v2.x. True: accepted."""
    cfg_scale_on_v2: bool = False
    """False: `cfg_scale` on the kling-v2 models is refused, as documented. True: accepted."""
    v2_6_std_refused: bool = False
    """True: kling-v2-6 refuses mode std. False: a silent std clip is made."""
    master_mode_refused: bool = True
    """True: the v2 master models refuse any `mode`. False: std and pro pass."""
    v3_omni_supported: bool = True
    """False: kling-v3-omni answers `model is not supported`, as for accounts not yet admitted."""
    elements_exclude_voices: bool = False
    """True: `element_list` and `voice_list` together are refused."""
    image_list_strings: bool = False
    """False: `image_list` takes only objects `{"image": …}`. True: plain strings too."""
    omni_refuses_negative_prompt: bool = False
    """False: `negative_prompt` on omni-image is ignored like any unknown field. True: refused."""
    lip_sync_by_external_id: bool = False
    """False: a lip-sync is found by its task id only. True: by its external id too."""
    lip_sync_echoes_external_id: bool = True
    """True: `task_info` of a lip-sync carries `external_task_id`. False: it is left out."""
    sound_end_required: bool = True
    """True: a lip-sync without `sound_end_time` is refused. False: the sound's end is meant."""
    volume_max: float = 2.0
    """The loudest `sound_volume` and `original_audio_volume` accepted (one client knows 10)."""
    m4a_refused: bool = False
    """True: m4a and aac get `Audio format is invalid`, as seen live. False: accepted."""
    sessions_expire: bool = True
    """True: a face session ends after 24 hours. False: never."""
    newest_first: bool = True
    """The order of a list: True newest first, False oldest first."""
    past_end_refused: bool = False
    """False: a page past the end of a list is an empty array. True: refused with 1201."""
    wrong_product_found: bool = False
    """False: an id asked for under another product's path is not found. True: found."""
    callback_for_submitted: bool = True
    """True: a callback is sent for `submitted` too. False: from `processing` on."""
    callbacks_signed: bool = True
    """True: with a webhook secret, callbacks are signed. False: never."""
    callback_attempts: int = 1
    """How often a callback is sent until it is answered 200."""
    failed_tasks_charged: bool = False
    """False: a failed task gives its units back. True: it keeps them."""
    v3_sound_at_omni_price: bool = False
    """False: kling-v3 with sound costs 0.9/1.2 units a second. True: 0.8/1.0."""
    v4_takes_ids: bool = False
    """False: the 4.0 family refuses `external_task_id` and `callback_url`. True: as elsewhere."""
    images_by_input: bool = False
    """False: Image 4.0 is at `/omni-image/{model}`. True: at `/text-to-image/{model}`
    and, with pictures, `/image-to-image/{model}`."""
    image_v4_takes_n: bool = True
    """True: Image 4.0 makes up to nine pictures by `n`. False: it refuses more than one."""
    tasks_reads_legacy: bool = True
    """True: `/tasks` shows tasks of every generation. False: only of the newer one."""
    slots_per_model: bool = False
    """False: all models of a pack share its slots. True: each model has them for itself."""
    link_life_s: float | None = None
    """None: a result URL lives until 30 days after the task's end. A number: that many seconds from
    the query that returned it, and a new query returns a fresh one."""


@dataclass(frozen=True)
class Latencies:
    """How long tasks take, in seconds on the injected clock; short, so that a demo is lively."""

    queue_s: float = 1.0
    """In `submitted`, every route."""
    video_s: float = 6.0
    """In `processing`: text2video and image2video."""
    image_s: float = 3.0
    """In `processing`: images/generations, omni-image and Image 4.0."""
    lip_sync_s: float = 5.0
    """In `processing`: advanced-lip-sync."""
