"""Laws of preparing sound for Kling."""

import io
from itertools import pairwise
from pathlib import Path

import av
import pytest
from av.audio.frame import AudioFrame
from hypothesis import HealthCheck, given, settings

from bot.errors import MediaRefused, MediaWorkerFailed
from bot.media.products import Sound
from bot.media.sound import SOUND_MAX_BYTES, prepare_sound
from tests.harness.media.mutations import damaged
from tests.harness.media.samples import clip, sound
from tests.media.conftest import InWorker

FORMATS = [
    ("mp3", "libmp3lame"),
    ("wav", "pcm_s16le"),
    ("ipod", "aac"),
    ("ogg", "libopus"),
    ("flac", "flac"),
    ("adts", "aac"),
    ("webm", "libopus"),
    ("mov", "aac"),
    ("aiff", "pcm_s24be"),
    ("au", "pcm_mulaw"),
    ("caf", "alac"),
    ("w64", "pcm_s16le"),
    ("asf", "wmav2"),
    ("ac3", "ac3"),
    ("eac3", "eac3"),
    ("mp2", "mp2"),
    ("3gp", "libopencore_amrnb"),
    ("amr", "libopencore_amrnb"),
    ("avi", "libmp3lame"),
    ("flv", "aac"),
    ("mpeg", "mp2"),
    ("mpegts", "aac"),
]
COMMON = 5
"""The first formats are those that members attach most."""
FUZZED = [
    *FORMATS[:COMMON],
    *(pytest.param(*one, marks=pytest.mark.sweep) for one in FORMATS[COMMON:]),
]
ONE_CHANNEL = {"libopencore_amrnb"}


