"""Laws of what a clip looks like and sounds like: its turn, its pixels, its tracks, its times."""

import functools
import gc
import io
from fractions import Fraction
from pathlib import Path

import av
import pytest
from av.audio.stream import AudioStream
from av.stream import Disposition
from av.video.stream import VideoStream
from PIL import Image

from bot.errors import MediaRefused
from bot.media.fit import fit
from bot.media.screen import Screen
from bot.media.video import frames_of, opened, poster, probe
from tests.harness.media.films import TURNS, Film, corners, film, poster_of, read_corners
from tests.harness.media.samples import noise
from tests.harness.media.tones import Heard, Tones, add_tones, play

SIZE = (320, 180)


@functools.cache
def grains(width: int, height: int) -> Image.Image:
    return noise(width, height)


def cornered(at: int, size: tuple[int, int] = SIZE) -> av.VideoFrame:
    """The corners under noise that moves, so that no encoder makes them small."""
    grain = grains(size[0] * 2, size[1] * 2).crop((at, at, at + size[0], at + size[1]))
    image = Image.blend(corners(size), grain, 0.3)
    frame: av.VideoFrame = av.VideoFrame.from_image(image)  # type: ignore[no-untyped-call] # PyAV leaves it untyped
    return frame


def smaller(path: Path, share: float = 0.6) -> Path:
    fitted = fit(path, path.parent, int(path.stat().st_size * share))
    assert fitted is not None
    assert fitted != path
    return fitted


@pytest.mark.sweep
@pytest.mark.parametrize(
    ("name", "aspect"),
    [
        *((name, None) for name in TURNS),
        *((name, Fraction(4, 3)) for name in ("as it is", "a quarter right")),
        *((name, Fraction(3, 4)) for name in ("half", "a quarter left")),
    ],
)
def test_a_clip_is_shown_upright_in_square_pixels(
    tmp_path: Path, name: str, aspect: Fraction | None
) -> None:
    """Poster, properties and a smaller encode show what a player shows."""
    turn, expected = TURNS[name]
    path = film(tmp_path / "a.mp4", Film(SIZE, aspect=aspect, turn=turn, frames=16), cornered)
    width, height = {None: (320, 180), Fraction(4, 3): (427, 180)}.get(aspect, (320, 240))
    if set(expected[:2]) not in ({"A", "B"}, {"C", "D"}):
        width, height = height, width
    image = poster_of(path)
    assert image.size == (width, height)
    assert read_corners(image) == expected
    assert (probe(path).width, probe(path).height) == (width, height)
    with av.open(str(smaller(path))) as file:
        video = file.streams.video[0]
        assert video.sample_aspect_ratio in {None, Fraction(1)}
        frame = next(file.decode(video))
        assert "DISPLAYMATRIX" not in frame.side_data
        assert (frame.width, frame.height) == pytest.approx((width, height), abs=1)
        assert read_corners(frame.to_image()) == expected  # type: ignore[no-untyped-call] # as above


def with_tracks(path: Path, *, films: list[str], sounds: list[Tones], default: int) -> Path:
    """A clip with noise in 24 frames a second and some tracks; the default one of each kind."""
    grain = grains(700, 500)
    with av.open(str(path), "w", format="matroska") as file:
        added = [file.add_stream(codec, rate=24) for codec in films]
        tracks = [track for track in added if isinstance(track, VideoStream)]
        tones = [add_tones(file, "aac", each) for each in sounds]
        for group in (tracks, tones):
            for at, stream in enumerate(group):
                stream.disposition = Disposition.default if at == default else Disposition(0)
        for at, stream in enumerate(tracks):
            stream.width, stream.height, stream.pix_fmt = 320 + 64 * at, 240, "yuv420p"
        for stream in tracks:
            for index in range(48):
                shown = grain.crop((index, index, index + 320, index + 240))
                frame = av.VideoFrame.from_image(shown)  # type: ignore[no-untyped-call] # as above
                frame.pts = index
                file.mux(stream.encode(frame.reformat(stream.width, 240, "yuv420p")))
            file.mux(stream.encode(None))
        for stream, each in zip(tones, sounds, strict=True):
            assert isinstance(stream, AudioStream)
            play(file, stream, each)
    return path


def heard_in(path: Path) -> Heard:
    """What is heard of an MP4, at the times of its own clock."""
    with av.open(str(path)) as file:
        track = file.streams.audio[0]
        first, *rest = list(file.decode(track))
        late = round((first.time or 0.0) * track.rate)
        channels = [[0.0] * late for _ in first.planes]
        for frame in (first, *rest):
            for wave, plane in zip(channels, frame.planes, strict=True):
                wave.extend(memoryview(bytes(plane)).cast("f")[: frame.samples])
        return Heard(track.rate, channels)


