"""Laws of when something is heard: rates that change, silence in front, and holes."""

import pytest

from bot.media import timeline
from bot.media.sound import prepare_sound
from tests.harness.media.tones import Tones, listen, recorded

STEP_S = 0.05
"""How far a codec smears an edge."""


def assert_sounding(data: bytes, *parts: tuple[float, float]) -> None:
    heard = listen(prepare_sound(data).data).sounding()
    assert [edge for part in heard for edge in part] == pytest.approx(
        [edge for part in parts for edge in part], abs=STEP_S
    )


@pytest.mark.parametrize(("container", "codec"), [("mp3", "libmp3lame"), ("adts", "aac")])
@pytest.mark.parametrize(
    ("first", "second"),
    [
        (Tones((440,), 1.5, 44_100), Tones((880, 880), 1.5, 48_000)),
        (Tones((440, 440), 1.5, 48_000), Tones((880,), 1.5, 44_100)),
        (Tones((440,), 1.5, 22_050), Tones((880, 880), 1.5, 44_100)),
        (Tones((440,), 1.5, 44_100), Tones((880,), 1.5, 22_050)),
    ],
)
def test_parts_may_differ_in_rate_and_channels(
    container: str, codec: str, first: Tones, second: Tones
) -> None:
    """Two recordings in one file are heard one after the other, each at its own pitch."""
    data = recorded(container, codec, first) + recorded(container, codec, second)
    heard = listen(prepare_sound(data).data)
    assert heard.seconds == pytest.approx(3.0, abs=0.2)
    for channel in range(len(heard.channels)):
        assert heard.pitch_hz(channel, 0.25, 1.25) == pytest.approx(440, abs=4)
        assert heard.pitch_hz(channel, 1.75, 2.75) == pytest.approx(880, abs=4)
        assert heard.level(channel, 0.25, 1.25) == pytest.approx(0.95, abs=0.05)  # LAME's own
        assert heard.level(channel, 1.75, 2.75) == pytest.approx(0.95, abs=0.05)


@pytest.mark.parametrize("beside_a_video", [False, True])
@pytest.mark.parametrize(
    ("container", "codec"), [("mp4", "aac"), ("mov", "pcm_s16le"), ("matroska", "libopus")]
)
def test_silence_in_front_is_kept(container: str, codec: str, beside_a_video: bool) -> None:  # noqa: FBT001 - a parameter of the test
    """A track that begins a second late is heard a second late, as players count."""
    tones = Tones(seconds=2.0, starts_s=1.0)
    data = recorded(container, codec, tones, beside_a_video=beside_a_video)
    assert_sounding(data, (1.0, 3.0))


@pytest.mark.parametrize(
    ("container", "codec"), [("mp4", "aac"), ("matroska", "libopus"), ("matroska", "pcm_s16le")]
)
def test_holes_are_silent(container: str, codec: str) -> None:
    """Where a recording has nothing for a second, what follows is not heard sooner."""
    data = recorded(container, codec, Tones(seconds=4.0, hole_s=(1.0, 2.0)))
    assert_sounding(data, (0.0, 1.0), (2.0, 4.0))


def test_silence_ends_somewhere() -> None:
    """A recording cut out of a stream counts from anywhere; it is heard from its first second."""
    late = Tones(seconds=2.5, starts_s=timeline.HOLE_MAX_S + 1)
    assert_sounding(recorded("matroska", "libopus", late), (0.0, 2.5))


@pytest.mark.sweep
def test_a_long_silence_is_trimmed_like_sound() -> None:
    """What begins after half a minute begins there, and a minute is the end of it."""
    data = recorded("matroska", "libopus", Tones(seconds=2.0, starts_s=30.0))
    assert_sounding(data, (30.0, 32.0))
    prepared = prepare_sound(recorded("matroska", "libopus", Tones(seconds=4.0, starts_s=57.0)))
    assert prepared.changed == ("converted", "trimmed")
    assert prepared.duration_s == pytest.approx(60.0, abs=0.2)
