"""What stands for a face in the menu, and until when a choice can be made."""

import pytest

from bot.jobs.faces import link_ends_at, stored_face
from bot.messages.face_menu import face_values


def _faces(*ids: str) -> list[dict[str, object]]:
    return [{"face_id": i, "start_ms": n, "end_ms": n + 5_000} for n, i in enumerate(ids)]


def test_a_face_is_chosen_by_its_id() -> None:
    """The value of a line is the face id, as the contract says."""
    assert face_values(_faces("0", "1")) == ["0", "1"]


@pytest.mark.parametrize("ids", [("x" * 101, "1"), ("same", "same"), ("", "1")])
def test_ids_that_a_menu_cannot_hold_become_numbers(ids: tuple[str, str]) -> None:
    """An id that Discord would refuse, or two alike, never lose the menu."""
    faces = _faces(*ids)
    values = face_values(faces)
    assert values == ["face 1", "face 2"]
    chosen = stored_face({"faces": faces}, "face 2")
    assert chosen is not None
    assert (chosen.face_id, chosen.start_ms) == (ids[1], 1)


def test_a_value_that_was_not_offered_is_nobodys() -> None:
    """A forged value, or an id where numbers were offered, chooses nothing."""
    assert stored_face({"faces": _faces("0", "1")}, "2") is None
    assert stored_face({"faces": _faces("same", "same")}, "same") is None
    assert stored_face({}, "0") is None


def test_discords_links_say_when_they_end() -> None:
    """The moment in a signed link is read; any other address says nothing."""
    signed = "https://cdn.discordapp.com/a/b/c.mp4?ex=6b49d200&is=6b488080&hm=00&"
    assert link_ends_at(signed) == float(0x6B49D200)
    for other in ("https://example.com/c.mp4?ex=10", "https://example.com/c.mp4", "", "http://["):
        assert link_ends_at(other) is None
    assert link_ends_at("https://example.com/?ex=zz&is=1&hm=2") is None
