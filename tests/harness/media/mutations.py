"""Damaged files, by intent or by accident."""

from hypothesis import strategies as st


def flipped(source: bytes, places: st.SearchStrategy[int]) -> st.SearchStrategy[bytes]:
    """Return copies of `source` in which up to twelve bytes, at such places, are others."""

    def with_flips(flips: list[tuple[int, int]]) -> bytes:
        data = bytearray(source)
        for at, value in flips:
            data[at] = value
        return bytes(data)

    flips = st.lists(st.tuples(places, st.integers(0, 255)), min_size=1, max_size=12)
    return flips.map(with_flips)


def damaged(source: bytes) -> st.SearchStrategy[bytes]:
    """Return copies of `source` with other bytes, often in its head, and often cut short."""
    places = st.integers(0, len(source) - 1) | st.integers(0, 200)
    ends = st.integers(len(source) // 2, len(source)) | st.just(len(source))
    return st.builds(lambda data, end: data[:end], flipped(source, places), ends)
