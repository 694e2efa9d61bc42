"""Operations of the newer generation: with our id, without one, and each way for 4.0."""

from typing import Final

from sandbox.kling import Switches
from tests.harness.recovery import newer_plays
from tests.harness.recovery.scene import DONE
from tests.harness.recovery.story import Play, Story

KEY: Final = {"KLINGBOT_KLING__API_KEY": "local-api-key"}
ALONE: Final = KEY | {"KLINGBOT_KLING__ACCOUNT_SHARED": "false"}
TAKES_IDS: Final = Switches(v4_takes_ids=True)


def of_4_0(play: Play, switches: Switches | None = None) -> Story:
    """Return a story of 4.0, of which a lost answer may have to be decided by the operator."""
    return Story(play, sent_again=1, env=KEY, switches=switches)


NEWER_STORIES: Final[dict[str, Story]] = {
    "/video, newer, with an id": Story(newer_plays.newer_film, env=KEY),
    "/storyboard, newer": Story(newer_plays.newer_storyboard, env=KEY),
    "/video 4.0, takes an id": of_4_0(newer_plays.one_of_4_0, TAKES_IDS),
    "/video 4.0, no id, shared account": of_4_0(newer_plays.one_of_4_0),
    "/video 4.0, no id, twins alone": Story(
        newer_plays.twins_of_4_0,
        cards=(DONE, DONE),
        posts=2,
        creates=2,
        sent_again=1,
        env=ALONE,
    ),
    "/video 4.0, takes an id, twins": Story(
        newer_plays.twins_of_4_0,
        cards=(DONE, DONE),
        posts=2,
        creates=2,
        sent_again=2,
        env=KEY,
        switches=TAKES_IDS,
    ),
    "continued, newer": Story(
        newer_plays.newer_continued, cards=(DONE, DONE), posts=2, creates=2, env=KEY
    ),
    "continued, 4.0 takes an id": Story(
        newer_plays.continued_of_4_0,
        cards=(DONE, DONE),
        posts=2,
        creates=2,
        sent_again=1,
        env=KEY,
        switches=TAKES_IDS,
    ),
    "continued, 4.0 without an id": Story(
        newer_plays.continued_of_4_0,
        cards=(DONE, DONE),
        posts=2,
        creates=2,
        sent_again=1,
        env=KEY,
    ),
}
