"""Laws of what is heard: which track, and each of its channels."""

import io
import math

import av
import pytest
from av.stream import Disposition

from bot.media.mixing import mix_of
from bot.media.sound import prepare_sound
from tests.harness.media.tones import Tones, add_tones, listen, play, recorded, tone_frame

HERTZ = (300, 400, 500, 600, 700, 800, 900, 1000)
LAME = 0.97
"""LAME makes everything that much quieter at this bit rate."""
CENTRE = math.sqrt(0.5)
"""3 dB down, on both sides (ITU-R BS.775)."""


def only(place: int, channels: int, layout: str) -> Tones:
    hertz = [440 if at == place else 0 for at in range(channels)]
    return Tones(hertz, seconds=2.2, layout=layout)


@pytest.mark.sweep
@pytest.mark.parametrize(
    ("layout", "sides"),
    [
        ("mono", [(1, 1)]),
        ("stereo", [(1, 0), (0, 1)]),
        ("2.1", [(1, 0), (0, 1), (CENTRE, CENTRE)]),
        ("3.0", [(1, 0), (0, 1), (CENTRE, CENTRE)]),
        ("quad", [(1, 0), (0, 1), (CENTRE, 0), (0, CENTRE)]),
        ("5.1", [(1, 0), (0, 1), (CENTRE, CENTRE), (CENTRE, CENTRE), (CENTRE, 0), (0, CENTRE)]),
    ],
)
def test_every_channel_is_heard(layout: str, sides: list[tuple[float, float]]) -> None:
    """Whichever channel a voice is in, it arrives at the level that listeners are used to."""
    for place, (left, right) in enumerate(sides):
        data = recorded("wav", "pcm_f32le", only(place, len(sides), layout))
        heard = listen(prepare_sound(data).data)
        assert len(heard.channels) == min(2, len(sides))
        for channel, level in zip(range(len(heard.channels)), (left, right), strict=False):
            assert heard.level(channel) == pytest.approx(level * LAME, abs=0.03)


@pytest.mark.parametrize("channels", [3, 4, 6, 8])
def test_all_channels_together_are_heard(channels: int) -> None:
    """Of channels without a name none is lost either."""
    tones = Tones(HERTZ[:channels], seconds=2.2, layout=f"{channels} channels")
    out = io.BytesIO()
    with av.open(out, "w", format="wav") as file:
        play(file, add_tones(file, "pcm_f32le", tones), tones)
    heard = listen(prepare_sound(out.getvalue()).data)
    for hertz in HERTZ[:channels]:
        assert max(heard.level_of(channel, hertz) for channel in (0, 1)) > 0.3


@pytest.mark.sweep
def test_channels_that_are_loud_together_are_not_cut_off() -> None:
    """Six channels at full scale stay what they are, a clean tone."""
    tones = Tones([440] * 6, seconds=2.2, layout="5.1")
    out = io.BytesIO()
    with av.open(out, "w", format="wav") as file:
        stream = add_tones(file, "pcm_f32le", tones)
        for at in range(0, 48_000 * 2 + 9600, 1024):
            file.mux(stream.encode(tone_frame(tones, 1024, at, amplitude=0.99)))
        file.mux(stream.encode(None))
    heard = listen(prepare_sound(out.getvalue()).data)
    assert max(map(abs, heard.part(0, 0.5, 2.0))) <= 1.0
    assert heard.level_of(0, 440) > 3
    assert heard.level_of(0, 3 * 440) < 0.02 * heard.level_of(0, 440)


@pytest.mark.sweep
@pytest.mark.parametrize("layout", ["mono", "stereo", "5.1", "7.1", "9 channels", "ambisonic 1"])
@pytest.mark.parametrize("target", ["mono", "stereo"])
def test_a_mix_has_the_channels_that_were_asked_for(layout: str, target: str) -> None:
    """One or two sums come out, whatever goes in."""
    name, *sums = mix_of(av.AudioLayout(layout), target).split("|")
    assert name == target
    assert len(sums) == {"mono": 1, "stereo": 2}[target]


def two_tracks(default: int, first_codec: str = "aac") -> bytes:
    """A film's sound in two languages, at 440 and 880 Hz."""
    out = io.BytesIO()
    with av.open(out, "w", format="matroska") as file:
        tracks = [Tones((440,), 2.2), Tones((880,), 2.2)]
        streams = [
            add_tones(file, codec, tones)
            for codec, tones in zip((first_codec, "aac"), tracks, strict=True)
        ]
        for at, stream in enumerate(streams):
            stream.disposition = Disposition.default if at == default else Disposition(0)
        for stream, tones in zip(streams, tracks, strict=True):
            play(file, stream, tones)
    return out.getvalue()


@pytest.mark.sweep
@pytest.mark.parametrize(("default", "pitch_hz"), [(0, 440), (1, 880)])
def test_the_default_track_is_heard(default: int, pitch_hz: int) -> None:
    """Of several languages it is the one that players choose."""
    heard = listen(prepare_sound(two_tracks(default)).data)
    assert heard.pitch_hz(0, 0.5, 1.5) == pytest.approx(pitch_hz, abs=3)


@pytest.mark.sweep
@pytest.mark.parametrize(
    ("codec", "name", "other"),
    [("aac", b"A_AAC", b"A_XXX"), ("alac", b"A_ALAC", b"A_FLAC"), ("flac", b"A_FLAC", b"A_OPUS")],
)
def test_a_track_that_cannot_be_decoded_is_passed_over(
    codec: str, name: bytes, other: bytes
) -> None:
    """A first track of an unknown or broken codec does not hide the second."""
    data = two_tracks(0, first_codec=codec).replace(name, other, 1)
    heard = listen(prepare_sound(data).data)
    assert heard.pitch_hz(0, 0.5, 1.5) == pytest.approx(880, abs=3)
