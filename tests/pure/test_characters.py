"""Characters in a prompt: what is a citation, what is text, and what a model takes of them."""

import pytest

from bot.domain.catalogue import for_model, price
from bot.domain.catalogue.elements import Beside, Elements, element_problems
from bot.domain.characters import (
    LEGACY_FORM,
    NAMES_COMPARED_MAX,
    NEWER_FORM,
    WORDS_COMPARED_MAX,
    Element,
    citations,
    cited_so,
    in_order,
    is_name,
    slips,
)
from bot.domain.citing import as_kling_reads, with_cited
from bot.domain.requests import (
    CharacterRequest,
    ImageRequest,
    StoryboardRequest,
    VideoRequest,
    from_json,
    to_json,
)
from bot.domain.rules import check
from tests.harness.models import CATALOGUE, UNKNOWN

ANA = Element("Ana", "111", of_clip=False)
ANABEL = Element("Anabel", "222", of_clip=False)
MING = Element("小明", "333", of_clip=True)
EVERY = (ANA, ANABEL, MING)


@pytest.mark.parametrize(
    ("text", "cited"),
    [
        ("@Ana runs", (ANA,)),
        ("@ana and @ANABEL", (ANA, ANABEL)),
        ("@Anabel then @Ana", (ANABEL, ANA)),
        ("(@Ana), twice @Ana", (ANA,)),
        ("@小明在跑步", (MING,)),
        ("看@小明和@Ana在", (MING, ANA)),
        ("@Anatomy, @Ana_2, me@Ana.example, <@Ana>, @ Ana, Ana", ()),
        ("@everyone @1 @", ()),
    ],
)
def test_what_is_a_citation(text: str, cited: tuple[Element, ...]) -> None:
    """A name after an `@`, in any case, to its end; the longest counts, and nothing else does."""
    assert in_order([text], EVERY) == cited


def test_how_kling_reads_it() -> None:
    """Numbered in the order of the list, and apart from letters that follow."""
    text = "@ana meets @小明在 @bob"
    elements = in_order([text], EVERY)
    assert cited_so(text, elements, LEGACY_FORM) == "<<<element_1>>> meets <<<element_2>>> 在 @bob"
    assert cited_so(text, elements, NEWER_FORM) == "@element_1 meets @element_2 在 @bob"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("@Anna and @Ana", [("Anna", "Ana")]),
        ("@Annabel", [("Annabel", "Anabel")]),
        ("@everyone @dog @an a@Anna", []),
    ],
)
def test_what_is_nearly_a_name(text: str, found: list[tuple[str, str]]) -> None:
    """A slip is told with the name; what is like none of them is text."""
    assert list(slips(text, [one.name for one in EVERY])) == found


def test_so_much_is_compared_and_no_more() -> None:
    """Each different word once, so many words and names; a citation is found among any number."""
    names = [f"Person{number:03}" for number in range(NAMES_COMPARED_MAX + 1)]
    assert list(slips("@Persona001 @persona001", names)) == [("Persona001", "Person001")]
    text = " ".join(f"@Persona{number:03}" for number in range(WORDS_COMPARED_MAX + 1))
    assert len(list(slips(text, names))) == WORDS_COMPARED_MAX
    last = ["z" * 9 + "a"] * NAMES_COMPARED_MAX + ["Anabel"]
    assert list(slips("@Annabel", last)) == []
    assert [one.name for one in citations("@anabel", last)] == ["Anabel"]


def test_which_names_there_may_be() -> None:
    """Letters of any script, digits and `_`; from a letter on, and at most 20."""
    assert all(map(is_name, ("Ana", "小明", "R2_D2", "é" * 20, "A")))
    assert not any(map(is_name, ("", " ", "A b", "2b", "_a", "a-b", "A" * 21, "a@b", "a<")))


def test_every_shot_cites_and_numbers_are_those_of_the_whole() -> None:
    """A storyboard has one list for all of its shots."""
    board = StoryboardRequest("@小明 sleeps", shot_2="@Ana wakes @小明", model="kling-v3-omni")
    cited = with_cited(board, EVERY)
    assert isinstance(cited, StoryboardRequest)
    read = as_kling_reads(cited)
    assert read.words[:2] == ("<<<element_1>>> sleeps", "<<<element_2>>> wakes <<<element_1>>>")


