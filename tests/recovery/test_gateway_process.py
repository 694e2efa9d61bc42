"""Everything real but the last: `bot run` speaks to `bot gateway`, which speaks to Kling."""

from pathlib import Path

from sandbox.kling import Fault, How
from tests.harness.end_to_end.samples import clip, voice
from tests.harness.opening import open_town
from tests.harness.recovery.laws import (
    assert_paid_once,
    assert_posted_once,
    assert_rows_at_rest,
    rows_of,
)
from tests.harness.recovery.process import BotProcess, real_bot
from tests.harness.recovery.scene import DONE, Scene
from tests.harness.town import png

SECRET = "between-bot-and-gateway"


async def test_the_gateway_dialect_from_end_to_end(tmp_path: Path) -> None:
    """Every command through two processes; a create is lost by killing the gateway under it."""
    async with open_town(tmp_path) as town:
        gateway = BotProcess(
            "gateway",
            env={
                "KLINGBOT_GATEWAY__LISTEN": "127.0.0.1:0",
                "KLINGBOT_GATEWAY__UPSTREAM": town.kling.base_url,
                "KLINGBOT_GATEWAY__API_TOKEN": SECRET,
                "KLINGBOT_KLING__ACCESS_KEY": town.kling.keys.access_key,
                "KLINGBOT_KLING__SECRET_KEY": town.kling.keys.secret_key,
            },
            cwd=tmp_path,
        )
        try:
            await gateway.start()
            address = (await gateway.says("gateway.listening"))["address"]
            for key in ("KLINGBOT_KLING__ACCESS_KEY", "KLINGBOT_KLING__SECRET_KEY"):
                del town.env[key]
            town.env["KLINGBOT_KLING__DIALECT"] = "gateway"
            town.env["KLINGBOT_KLING__BASE_URL"] = f"http://{address}"
            town.env["KLINGBOT_GATEWAY__API_TOKEN"] = SECRET
            async with real_bot(town, tmp_path) as bot:
                scene = Scene(town, bot)
                lost = town.kling.fault(Fault(How.HANG, path="/v1/images/generations"))
                await scene.ask("image", prompt="lost on the way")
                await lost.arrived.wait()
                await gateway.kill()
                gateway.set("KLINGBOT_GATEWAY__LISTEN", str(address))
                await gateway.start()
                await gateway.says("gateway.listening")
                await scene.ask("video", prompt="from a picture", image=png())
                await scene.ask("lipsync", video=clip(1), audio=voice())
                for number in range(3):
                    await scene.card_says(DONE, number)
                await bot.at_rest()
                assert await bot.terminate() == 0
            assert await gateway.terminate() == 0
        finally:
            await gateway.close()
        assert_paid_once(town, 3)
        assert_posted_once(town.posts(), 3)
        assert_rows_at_rest(await rows_of(town))
        assert all(r.auth == "jwt" for r in town.kling.requests if r.path.startswith("/v1/"))
