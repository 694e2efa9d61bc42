"""The menu by which a member chooses the face that is to speak. Pure."""

from collections.abc import Callable

from bot.message import SELECT_OPTIONS_MAX, Option, Select, custom_id
from storage.job import Job


def face_menu(job: Job, say: Callable[..., str]) -> Select:
    """Return one line for each face, in the words of `say`; its value is the id of the face."""
    options = tuple(
        Option(
            str(face["face_id"]),
            say(
                "select.face.option",
                number=number,
                start=round(face["start_ms"] / 1_000, 1),
                end=round(face["end_ms"] / 1_000, 1),
            ),
        )
        for number, face in enumerate(job.question.get("faces", ()), 1)
    )
    return Select(
        custom_id("face", job.id),
        say("select.face.placeholder"),
        options[:SELECT_OPTIONS_MAX],
    )
