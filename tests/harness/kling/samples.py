"""What the tests against the local Kling order, and how a lip-sync comes about."""

import io

from aiohttp import web
from PIL import Image

from bot.domain.requests import LipSyncRequest, VideoRequest
from bot.kling.tasks import LipSyncChoice, Task
from tests.harness.end_to_end.samples import speech
from tests.harness.kling.stub import serving
from tests.kling.conftest import World

FULL_EXAMPLE = VideoRequest(
    prompt="A golden retriever running on the beach",
    model="kling-v1",
    negative_prompt="blur, low quality, distortion",
    cfg_scale=0.5,
    mode="std",
    aspect_ratio="16:9",
    duration_s=5,
    camera="zoom",
    camera_amount=0.5,
)


def picture(colour: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (320, 320), colour).save(out, "PNG")
    return out.getvalue()


RED, BLUE = picture("#cc2222"), picture("#2222cc")


async def lip_sync(
    world: World, clip: bytes, volume: float | None = None, original_volume: float | None = None
) -> Task:
    """Faces of a clip are asked for by its address, then the second one speaks."""
    async with serving(web_app_giving(clip)) as address:
        faces = await world.kling.identify_face(video_url=f"{address}/clip.mp4")
        assert [face.face_id for face in faces.faces] == ["0", "1"]
        face = faces.faces[1]
        assert face.end_ms - face.start_ms >= 2000
        choice = LipSyncChoice(faces.session_id, face.face_id, 500, 2700, face.start_ms)
        return await world.kling.create(
            LipSyncRequest(
                video_url=f"{address}/clip.mp4", volume=volume, original_volume=original_volume
            ),
            external_id="abc",
            inputs={"audio": speech(3.0, "wav")},
            choice=choice,
        )


def web_app_giving(content: bytes) -> web.Application:
    async def give(_request: web.Request) -> web.Response:
        return web.Response(body=content, content_type="video/mp4")

    app = web.Application()
    app.router.add_get("/clip.mp4", give)
    return app