def test_a_request_with_characters_is_stored_and_read() -> None:
    """It returns as it was from the database."""
    request = with_cited(ImageRequest("@Ana", "kling-v3"), EVERY)
    assert from_json(request.kind, to_json(request)) == request


def test_a_prompt_is_as_long_as_kling_reads_it() -> None:
    """A citation is longer there than it was typed."""
    words = "@Ana" + "x" * 2_490
    plain = ImageRequest(words.replace("@Ana", "@Ana "), "kling-v3")
    assert check(CATALOGUE, plain, {}) == ()
    [problem] = check(CATALOGUE, with_cited(plain, EVERY), {})
    assert (problem.code, problem.facts["given"]) == ("text_too_long", 2_506)


@pytest.mark.parametrize(
    ("rule", "cited", "beside", "codes"),
    [
        (None, [ANA], Beside(), ["elements_unsupported"]),
        (None, [], Beside(), []),
        (Elements(1), [ANA, ANABEL], Beside(), ["elements_too_many"]),
        (Elements(3, with_references=3), [ANA, ANABEL], Beside(2), ["elements_with_others"]),
        (Elements(3, with_references=3), [ANA, ANABEL], Beside(1), []),
        (Elements(3, with_frame=1), [ANA, ANABEL], Beside(0, 1), ["elements_with_others"]),
        (Elements(3, with_ends=0), [ANA], Beside(0, 2), ["elements_with_others"]),
        (Elements(3, with_ends=0), [ANA], Beside(0, 1), []),
        (Elements(3, need_image=True), [ANA], Beside(), ["elements_need_image"]),
        (Elements(3, need_image=True), [ANA], Beside(0, 1), []),
        (Elements(3, of_clips=0), [MING], Beside(), ["elements_of_clips"]),
        (Elements(3, of_clips=0), [ANA], Beside(), []),
        (Elements(3, of_clips=1), [MING, MING], Beside(), ["elements_clips_too_many"]),
        (Elements(3, mixed=1), [ANA, MING], Beside(), ["elements_with_others"]),
        (Elements(3, mixed=1), [ANA, ANABEL], Beside(), []),
        (Elements(3, clips_with_images=False), [MING], Beside(1), ["elements_clips_with_images"]),
    ],
)
def test_what_a_model_takes(
    rule: Elements | None, cited: list[Element], beside: Beside, codes: list[str]
) -> None:
    """Each limit by itself."""
    assert [one.code for one in element_problems("m", rule, cited, beside)] == codes


def test_a_model_that_takes_them_is_named() -> None:
    """A refusal says which can, and an unknown model is sent as it is."""
    request = VideoRequest("@Ana", "kling-v2-5-turbo", elements=(ANA,))
    [problem] = check(CATALOGUE, request, {})
    assert problem.code == "elements_unsupported"
    assert "kling-v3-omni" in str(problem.facts["models"])
    assert check(CATALOGUE, for_model(CATALOGUE, request, UNKNOWN), {}) == ()


def test_seconds_of_a_character_count_where_those_of_a_video_do() -> None:
    """With 4.0 a character made from a video may cost as much as a video input of 8 s."""
    plain = for_model(CATALOGUE, VideoRequest("@小明", UNKNOWN, elements=(MING,)), "kling-4.0")
    cost = price(CATALOGUE, plain)
    assert cost is not None
    assert (f"{cost.units}", cost.at_most) == ("8.71", True)


@pytest.mark.parametrize(
    ("seconds", "wrong"), [(2.0, True), (2.95, False), (3.0, False), (8.0, False), (9.0, True)]
)
def test_how_long_a_video_of_one_may_be(seconds: float, wrong: bool) -> None:  # noqa: FBT001 - a row of the table
    """From 3 to 8 s, give or take a frame."""
    request = CharacterRequest("Ana", video_url="https://a.example/b.mp4", video_s=seconds)
    codes = [one.code for one in check(CATALOGUE, request, {})]
    assert codes == ["character_length"] * wrong