def heard(prepared: Sound) -> tuple[float, int]:
    """Seconds and pitch in Hz of what Kling would hear, by counting how often the wave rises."""
    samples: list[int] = []
    with av.open(io.BytesIO(prepared.data), "r", format="mp3") as file:
        assert [stream.type for stream in file.streams] == ["audio"]
        assert file.streams.audio[0].codec_context.name in {"mp3", "mp3float"}
        rate = file.streams.audio[0].rate
        resampler = av.AudioResampler("s16", "mono", rate)
        for frame in file.decode(audio=0):
            assert isinstance(frame, AudioFrame)
            for mono in resampler.resample(frame):
                samples += memoryview(bytes(mono.planes[0])).cast("h")[: mono.samples].tolist()
    middle = samples[rate // 2 : rate * 3 // 2]
    rises = sum(a < 0 <= b for a, b in pairwise(middle))
    return len(samples) / rate, rises


@pytest.mark.parametrize("layout", [pytest.param("mono", marks=pytest.mark.sweep), "stereo"])
@pytest.mark.parametrize(("container", "codec"), FORMATS)
def test_any_sound_becomes_mp3(container: str, codec: str, layout: str) -> None:
    """Whatever a member records or exports arrives as the same tone, as long as it was."""
    if codec in ONE_CHANNEL:
        layout = "mono"
    prepared = prepare_sound(sound(container, codec, 3.0, layout=layout))
    assert prepared.duration_s == pytest.approx(3.0, abs=0.1)
    assert prepared.changed == (() if container == "mp3" else ("converted",))
    seconds, pitch_hz = heard(prepared)
    assert seconds == pytest.approx(3.0, abs=0.15)
    assert pitch_hz == pytest.approx(440, abs=3)


def test_a_wave_file_of_any_size_becomes_mp3() -> None:
    """A recorder that could go on for hours writes sizes of 64 bits (RF64)."""
    data = sound("wav", "pcm_s16le", 3.0, options={"rf64": "always"})
    assert data.startswith(b"RF64")
    assert heard(prepare_sound(data))[1] == pytest.approx(440, abs=3)


def test_the_sound_of_a_clip_is_taken(tmp_path: Path) -> None:
    """From a video its sound track is used."""
    data = clip(tmp_path / "clip.mp4", seconds=2.5).read_bytes()
    prepared = prepare_sound(data)
    assert prepared.duration_s == pytest.approx(2.5, abs=0.1)
    assert heard(prepared)[1] == pytest.approx(440, abs=3)


def test_a_clip_without_sound_is_refused(tmp_path: Path) -> None:
    """A silent film is no sound."""
    data = clip(tmp_path / "clip.mp4", with_sound=False).read_bytes()
    with pytest.raises(MediaRefused) as refusal:
        prepare_sound(data)
    assert refusal.value.code == "sound_unreadable"


@pytest.mark.parametrize(("seconds", "fine"), [(1.9, False), (2.0, True)])
def test_the_least_length(seconds: float, fine: bool) -> None:  # noqa: FBT001 - a parameter of the test
    """Two seconds pass; less is refused, with the length."""
    data = sound("wav", "pcm_s16le", seconds)
    if fine:
        assert prepare_sound(data).duration_s >= 2.0
        return
    with pytest.raises(MediaRefused) as refusal:
        prepare_sound(data)
    assert refusal.value.code == "sound_too_short"
    assert refusal.value.facts == {"seconds": 1.9, "min": 2.0}


def test_a_long_sound_is_trimmed() -> None:
    """Of more than a minute the first minute is used, also by a reader that counts frames."""
    prepared = prepare_sound(sound("wav", "pcm_s16le", 60.5))
    assert prepared.changed == ("converted", "trimmed")
    assert 59.5 < prepared.duration_s <= 60.0
    assert len(prepared.data) <= SOUND_MAX_BYTES
    with av.open(io.BytesIO(prepared.data), "r", format="mp3", options={"usetoc": "0"}) as file:
        frames = sum(packet.size > 0 for packet in file.demux(audio=0))
        assert frames * 1152 / 44_100 <= 60.0


def test_metadata_does_not_travel_on() -> None:
    """A title, which may contain a name, is not in the file that Kling gets."""
    out = io.BytesIO()
    source = sound("wav", "pcm_s16le", 2.5)
    with av.open(io.BytesIO(source), "r") as given_file, av.open(out, "w", format="mp3") as tagged:
        tagged.metadata["title"] = "somebody at home"
        stream = tagged.add_stream("libmp3lame", rate=44_100, layout="mono")
        for frame in given_file.decode(audio=0):
            tagged.mux(stream.encode(frame))
        tagged.mux(stream.encode(None))
    assert b"somebody" in out.getvalue()
    assert b"somebody" not in prepare_sound(out.getvalue()).data


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"not sound",
        b"#EXTM3U\n#EXTINF:5,\nfile:///etc/passwd\n",
        b"ffconcat version 1.0\nfile /etc/passwd\n",
        b"ID3\4\0\0\0\0\0\0" + bytes(500),
        b"OggS" + bytes(100),
        b"\x89PNG\r\n\x1a\n" + bytes(100),
        b"RIFF\x24\0\0\0WAVEfmt \x10\0\0\0\1\0\1\0\0\0\0\0\0\0\0\0\2\0\x10\0data\0\0\0\0",
    ],
)
def test_what_is_no_sound_is_refused(data: bytes) -> None:
    """Playlists, pictures, empty and broken files are refused, whatever they are called."""
    with pytest.raises(MediaRefused) as refusal:
        prepare_sound(data)
    assert refusal.value.code == "sound_unreadable"


@pytest.mark.parametrize(("container", "codec"), FUZZED)
def test_a_mutated_sound_is_used_or_refused(
    container: str, codec: str, in_worker: InWorker
) -> None:
    """Whatever bytes are flipped, the bot gets a sound, a refusal or a lost worker."""
    source = sound(container, codec, 2.2)

    @settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
    @given(data=damaged(source))
    def mutate(data: bytes) -> None:
        try:
            prepared = in_worker(prepare_sound, data)
        except (MediaRefused, MediaWorkerFailed):
            return
        assert 2.0 <= prepared.duration_s <= 60.0
        assert len(prepared.data) <= SOUND_MAX_BYTES

    mutate()