@pytest.mark.sweep
@pytest.mark.parametrize("share", [0.4, 0.97])
@pytest.mark.parametrize(("default", "width", "pitch_hz"), [(0, 320, 440), (1, 384, 880)])
def test_the_default_tracks_are_kept(
    tmp_path: Path, share: float, default: int, width: int, pitch_hz: int
) -> None:
    """Copied or encoded, a clip keeps what players show and play of it."""
    sounds = [Tones((440,), 2.0), Tones((880,), 2.0)]
    path = with_tracks(tmp_path / "a.mkv", films=["libx264"] * 2, sounds=sounds, default=default)
    assert probe(path).width == width
    fitted = smaller(path, share)
    assert probe(fitted).width == pytest.approx(width, abs=1)
    assert heard_in(fitted).pitch_hz(0, 0.5, 1.5) == pytest.approx(pitch_hz, abs=3)
    with av.open(str(fitted)) as file:
        assert sum(1 for _ in file.decode(video=0)) == 48


@pytest.mark.sweep
def test_a_track_that_cannot_be_decoded_ends_nothing(tmp_path: Path) -> None:
    """A first track of a codec that is unknown or broken leaves the second to be shown."""
    sounds = [Tones((440,), 2.0), Tones((880,), 2.0)]
    films = ["mpeg4", "libx264"]
    path = with_tracks(tmp_path / "a.mkv", films=films, sounds=sounds, default=0)
    data = path.read_bytes()
    assert b"V_MPEG4/ISO/ASP" in data
    for other in (b"V_MPEG4/ISO/XXX", b"V_MPEG4/ISO/AVC"):
        changed = data.replace(b"V_MPEG4/ISO/ASP", other, 1).replace(b"A_AAC", b"A_XXX", 1)
        path.write_bytes(changed)
        assert Image.open(io.BytesIO(poster(path))).size == (384, 240)
        found = probe(path)
        assert (found.width, found.codec, found.has_sound) == (384, "h264", True)
        for share in (0.3, 0.8):
            fitted = smaller(path, share)
            assert probe(fitted).width == pytest.approx(384, abs=1)
            assert heard_in(fitted).pitch_hz(0, 0.5, 1.5) == pytest.approx(880, abs=3)


@pytest.mark.sweep
@pytest.mark.parametrize("starts_s", [0.0, 0.5])
def test_picture_and_sound_stay_together(tmp_path: Path, starts_s: float) -> None:
    """Sound that begins later than the picture, or stops for a while, does so in the copy too."""
    sounds = [Tones((440,), 1.5, starts_s=starts_s, hole_s=(0.5, 1.0))]
    path = with_tracks(tmp_path / "a.mkv", films=["libx264"], sounds=sounds, default=0)
    fitted = smaller(path, 0.4)
    edges = [edge for part in heard_in(fitted).sounding() for edge in part]
    expected = [starts_s, starts_s + 0.5, starts_s + 1.0, starts_s + 1.5]
    assert edges == pytest.approx(expected, abs=0.05)
    with av.open(str(fitted)) as file:
        times = [frame.time or 0.0 for frame in file.decode(video=0)]
    assert times[0] == pytest.approx(0, abs=0.01)
    assert times[-1] == pytest.approx(47 / 24, abs=0.01)


@pytest.mark.sweep
def test_all_channels_of_a_clip_are_heard(tmp_path: Path) -> None:
    """A voice in the centre of 5.1 is in both channels of the copy."""
    voice = [Tones([0, 0, 440, 0, 0, 0], 2.0, layout="5.1")]
    path = with_tracks(tmp_path / "a.mkv", films=["libx264"], sounds=voice, default=0)
    heard = heard_in(smaller(path, 0.4))
    for channel in (0, 1):
        assert heard.level(channel) == pytest.approx(0.5**0.5, abs=0.05)


def test_a_cover_is_no_clip(tmp_path: Path) -> None:
    """The picture in a sound file is no video."""
    path = tmp_path / "song.mp4"
    cover = io.BytesIO()
    corners((320, 320)).save(cover, "JPEG")
    with av.open(str(path), "w") as file:
        tones = Tones(seconds=1.0)
        stream = add_tones(file, "aac", tones)
        picture = file.add_stream("mjpeg", rate=1)
        assert isinstance(picture, VideoStream)
        picture.width, picture.height, picture.pix_fmt = 320, 320, "yuvj420p"
        picture.disposition = Disposition.attached_pic
        file.start_encoding()
        packet = av.Packet(cover.getvalue())
        packet.stream, packet.pts, packet.dts = picture, 0, 0
        packet.time_base = Fraction(1, 1)
        file.mux(packet)
        play(file, stream, tones)
    with pytest.raises(MediaRefused):
        probe(path)


@pytest.mark.sweep
@pytest.mark.parametrize("turn", [None, (0, 1, -1, 0)])
def test_a_long_clip_takes_no_more_memory_than_a_short_one(
    tmp_path: Path, turn: tuple[int, int, int, int] | None
) -> None:
    """No frame outlives the next few, also while Python collects no cycles."""
    path = film(tmp_path / "a.mp4", Film(SIZE, (9, 16, 9, 1), turn=turn, frames=40), cornered)
    gc.collect()
    gc.disable()
    try:
        with opened(path) as (container, track):
            screen = Screen(track)
            for frame in frames_of(container, track):
                screen.show(frame, 160, 90, "yuv420p")
            alive = sum(type(each) is av.VideoFrame for each in gc.get_objects())
    finally:
        gc.enable()
    assert alive <= 4
