"""Small parsers of text from outside: any text is read or refused, and nothing else happens."""

import json
import math
from contextlib import suppress
from urllib.parse import urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.domain.requests import Request, Route, from_json, to_json
from bot.domain.rules import suggest
from bot.errors import SettingsInvalid
from bot.jobs.clip_source import ClipOfTask
from bot.jobs.faces import link_ends_at
from bot.kling.error_codes import MESSAGE_MAX_CHARACTERS, clean_message
from bot.messages.filenames import OURS, job_of, name_of_ours, result_name
from bot.messages.message import CUSTOM_ID, custom_id
from bot.messages.translations import LANGUAGES, language_of
from bot.settings.addresses import Address, check_http_url, check_server_root, check_url
from bot.settings.load import Settings, dotted_keys, env_name, load_settings
from bot.web.access import THIS_MACHINE
from storage.job import ID_ALPHABET, ID_CHARACTERS, Kind, is_job_id
from tests.harness.models import CATALOGUE
from tests.harness.requests import any_request

LONG = 30

anything = st.text(max_size=80)
ids = st.text(ID_ALPHABET, min_size=ID_CHARACTERS, max_size=ID_CHARACTERS)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | anything,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(anything, inner, max_size=3),
    max_leaves=6,
)


@given(anything | st.builds("kling:{}:{}".format, anything, ids | anything))
def test_only_ids_of_ours_are_controls(text: str) -> None:
    """What is read as a control is spelled exactly as we spell it."""
    found = CUSTOM_ID.fullmatch(text)
    if found is not None:
        assert text == custom_id(found["action"], found["job_id"], found["tag"] or "")
        assert is_job_id(found["job_id"])
        assert len(text) <= 100


@given(ids, st.sampled_from(["cancel", "pick_up"]), st.sampled_from(["", "r-0", "a12-3"]))
def test_every_control_of_ours_is_read(job_id: str, action: str, tag: str) -> None:
    """And comes back as what it was made of."""
    found = CUSTOM_ID.fullmatch(custom_id(action, job_id, tag))
    assert found is not None
    assert (found["action"], found["job_id"], found["tag"] or "") == (action, job_id, tag)


@given(anything | anything.map("https://cdn.example/{}".format) | st.from_regex(OURS))
def test_a_name_of_ours_is_read_or_not(url: str) -> None:
    """Whatever an address ends in, it is a name that we would give, or none."""
    assert job_of(url) is None or is_job_id(str(job_of(url)))
    found = name_of_ours(url)
    if found is not None:
        assert is_job_id(found.job_id)
        number = int(found.filename.removesuffix(".mp4").rpartition("-")[2])
        assert result_name(found.nonce, number - 1, ".mp4").startswith("kling-")


@given(
    anything
    | st.builds(
        "https://cdn.example/a?ex={}&is=1&hm=2".format, anything | st.text("0123456789abcdef")
    )
)
@example(f"https://cdn.example/a?ex={'f' * 400}&is=1&hm=2")
@example("https://cdn.example/a?ex=-1&is=1&hm=2")
@example("http://[/?ex=1&is=1&hm=1")
def test_the_end_of_a_link_is_a_moment_or_unknown(url: str) -> None:
    """A member may type any address: its end is a number of seconds, or not known."""
    end = link_ends_at(url)
    assert end is None or math.isfinite(end)


@given(anything, st.sampled_from(Kind), st.none() | any_request)
def test_any_beginning_of_a_name_is_answered(
    typed: str, kind: Kind, request: Request | None
) -> None:
    """While a member types, names that can be chosen are offered, never more than fit."""
    kind = kind if request is None else request.kind
    names = suggest(CATALOGUE, typed, kind, request)
    assert len(names) <= 25
    assert all(CATALOGUE.is_known(name) for name in names)
    assert isinstance(CATALOGUE.is_omni_model(typed), bool)


