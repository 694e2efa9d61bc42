"""What was filled into a form is read from any shape, and nothing else is."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bot.discord.forms import filled_in, first_of, uploaded
from bot.domain.menus import FILES_MAX, Menu, fitting
from bot.domain.offered import Offered

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


@given(shapes, st.dictionaries(words, shapes, max_size=3), words)
def test_any_description_of_a_file_is_read(shape: Any, files: dict[str, Any], name: str) -> None:
    """What is no description is no file; nothing raises; a file goes by the name of its field."""
    for resolved in (shape, {"attachments": shape}, {"attachments": files}):
        for given_ in (shape, [{"component": {"custom_id": name, "values": [*files]}}]):
            for field, file in uploaded({"components": given_, "resolved": resolved}).items():
                assert file.name == field


def test_a_file_is_found_by_its_id() -> None:
    """As Discord sends it: the field names the id, and the file is described beside."""
    said = {"url": "https://cdn.example/a.png", "filename": "a.png", "size": 9, "width": 2}
    part = {"type": 18, "component": {"type": 19, "custom_id": "upload", "values": ["5"]}}
    data = {"components": [part], "resolved": {"attachments": {"5": said}}}
    found = Offered("upload", "a.png", "https://cdn.example/a.png", 9, width=2)
    assert uploaded(data) == {"upload": found}


@given(st.lists(st.builds(Offered, words, words, words, st.integers(0), words), max_size=14))
def test_whatever_lies_in_a_message_is_sorted(files: list[Offered]) -> None:
    """Each command offers at most ten of the files, in their order, and an image to all of them."""
    for menu in Menu:
        found = fitting(menu, files)
        assert len(found) <= FILES_MAX
        assert [file for file in files if file in found][: len(found)] == found or not found
    picture = Offered("", "x", "", 1, "image/png")
    assert all(picture in fitting(menu, [picture]) for menu in Menu)
