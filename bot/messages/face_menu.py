"""The menu in which a member chooses the face that should speak. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from bot.messages.message import SELECT_OPTIONS_MAX, File, Option, Select, custom_id
from storage.job import Job

VALUE_CHARACTERS_MAX: Final = 100
"""Discord's limit for the value of a menu option."""


def face_values(faces: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the menu value of each face: its id, or its number if the ids can't be used.

    Kling's ids are short today; one that Discord would not accept, or two equal ones, would break
    the whole menu.
    """
    ids = [str(face["face_id"]) for face in faces]
    usable = len(set(ids)) == len(ids) and all(0 < len(i) <= VALUE_CHARACTERS_MAX for i in ids)
    return ids if usable else [f"face {number}" for number in range(1, len(ids) + 1)]


def face_names(job: Job, say: Callable[..., str]) -> list[str]:
    """Return what each face is called, in the words of `say`."""
    return [
        say(
            "select.face.option",
            number=number,
            start=round(face["start_ms"] / 1_000, 1),
            end=round(face["end_ms"] / 1_000, 1),
        )
        for number, face in enumerate(job.question.get("faces", ()), 1)
    ]


def faces_named(files: Sequence[File], job: Job, say: Callable[..., str]) -> tuple[File, ...]:
    """Return the pictures of faces, each with its name as the alternative text.

    They come with their number, because one that can't be fetched is left out.
    """
    names = {str(number): name for number, name in enumerate(face_names(job, say), 1)}
    return tuple(replace(file, alt=names.get(file.alt, file.alt)) for file in files)


def face_menu(job: Job, say: Callable[..., str]) -> Select:
    """Return one menu option for each face, in the words of `say`."""
    values, names = face_values(job.question.get("faces", ())), face_names(job, say)
    options = tuple(Option(value, name) for value, name in zip(values, names, strict=True))
    return Select(
        custom_id("face", job.id),
        say("select.face.placeholder"),
        options[:SELECT_OPTIONS_MAX],
    )