@given(anything, st.sampled_from(Route), ids, st.integers(0, 9))
def test_a_video_of_a_task_is_read_or_not(text: str, route: Route, task: str, index: int) -> None:
    """What is stored of our own video is read again; any other text is none."""
    stored = ClipOfTask(route, task, index)
    assert ClipOfTask.read(str(stored)) == stored
    read = ClipOfTask.read(text)
    assert read is None or ClipOfTask.read(str(read)) == read


@given(anything)
def test_any_locale_is_one_of_our_languages(locale: str) -> None:
    """What Discord calls the language decides among those there are words for."""
    assert language_of(locale) in LANGUAGES


@given(anything | st.builds("{}:{}".format, anything, st.integers(-10, 70_000)))
def test_any_address_to_listen_on_is_read_or_refused(text: str) -> None:
    """And what is read is written so that it is read again."""
    try:
        address = Address.parse(text)
    except ValueError:
        return
    assert Address.parse(str(address)) == address
    assert isinstance(address.is_loopback, bool)


@given(
    anything | anything.map("https://{}".format),
    st.sampled_from([check_http_url, check_server_root]),
)
def test_any_address_of_a_server_is_taken_or_refused(text: str, check: object) -> None:
    """Without an echo of what was typed, which may hold a password."""
    assert callable(check)
    for one in (check, lambda url: check_url(url, "wss", "ws")):
        try:
            taken = one(text)
        except ValueError:
            continue
        assert taken
        assert "@" not in taken.partition("://")[2].partition("/")[0]


@given(st.dictionaries(st.sampled_from([env_name(key) for key in dotted_keys()]), anything))
def test_any_environment_is_settings_or_a_list_of_problems(env: dict[str, str]) -> None:
    """No value makes anything else of it, and long values are not repeated."""
    try:
        assert isinstance(load_settings(None, env), Settings)
    except SettingsInvalid as invalid:
        told = str(invalid)
    else:
        return
    assert told
    assert not [value for value in env.values() if len(value) > LONG and value in told]


@given(st.dictionaries(st.sampled_from(["discord", "kling", "web", "x"]), values) | anything)
def test_any_file_is_settings_or_a_list_of_problems(
    tmp_path_factory: pytest.TempPathFactory, content: object
) -> None:
    """A file of any words, or of well-formed nonsense, is refused with words."""
    path = tmp_path_factory.getbasetemp() / "any.toml"
    text = (
        content
        if isinstance(content, str)
        else "\n".join(
            f"{key} = {json.dumps(value)}"
            for key, value in dict(content).items()  # type: ignore[call-overload] # a mapping
        )
    )
    path.write_text(text, "utf-8", errors="replace")
    with suppress(SettingsInvalid):
        assert isinstance(load_settings(path, {}), Settings)


@given(any_request, st.dictionaries(anything, values, max_size=4))
def test_a_request_of_a_newer_version_is_read(request_: object, newer: dict[str, object]) -> None:
    """Unknown fields change nothing."""
    stored = to_json(request_)  # type: ignore[arg-type] # any of the three
    kind = request_.kind  # type: ignore[attr-defined]
    added = {f"newer-{key}": value for key, value in newer.items()}
    assert repr(from_json(kind, stored | added)) == repr(from_json(kind, stored))


@given(st.text(max_size=3_000))
def test_any_words_of_kling_become_one_short_line(words: str) -> None:
    """Whatever is said is one line that can be printed."""
    clean = clean_message(words)
    assert len(clean) <= MESSAGE_MAX_CHARACTERS
    assert clean.replace(" ", "").isprintable()


@given(anything | anything.map("127.0.0.1{}".format) | anything.map("localhost{}".format))
def test_only_this_machine_is_this_machine(host: str) -> None:
    """A `Host` that is let pass leads to a loopback address and nowhere else."""
    if THIS_MACHINE.fullmatch(host):
        name = urlsplit(f"http://{host}").hostname or ""
        assert name in {"localhost", "::1"} or name.startswith("127.")
