"""What was filled into a form is read from any shape, and nothing else is."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bot.discord.forms import filled_in, first_of

words = st.text(max_size=8)
shapes = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | words,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["components", "component", "custom_id", "value", "values", "type"]),
            inner,
            max_size=6,
        )
    ),
    max_leaves=30,
)


@given(shapes)
def test_any_shape_is_read(shape: Any) -> None:
    """Fields and values are texts; nothing raises, however it is nested."""
    for name, value in filled_in(shape).items():
        assert type(name) is type(value) is str
    assert isinstance(first_of(shape), str)


@given(st.dictionaries(words, words, max_size=5), st.dictionaries(words, words, max_size=5))
def test_fields_of_labels_and_rows_are_found(texts: dict[str, str], chosen: dict[str, str]) -> None:
    """A text in a row and a choice in a label, as Discord sends them."""
    rows = [
        {"type": 1, "components": [{"type": 4, "custom_id": name, "value": text}]}
        for name, text in texts.items()
    ]
    labels = [
        {"type": 18, "component": {"type": 3, "custom_id": name, "values": [value]}}
        for name, value in chosen.items()
    ]
    assert filled_in([*rows, *labels]) == texts | chosen


def test_what_is_nested_too_deep_is_left_out() -> None:
    """A form without end takes no time without end."""
    deep: list[Any] = [{"custom_id": "bottom", "value": "x"}]
    for _ in range(10_000):
        deep = [{"components": deep}]
    assert filled_in(deep) == {}
