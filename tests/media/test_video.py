"""Laws of reading clips and of making them fit."""

import io
import shutil
from pathlib import Path

import av
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageStat

from bot.errors import MediaRefused, MediaWorkerFailed
from bot.media.fit import fit
from bot.media.joining import join
from bot.media.last_frame import last_frame
from bot.media.pool import MediaPool
from bot.media.video import Clip, poster, probe
from tests.harness.media.mutations import flipped
from tests.harness.media.samples import clip, noise
from tests.harness.sampling import sampled
from tests.media.conftest import InWorker

KIB = 1024


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("clips")


@pytest.fixture(scope="module")
def busy_clip(folder: Path) -> Path:
    """A moment of moving noise in 540p, a megabyte or more, with sound."""
    big = noise(1000, 600)
    return clip(
        folder / "busy.mp4",
        seconds=1.5,
        size=(960, 540),
        frames=lambda at: big.crop((at % 40, at % 40, at % 40 + 960, at % 40 + 540)),
        options={"preset": "ultrafast", "crf": "30"},
    )


@pytest.fixture(scope="module")
def padded_clip(folder: Path) -> Path:
    """A clip with its index at the end and as much again that is neither picture nor sound."""
    path = clip(folder / "padded.mp4", seconds=1.0)
    padding = path.stat().st_size
    with path.open("ab") as file:
        file.write((padding + 8).to_bytes(4, "big") + b"free" + bytes(padding))
    return path


def atoms(path: Path) -> list[str]:
    """The names of the outermost atoms, in order."""
    data, names, at = path.read_bytes(), [], 0
    while at < len(data):
        names.append(data[at + 4 : at + 8].decode())
        at += int.from_bytes(data[at : at + 4], "big")
    return names


def assert_plays_in_discord(path: Path, seconds: float) -> Clip:
    """MP4 with the index in front, H.264 High in yuv420p, AAC, as long as it was."""
    names = atoms(path)
    assert names.index("moov") < names.index("mdat")
    with av.open(str(path)) as file:
        video = file.streams.video[0]
        assert video.codec_context.name == "h264"
        assert video.profile == "High"
        assert video.codec_context.pix_fmt == "yuv420p"
        assert [stream.codec_context.name for stream in file.streams.audio] == ["aac"]
        shown = list(file.decode(video=0))
        times = [frame.time or 0.0 for frame in shown]
        assert times == sorted(times)
        assert times[-1] == pytest.approx(seconds, abs=0.1)
    result = probe(path)
    assert result.duration_s == pytest.approx(seconds, abs=0.1)
    return result


@pytest.mark.parametrize("container", ["mp4", "mov", "matroska"])
def test_probe_tells_what_a_clip_is(tmp_path: Path, container: str) -> None:
    """Sides, length, codec, size and sound are those of the file."""
    path = clip(tmp_path / "clip", seconds=1.5, container=container)
    found = probe(path)
    assert (found.width, found.height, found.codec) == (320, 240, "h264")
    assert found.duration_s == pytest.approx(1.5, abs=0.1)
    assert found.size_bytes == path.stat().st_size
    assert found.has_sound


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<html></html>",
        b"#EXTM3U\n#EXTINF:5,\nfile:///etc/passwd\n",
        b"ffconcat version 1.0\nfile /etc/passwd\n",
        b"\0\0\0\x18ftypisom\0\0\2\0isomavc1" + bytes(500),
    ],
)
def test_what_is_no_clip_is_refused(tmp_path: Path, data: bytes) -> None:
    """Pages, playlists and broken files are refused by every function alike."""
    path = tmp_path / "clip.mp4"
    path.write_bytes(data)
    for read in (probe, poster, lambda path: fit(path, tmp_path, -1)):
        with pytest.raises(MediaRefused) as refusal:
            read(path)
        assert refusal.value.code == "clip_unreadable"


def test_sound_alone_is_no_clip(tmp_path: Path) -> None:
    """A file with a sound track only has nothing to show."""
    path = tmp_path / "sound.mp4"
    with av.open(str(path), "w") as file:
        file.add_stream("aac", rate=44_100)
        file.start_encoding()
    with pytest.raises(MediaRefused):
        probe(path)


def test_a_clip_that_fits_stays_as_it_is(busy_clip: Path, tmp_path: Path) -> None:
    """At the limit exactly, the file itself is the answer and nothing is written."""
    assert fit(busy_clip, tmp_path, busy_clip.stat().st_size) == busy_clip
    assert list(tmp_path.iterdir()) == []


def test_dead_weight_is_dropped_without_encoding(padded_clip: Path, tmp_path: Path) -> None:
    """Where picture and sound alone fit they are copied, packet by packet."""
    limit = padded_clip.stat().st_size * 3 // 4
    fitted = fit(padded_clip, tmp_path, limit)
    assert fitted is not None
    assert fitted.stat().st_size <= limit
    assert atoms(fitted).index("moov") < atoms(fitted).index("mdat")
    with av.open(str(padded_clip)) as before, av.open(str(fitted)) as after:
        assert [bytes(packet) for packet in before.demux(video=0)] == [
            bytes(packet) for packet in after.demux(video=0)
        ]


