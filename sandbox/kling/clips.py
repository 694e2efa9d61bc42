"""Clips: H.264 in MP4, a picture that moves or the painted prompt, sound where asked; dubbing."""

import io
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from PIL import Image

from sandbox.kling import sounds
from sandbox.kling.orders import ClipDrawing, Dub
from sandbox.kling.painting import Dice, paint
from sandbox.kling.pictures import lettering, shown

FPS = 24
ZOOM = 1.14
PAN = 1.22  # how much larger than the frame a painting is, so that the frame can move
PIXELS = "yuv420p"
X264 = {"preset": "ultrafast", "crf": "22"}
AAC = {"aac_coder": "fast"}
AAC_BITS_PER_S = 96_000
Shot = Callable[[float], Image.Image]
SCALE_HZ = (220.0, 261.63, 293.66, 329.63, 392.0, 440.0, 523.25)


def frame_count(seconds: int) -> int:
    """Return how many frames a clip of `seconds` has: one more, as the live service's clips."""
    return seconds * FPS + 1


def draw_clip(drawing: ClipDrawing, every: int = 1) -> bytes:
    """Return the MP4 of `drawing`.

    For a hurry, the first of `every` so many frames is drawn and stands for all of them.
    """
    count = frame_count(drawing.seconds)
    track = melody_of(drawing.prompt, count / FPS) if drawing.sound else None
    return encode(frames_of(drawing, count, every), drawing.size, track)


def melody_of(prompt: str, seconds: float) -> sounds.Samples:
    """Return what is heard of a prompt."""
    dice = Dice(f"tune {prompt}")
    notes = [SCALE_HZ[int(dice.roll() * len(SCALE_HZ))] for _ in range(8)]
    return sounds.melody(notes, seconds, 0.42)


def frames_of(drawing: ClipDrawing, count: int, every: int = 1) -> Iterator[Image.Image]:
    """Yield the frames; of several shots each for its own length, the last with one more."""
    end = len(drawing.shots) - 1
    for number, shot in enumerate(drawing.shots):
        alone = replace(
            drawing,
            prompt=shot.words,
            first=drawing.first if number == 0 else None,
            middle=(),
            last=drawing.last if number == end else None,
            shots=(),
        )
        yield from _frames(alone, shot.seconds * FPS + (number == end), every)
    if not drawing.shots:
        yield from _frames(drawing, count, every)


def _frames(drawing: ClipDrawing, count: int, every: int) -> Iterator[Image.Image]:
    shot = _shot(drawing)
    pictured = any((drawing.first, drawing.last, drawing.references))
    overlay = lettering(drawing.size, drawing.prompt, ribbon_only=pictured)
    box = overlay.getbbox() or (0, 0, *drawing.size)
    lettered = overlay.crop(box)
    for number in range(count):
        if number % every == 0:
            frame = shot(number / (count - 1))
            frame.paste(lettered, box, lettered)
        yield frame


def _shot(drawing: ClipDrawing) -> Shot:
    """Return what is seen at each moment, from 0 at the first frame to 1 at the last."""
    dice = Dice(f"move {drawing.prompt}")
    focus = dice.roll(0.25, 0.75), dice.roll(0.3, 0.6)
    size = drawing.size
    first, last = _opened(drawing.first, size), _opened(drawing.last, size)
    between = [_station(one, size) for one in (*drawing.middle, *drawing.references)]
    if between:
        ends = [one for one in (first, last) if one is not None]
        stations = [*ends[:1], *between, *ends[1:]]
        return lambda part: _travelling(stations, part)
    if first is not None and last is not None:
        begin, end = first, last
        return lambda part: Image.blend(
            _zoomed(begin, size, part, focus),
            _zoomed(end, size, 1 - part, focus),
            _eased((part - 0.3) / 0.7),
        )
    if first is not None:
        begin = first
        return lambda part: _zoomed(begin, size, part, focus)
    if last is not None:
        end = last
        return lambda part: _zoomed(end, size, 1 - part, focus)
    painting = paint(drawing.prompt, 0, (round(size[0] * PAN), round(size[1] * PAN)))
    return lambda part: _wandering(painting, size, part)


def _opened(source: bytes | None, size: tuple[int, int]) -> Image.Image | None:
    if source is None:
        return None
    with Image.open(io.BytesIO(source)) as image:
        return shown(image, size)


def _station(source: bytes, size: tuple[int, int]) -> Image.Image:
    with Image.open(io.BytesIO(source)) as image:
        return shown(image, size)


def _travelling(stations: list[Image.Image], part: float) -> Image.Image:
    """Return what is seen on the way: at each station, exactly its picture."""
    if len(stations) == 1:
        return stations[0].copy()
    way = min(1.0, max(0.0, part)) * (len(stations) - 1)
    number = min(int(way), len(stations) - 2)
    return Image.blend(stations[number], stations[number + 1], _eased(way - number))


