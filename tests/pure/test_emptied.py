"""What is left of a request whose job was deleted."""

from hypothesis import given

from bot.domain.emptied import without_words
from bot.domain.requests import from_json, options_of, to_json
from tests.harness.requests import any_request


@given(any_request)
def test_no_words_of_a_member_are_left(request: object) -> None:
    """No text that somebody wrote is in it, and it can still be read as a request of its kind."""
    stored = to_json(request)  # type: ignore[arg-type] # any request
    kind = request.kind  # type: ignore[attr-defined]
    left = without_words(kind, stored)
    read = from_json(kind, left)
    for option in options_of(read):
        value = getattr(read, option.field)
        if option.longest is not None:
            assert not value
        else:
            before = getattr(from_json(kind, stored), option.field)
            assert repr(value) == repr(before)  # not a number is a number, too
