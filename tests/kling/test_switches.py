"""Open questions about Kling: the client works whatever the answer turns out to be."""

from dataclasses import dataclass, fields, replace
from typing import Any

import pytest

from bot.domain.requests import ImageRequest, LipSyncRequest, Request, Route, VideoRequest
from bot.kling.dialects import Dialect
from bot.kling.tasks import LipSyncChoice, TaskStatus
from sandbox.kling import Switches
from tests.harness.end_to_end.samples import clip_with_faces, speech
from tests.harness.kling.samples import RED, web_app_giving
from tests.harness.kling.stub import serving
from tests.kling.conftest import LONG_S, OpenWorld, World

OTHER_WAY: dict[str, Any] = {
    "bad_signature_code": 1002,
    "jwt_leeway_s": 60.0,
    "jwt_lifetime_max_s": 1810.0,
    "default_image_model": "kling-v3",
    "volume_max": 10.0,
    "callback_attempts": 3,
    "link_life_s": 60.0,
}
FLIPPED = [{field.name: OTHER_WAY.get(field.name, not field.default)} for field in fields(Switches)]


def the_other_way() -> Switches:
    return replace(Switches(), **{key: value for flip in FLIPPED for key, value in flip.items()})


ORDERS: list[tuple[Request, dict[str, bytes]]] = [
    (VideoRequest(prompt="a boat", model="kling-v1", duration_s=5), {}),
    (VideoRequest(prompt="it moves", model="kling-v2-5-turbo", image=True), {"image": RED}),
    (ImageRequest(prompt="a cat", model="kling-v3", n=2), {}),
    (
        ImageRequest(prompt="<<<image_1>>>", model="kling-image-o1", images=("image",), omni=True),
        {"image": RED},
    ),
]


@dataclass(frozen=True)
class Sample:
    clip: bytes
    voice: bytes


@pytest.fixture(scope="module")
def sample() -> Sample:
    return Sample(clip_with_faces(1, 2.5, (512, 512)), speech(2.5, "mp3"))


async def a_whole_round(world: World, sample: Sample) -> None:
    """Orders on every route, each found and followed to its end; twice a lip-sync."""
    for number, (request, inputs) in enumerate(ORDERS):
        external_id = f"job-{number}"
        task = await world.kling.create(request, external_id=external_id, inputs=inputs)
        found = await world.kling.find(request.route, external_id)
        assert found is not None
        assert found.task_id == task.task_id
        assert await world.kling.find(request.route, "nobody") is None
        world.clock.advance(LONG_S)
        done = await world.kling.query(request.route, task.task_id)
        assert done.status is TaskStatus.SUCCEED
        assert len(done.media) == request.slots
    async with serving(web_app_giving(sample.clip)) as address:
        faces = await world.kling.identify_face(video_url=f"{address}/clip.mp4")
    face = faces.faces[0]
    choice = LipSyncChoice(faces.session_id, face.face_id, 0, 2000, face.start_ms)
    for external_id in ("job-l", "job-m"):
        task = await world.kling.create(
            LipSyncRequest(video_url="https://a.example/v.mp4", volume=1.0),
            external_id=external_id,
            inputs={"audio": sample.voice},
            choice=choice,
        )
        found = await world.kling.find(Route.LIP_SYNC, external_id)
        assert found is None or found.task_id == task.task_id
    world.clock.advance(LONG_S)
    done = await world.kling.query(Route.LIP_SYNC, task.task_id)
    assert done.status is TaskStatus.SUCCEED


@pytest.mark.sweep
@pytest.mark.parametrize("flip", FLIPPED, ids=[next(iter(flip)) for flip in FLIPPED])
async def test_no_single_fact_matters(
    open_world: OpenWorld, sample: Sample, flip: dict[str, Any]
) -> None:
    """Each switch of the local Kling, turned alone, leaves a whole round as it was."""
    await a_whole_round(await open_world(Dialect.OFFICIAL, switches=Switches(**flip)), sample)


async def test_all_facts_together_do_not_matter_either(
    open_world: OpenWorld, dialect: Dialect, sample: Sample
) -> None:
    """All switches at their defaults, and all turned at once, in both dialects."""
    await a_whole_round(await open_world(dialect), sample)
    await a_whole_round(await open_world(dialect, switches=the_other_way()), sample)
