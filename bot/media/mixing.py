"""Brings any audio frames to one rate, one format, and one or two channels. Runs in a worker."""

from collections.abc import Iterator

import av
from av.audio.frame import AudioFrame
from av.filter import Graph

# What goes to the left and to the right. ITU-R BS.775: the centre and the surrounds 3 dB down. It
# leaves the low frequencies out; here they stay, because recorders with three channels have what
# FFmpeg calls 2.1, with a voice in the third.
_BOTH = (2**-0.5, 2**-0.5)
_LEFT, _RIGHT = (1.0, 0.0), (0.0, 1.0)
_SIDES = {
    "FL": _LEFT,
    "FR": _RIGHT,
    "DL": _LEFT,
    "DR": _RIGHT,
    "AMBI0": (1.0, 1.0),  # all that an ambisonic recording heard; the others say from where
    **dict.fromkeys(("BL", "SL", "FLC", "WL", "TFL", "TBL", "TSL"), (2**-0.5, 0.0)),
    **dict.fromkeys(("BR", "SR", "FRC", "WR", "TFR", "TBR", "TSR"), (0.0, 2**-0.5)),
}
_NAMELESS = "NONE"
_LIMIT = "0.98"
"""Of full scale: what several loud channels make together is held below it, not cut off."""


class Mixer:
    """Takes frames as they come, also when their rate or channels change from one to the next."""

    def __init__(self, sample_format: str, layout: str, rate_hz: int) -> None:
        self._format = sample_format
        self._layout = layout
        self._rate_hz = rate_hz
        self._takes: tuple[str, str, int] | None = None
        self._graph = Graph()

    def mix(self, frame: AudioFrame) -> Iterator[AudioFrame]:
        """What is ready of the result once `frame` is added; frames have no times."""
        takes = (frame.format.name, frame.layout.name, frame.sample_rate)
        if takes != self._takes:
            yield from self.flush()
            self._graph = self._built(frame)
            self._takes = takes
        frame.pts = None
        self._graph.push(frame)
        yield from self._ready()

    def flush(self) -> Iterator[AudioFrame]:
        """The rest of the result."""
        if self._takes is not None:
            self._takes = None
            self._graph.push(None)
            yield from self._ready()

    def _ready(self) -> Iterator[AudioFrame]:
        while True:
            try:
                frame = self._graph.pull()
            except (av.error.BlockingIOError, av.error.EOFError):
                return
            if isinstance(frame, AudioFrame):
                frame.pts = None
                yield frame

    def _built(self, frame: AudioFrame) -> Graph:
        graph = Graph()
        source = graph.add(
            "abuffer",
            sample_fmt=frame.format.name,
            sample_rate=str(frame.sample_rate),
            channel_layout=frame.layout.name,
            time_base=f"1/{frame.sample_rate}",
        )
        nodes = [source, graph.add("aformat", sample_fmts="fltp")]
        nodes.append(graph.add("pan", mix_of(frame.layout, self._layout)))
        if frame.layout.nb_channels > 2:  # noqa: PLR2004 - one or two are never added up
            nodes.append(graph.add("alimiter", limit=_LIMIT, level="0", latency="1"))
        target = {"sample_rates": str(self._rate_hz), "channel_layouts": self._layout}
        nodes.append(graph.add("aformat", sample_fmts=self._format, **target))
        graph.link_nodes(*nodes, graph.add("abuffersink")).configure()
        return graph


def mix_of(layout: av.AudioLayout, target: str) -> str:
    """The argument of FFmpeg's `pan` that mixes `layout` to `target`: "mono" or "stereo".

    Each channel is heard. Channels are named by their place, so that those without a name count.
    """
    names = [channel.name for channel in layout.channels]
    if len(names) == 1:
        sides = [(1.0, 1.0)]
    elif len(names) == 2:  # noqa: PLR2004 - whatever they are called
        sides = [_LEFT, _RIGHT]
    elif _NAMELESS in names:
        sides = [_LEFT, _RIGHT, *[_BOTH] * (len(names) - 2)]
    else:
        sides = [_SIDES.get(name, _silent_or_both(name)) for name in names]
    if target == "mono":
        weights = [[left if left == right else (left + right) / 2 for left, right in sides]]
    else:
        weights = [list(side) for side in zip(*sides, strict=True)]
    return "|".join([target, *(_sum(at, side) for at, side in enumerate(weights))])


def _silent_or_both(name: str) -> tuple[float, float]:
    return (0.0, 0.0) if name.startswith("AMBI") else _BOTH


def _sum(output: int, weights: list[float]) -> str:
    parts = (f"{weight:.4f}*c{at}" for at, weight in enumerate(weights) if weight)
    return f"c{output}={'+'.join(parts)}"
