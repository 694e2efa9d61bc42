"""Text to speech: what it refuses, and the sound, which hums as long as the words take."""

import asyncio
import re
from collections.abc import Callable
from typing import Final

from aiohttp import web

from sandbox.kling import fields, models
from sandbox.kling.errors import Refusal, bad_value, granted
from sandbox.kling.fields import JsonObject
from sandbox.kling.intake import Voice
from sandbox.kling.replies import json_object, request_id
from sandbox.kling.samples import speech
from sandbox.kling.scripts import REFUSED_MESSAGE, REFUSED_WORD, has_word
from sandbox.kling.tasks import Account
from sandbox.kling.views import deduction, seconds

NAME: Final = re.compile(r"[\w-]+")
VOICES: Final = frozenset(
    NAME.findall(
        """
    genshin_vindi2 zhinen_xuesheng AOT ai_shatang genshin_klee2 genshin_kirara ai_kaiya
    oversea_male1 ai_chenjiahao_712 girlfriend_4_speech02 chat1_female_new-3 chat_0407_5-1
    cartoon-boy-07 uk_boy1 cartoon-girl-01 PeppaPig_platform ai_huangzhong_712
    ai_huangyaoshi_712 ai_laoguowang_712 chengshu_jiejie you_pingjing calm_story1 uk_man2
    laopopo_speech02 heainainai_speech02 reader_en_m-v1 commercial_lady_en_f-v1 tiyuxi_xuedi
    tiexin_nanyou girlfriend_1_speech02 girlfriend_2_speech02 zhuxi_speech02 uk_oldman3
    dongbeilaotie_speech02 chongqingxiaohuo_speech02 chuanmeizi_speech02 chaoshandashu_speech02
    ai_taiwan_man2_speech02 xianzhanggui_speech02 tianjinjiejie_speech02
    diyinnansang_DB_CN_M_04-v2 yizhipiannan-v1 guanxiaofang-v2 tianmeixuemei-v1
    daopianyansang-v1 mengwa-v1
    """
    )
)
"""The voices that clients of 2025 agree on."""
TEXT_MAX_CHARS: Final = 1_000
SPEEDS: Final = (0.8, 2.0)
CHARACTERS_PER_S: Final = 15.0
HAN_PER_S: Final = 4.0
SHORTEST_S: Final = 0.6
HAN: Final = re.compile("[\u3400-\u9fff]")


def length_s(text: str, speed: float) -> float:
    """Return how long the words take."""
    han = len(HAN.findall(text))
    return max(SHORTEST_S, ((len(text) - han) / CHARACTERS_PER_S + han / HAN_PER_S) / speed)


class VoiceRoutes:
    """The handler; what was spoken is kept among the intake's voices. `link` makes its URL."""

    def __init__(
        self, account: Account, voices: dict[str, Voice], link: Callable[[str], str]
    ) -> None:
        self._link = link
        self._account = account
        self._voices = voices

    def add_to(self, router: web.UrlDispatcher) -> None:
        """Mount the path."""
        router.add_post("/v1/audio/tts", self._speak)

    async def _speak(self, request: web.Request) -> web.Response:
        body = fields.given(json_object(await request.read()))
        text = fields.text(body, "text", max_chars=TEXT_MAX_CHARS)
        if not text.strip():
            raise bad_value("text cannot be empty")
        if fields.text(body, "voice_id") not in VOICES:
            raise bad_value("Voice id not found")
        fields.choice(body, "voice_language", ("zh", "en"), "")
        speed = fields.number(body, "voice_speed", *SPEEDS, 1.0)
        if has_word(text, REFUSED_WORD):
            raise Refusal(1301, REFUSED_MESSAGE)
        self._account.pay_call(models.TTS_UNITS)
        length = length_s(text, speed)
        content = await asyncio.to_thread(speech, length, seed=f"{text} {body['voice_id']}")
        task_id, audio_id = self._account.new_id(), self._account.new_id()
        self._voices[audio_id] = Voice(content, round(length * 1000), text)
        audio: JsonObject = {
            "id": audio_id,
            "url": self._link(f"voices/{audio_id}.mp3"),
            "duration": seconds(round(length * 1000)),
        }
        data: JsonObject = {
            "task_id": task_id,
            "task_status": "succeed",
            "task_status_msg": "",
            "task_result": {"audios": [audio]},
        }
        return granted(data | deduction(models.TTS_UNITS), request_id())