def _eased(part: float) -> float:
    part = min(1.0, max(0.0, part))
    return part * part * (3 - 2 * part)


def _zoomed(
    image: Image.Image, size: tuple[int, int], part: float, focus: tuple[float, float]
) -> Image.Image:
    """Return the picture itself at part 0, nearer to `focus` the later."""
    if part <= 0:
        return image.copy()
    zoom = 1 + (ZOOM - 1) * _eased(part)
    wide, tall = size[0] / zoom, size[1] / zoom
    left, top = (size[0] - wide) * focus[0], (size[1] - tall) * focus[1]
    return image.resize(size, Image.Resampling.BILINEAR, (left, top, left + wide, top + tall))


def _wandering(painting: Image.Image, size: tuple[int, int], part: float) -> Image.Image:
    """Return a window that drifts over the painting and rises a little."""
    across, down = painting.width - size[0], painting.height - size[1]
    left, top = across * _eased(part), down * (1 - 0.8 * _eased(part))
    box = (left, top, left + size[0], top + size[1])
    return painting.resize(size, Image.Resampling.BILINEAR, box)


def encode(
    frames: Iterable[Image.Image],
    size: tuple[int, int],
    track: "sounds.Samples | None" = None,
    comment: str = "",
) -> bytes:
    """Return an MP4 (H.264, yuv420p, index first) of RGB `frames` at 24 per second.

    A frame that is the same object as the one before it costs little.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "clip.mp4"
        with av.open(path, "w", format="mp4", options={"movflags": "+faststart"}) as container:
            if comment:
                container.metadata["comment"] = comment
            video = _video_stream(container, size)
            audio = _audio_stream(container) if track is not None else None
            latest: Image.Image | None = None
            for number, image in enumerate(frames):
                if image is not latest:
                    latest, frame = image, _frame_of(image)
                frame.pts = number
                container.mux(video.encode(frame))
            container.mux(video.encode(None))
            if audio is not None and track is not None:
                _mux_sound(container, audio, track)
        return path.read_bytes()


def _frame_of(image: Image.Image) -> VideoFrame:
    # PyAV leaves the functions that speak Pillow without types.
    frame: VideoFrame = VideoFrame.from_image(image)  # type: ignore[no-untyped-call]
    return frame.reformat(format=PIXELS)  # once, and not each time that it is encoded


def _video_stream(container: OutputContainer, size: tuple[int, int]) -> VideoStream:
    stream = container.add_stream("libx264", rate=FPS, options=X264)
    stream.width, stream.height = size
    stream.pix_fmt = PIXELS
    stream.time_base = Fraction(1, FPS)
    return stream


def _audio_stream(container: OutputContainer) -> AudioStream:
    stream = container.add_stream("aac", rate=sounds.RATE_HZ, layout="mono", options=AAC)
    stream.bit_rate = AAC_BITS_PER_S
    return stream


def _mux_sound(container: OutputContainer, stream: AudioStream, track: sounds.Samples) -> None:
    for frame in sounds.frames(track):
        container.mux(stream.encode(frame))
    container.mux(stream.encode(None))


def dub(order: Dub) -> bytes:
    """Return the clip with its frames untouched and the sound laid over its own."""
    per_ms = sounds.RATE_HZ / 1000
    speech = sounds.decode(order.sound)[
        round(order.start_ms * per_ms) : round(order.end_ms * per_ms)
    ]
    own, whole = sounds.decode(order.clip), sounds.silence(order.clip_ms)
    whole[: len(own)] = own[: len(whole)]
    at = round(order.insert_ms * per_ms)
    track = sounds.mixed(whole, order.original_volume, speech, order.volume, at)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "dubbed.mp4"
        with (
            av.open(io.BytesIO(order.clip), "r") as given,
            av.open(path, "w", format="mp4", options={"movflags": "+faststart"}) as container,
        ):
            video = container.add_stream_from_template(given.streams.video[0])
            audio = _audio_stream(container)
            for packet in given.demux(given.streams.video[0]):
                if packet.dts is not None:
                    packet.stream = video
                    container.mux(packet)
            _mux_sound(container, audio, track)
        return path.read_bytes()


def frame_at(clip: bytes, ms: int) -> Image.Image:
    """Return the picture shown at `ms`, or the last one before the clip's end."""
    with av.open(io.BytesIO(clip), "r") as container:
        latest: list[VideoFrame] = []
        for frame in container.decode(video=0):
            latest[:] = [frame]
            if (frame.time or 0) * 1000 >= ms:
                break
        # As in _frame_of: PyAV leaves this without types.
        image: Image.Image = latest[0].to_image()  # type: ignore[no-untyped-call]
        return image