@pytest.mark.sweep
def test_a_clip_is_encoded_within_the_budget(busy_clip: Path, tmp_path: Path) -> None:
    """A little over the limit, the clip keeps its pixels and loses bits."""
    limit = busy_clip.stat().st_size * 2 // 3
    fitted = fit(busy_clip, tmp_path, limit)
    assert fitted is not None
    assert limit // 3 < fitted.stat().st_size <= limit
    found = assert_plays_in_discord(fitted, 1.5)
    assert (found.width, found.height) == (960, 540)


def test_a_clip_is_scaled_down_when_bits_are_few(busy_clip: Path, tmp_path: Path) -> None:
    """Far over the limit, fewer pixels are better than worse ones."""
    limit = 70 * KIB
    fitted = fit(busy_clip, tmp_path, limit)
    assert fitted is not None
    assert fitted.stat().st_size <= limit
    found = assert_plays_in_discord(fitted, 1.5)
    assert found.height < 540
    assert found.width / found.height == pytest.approx(16 / 9, abs=0.02)


@pytest.mark.parametrize("limit_bytes", sampled([18_000, 20_000, 22_000], 18_000))
def test_the_index_counts_too(busy_clip: Path, tmp_path: Path, limit_bytes: int) -> None:
    """Where picture and sound fit and their container does not, the clip is made smaller again."""
    fitted = fit(busy_clip, tmp_path, limit_bytes)
    assert fitted is None or fitted.stat().st_size <= limit_bytes


@pytest.mark.parametrize("limit_bytes", sampled([0, 1, 1000, 4 * KIB], 0, 4 * KIB))
def test_what_cannot_fit_is_none(busy_clip: Path, tmp_path: Path, limit_bytes: int) -> None:
    """Past the last rung there is no file, and nothing is left behind."""
    assert fit(busy_clip, tmp_path, limit_bytes) is None
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("apart_bytes", sampled([4_000, 12_000], 12_000))
def test_the_limit_is_exact(tmp_path: Path, apart_bytes: int) -> None:
    """Whatever the limit, what comes out is under it, index and all."""
    big = noise(400, 300)
    path = clip(
        tmp_path / "short.mp4",
        frames=lambda at: big.crop((at, at, at + 320, at + 240)),
    )
    fitted = 0
    limits = range(12_000, 60_000, apart_bytes)
    for limit_bytes in limits:
        result = fit(path, tmp_path, limit_bytes)
        if result is not None:
            fitted += 1
            assert result.stat().st_size <= limit_bytes
    assert fitted > len(limits) // 2 - 1


def test_a_clip_without_sound_fits_too(tmp_path: Path) -> None:
    """No sound track appears that was not there."""
    big = noise(700, 500)
    path = clip(
        tmp_path / "silent.mp4",
        size=(640, 360),
        with_sound=False,
        frames=lambda at: big.crop((at, at, at + 640, at + 360)),
    )
    (tmp_path / "out").mkdir()
    fitted = fit(path, tmp_path / "out", path.stat().st_size // 4)
    assert fitted is not None
    assert not probe(fitted).has_sound


def test_the_poster_shows_something(tmp_path: Path) -> None:
    """A clip that fades in from black is not represented by black."""

    def fade(at: int) -> Image.Image:
        if at < 12:
            return Image.new("RGB", (320, 240))
        return Image.linear_gradient("L").resize((320, 240)).convert("RGB")

    image = Image.open(io.BytesIO(poster(clip(tmp_path / "fade.mp4", frames=fade))))
    assert image.format == "JPEG"
    assert image.size == (320, 240)
    assert ImageStat.Stat(image.convert("L")).stddev[0] > 30


def test_a_black_clip_still_has_a_poster(tmp_path: Path) -> None:
    """Where no frame tells anything, one of them is the poster all the same."""
    path = clip(tmp_path / "black.mp4", frames=lambda _: Image.new("RGB", (320, 240)))
    assert Image.open(io.BytesIO(poster(path))).size == (320, 240)


async def test_clips_cross_to_a_worker_by_path(busy_clip: Path, tmp_path: Path) -> None:
    """All three functions work in a worker, with its memory limit, and give typed results."""
    async with MediaPool(size=1) as workers:
        assert (await workers.run(probe, busy_clip)).codec == "h264"
        assert (await workers.run(poster, busy_clip)).startswith(b"\xff\xd8\xff")
        fitted = await workers.run(fit, busy_clip, tmp_path, 300 * KIB)
        assert isinstance(fitted, Path)
        assert fitted.is_file()
        assert await workers.run(fit, busy_clip, tmp_path, 10) is None


def test_a_mutated_clip_is_used_or_refused(folder: Path, in_worker: InWorker) -> None:
    """Whatever bytes are flipped, the bot gets an answer, a refusal or a lost worker."""
    source = clip(folder / "source.mp4", seconds=0.5).read_bytes()
    path = folder / "mutated.mp4"
    out = folder / "mutated-out"
    end = len(source)
    places = st.integers(0, end - 1) | st.integers(end - 2000, end - 1)  # its index is at the end

    @settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
    @given(data=flipped(source, places))
    def mutate(data: bytes) -> None:
        path.write_bytes(data)
        out.mkdir()
        try:
            in_worker(probe, path)
            in_worker(poster, path)
            fitted = in_worker(fit, path, out, len(source) // 2)
            assert fitted is None or fitted.stat().st_size <= len(source) // 2
            in_worker(last_frame, path)
            in_worker(join, (path, path), out)
        except (MediaRefused, MediaWorkerFailed):
            pass
        finally:
            shutil.rmtree(out)

    mutate()
