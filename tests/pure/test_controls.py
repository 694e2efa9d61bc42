"""The table of controls: each entry is complete, and what it needs elsewhere is there."""

from dataclasses import replace

import pytest

from bot.controls.control import Control, Desk, Press, Reply, Who
from bot.controls.table import CONTROLS
from bot.domain.policy.privacy import is_private
from bot.messages.controls import MORE, Buttons, Place
from bot.messages.message import CUSTOM_ID, SELECT_OPTIONS_MAX, custom_id
from bot.messages.translations import LANGUAGES, load_translations
from storage.job import Kind, State, WaitsFor
from tests.harness.jobs import make_job

WORDS = load_translations(strict=True)
NAMES = {
    "start", "again", "cancel", "deliver", "pick_up", "jobs", "list", "face", "look", "send",
    "edit", "animate", "wider", "lipsync", "sound", "final", "delete", "bell", "older", "forget",
    "star", "continue", "menu", "hide",
}  # fmt: skip
"""What other programs rely on."""
BUTTONS_MAX = 5
"""Discord's limit for a row."""
MADE = (
    {"media": [{"kind": "image"}]},
    {"media": [{"kind": "video"}]},
    {"character": "Ana", "units": None, "late": False},
)
JOBS = [
    replace(
        make_job(), kind=kind, state=state, waits_for=waits_for, stopped=stopped, outcome=outcome
    )
    for kind in Kind
    for state in State
    for waits_for in ([*WaitsFor] if state is State.WAITING else [None])
    for stopped in (False, True)
    for outcome in (None, *MADE, {"problems": [{"code": "internal_error"}]})
]


def missing(controls: tuple[Control, ...]) -> list[str]:
    """Return each place that lacks something that a control needs."""
    keys = {
        label
        for control in controls
        for show in control.shown.values()
        for job in JOBS
        if (label := show(job)) is not None
    }
    return [
        f"bot/messages/locales/{language}.toml: {key}"
        for language in LANGUAGES
        for key in sorted(keys)
        if key not in WORDS.keys(language)
    ]


async def _nothing(_desk: Desk, _press: Press) -> Reply:
    return None


def test_every_control_has_its_words() -> None:
    """A label that a job can show is there in each language."""
    assert missing(CONTROLS) == []


def test_what_a_new_control_lacks_is_named() -> None:
    """The test above says which file lacks which key, for each language."""
    new = Control(
        name="sparkle",
        who=Who.THERE,
        does=_nothing,
        shown={Place.RESULT: lambda _job: "button.sparkle"},
    )
    assert missing((*CONTROLS, new)) == [
        f"bot/messages/locales/{language}.toml: button.sparkle" for language in LANGUAGES
    ]


def test_the_names_are_those_of_the_contract() -> None:
    """Each name is there once, fits a `custom_id`, and is never the menu's own."""
    names = [control.name for control in CONTROLS]
    assert len(names) == len(set(names))
    assert set(names) == NAMES
    assert MORE not in names
    for name in names:
        assert CUSTOM_ID.fullmatch(custom_id(name, "a" * 16, "r-0")), name


@pytest.mark.parametrize("place", Place)
def test_whatever_a_job_shows_fits_discord(place: Place) -> None:
    """At most one row of buttons, and no more options than a menu takes."""
    for job in JOBS:
        row = Buttons(CONTROLS).row(place, job, str)
        assert len(row) <= (SELECT_OPTIONS_MAX if place is Place.MORE else BUTTONS_MAX), job.state
        assert len({button.custom_id for button in row}) == len(row)


def test_the_card_of_an_ended_job_without_results_can_be_deleted() -> None:
    """In the bot's servers, unless it is private; under results it is in their menu."""
    there = [replace(job, origin=replace(job.origin, can_post=True)) for job in JOBS]
    public = [job for job in there if not is_private(job) and job.origin.guild_id is not None]
    assert public
    private = [replace(job, request={**job.request, "private": True}) for job in public]
    alone = [replace(job, origin=replace(job.origin, guild_id=None)) for job in public]
    absent = [replace(job, origin=replace(job.origin, can_post=False)) for job in public]
    buttons = Buttons(CONTROLS)
    for job in (*public, *private, *alone, *absent):
        offered = any(
            button.custom_id == f"kling:delete:{job.id}"
            for button in buttons.row(Place.CARD, job, str)
        )
        posted = job.outcome in MADE and not job.stopped
        ended = job.state in {State.DONE, State.CANCELLED}
        assert offered is (job in public and ended and not posted), job


def test_every_entry_can_be_reached() -> None:
    """What no job shows is a menu or a question of its own."""
    menus = {"list", "older", "forget", "face", "start", "menu"}
    shown = {
        control.name
        for control in CONTROLS
        if any(control.label(place, job) for place in Place for job in JOBS)
    }
    assert shown | menus == {control.name for control in CONTROLS}


def test_the_rest_is_a_menu() -> None:
    """Controls for the menu are its options by name; without any, there is no menu."""
    job = make_job()
    assert Buttons([c for c in CONTROLS if c.name == "again"]).more(job, str, "r-0") is None
    rest = Control(
        name="wider", who=Who.THERE, does=_nothing, shown={Place.MORE: lambda _job: "button.wider"}
    )
    menu = Buttons((*CONTROLS, rest)).more(job, str, "r-0")
    assert menu is not None
    assert menu.custom_id == f"kling:more:{job.id}:r-0"
    assert [option.value for option in menu.options] == ["delete", "wider"]


def test_one_button_of_a_message_bears_its_tag() -> None:
    """The search for a lost post goes by it, so that no other message is taken for this one."""
    assert [control.name for control in CONTROLS if control.marks] == ["again"]
    for job in JOBS:
        row = Buttons(CONTROLS).row(Place.RESULT, job, str, "r-0")
        tagged = [button.custom_id for button in row if button.custom_id.endswith(":r-0")]
        assert tagged == [f"kling:again:{job.id}:r-0"]
