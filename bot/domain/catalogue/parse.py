"""From files to the catalogue: rows merged by name, then checked field by field."""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any, Final, TypeVar

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from bot.domain.catalogue.catalogue import Catalogue
from bot.domain.catalogue.edit_model import EditModel
from bot.domain.catalogue.model import Calls, ImageModel, Source, UsualSeconds, VideoModel
from bot.domain.catalogue.operation_model import OperationModel
from bot.domain.catalogue.voices import Voice
from bot.errors import SettingsInvalid
from storage.job import Kind

Row = dict[str, Any]
Record = TypeVar("Record")

_SOURCE_FIELDS: Final = ("source", "price_source")


class _Names(BaseModel):
    model_config = ConfigDict(extra="forbid")

    known: list[str] = []


class _Effects(BaseModel):
    """Scenes of one image, of two, and those that were withdrawn, with the date; prices if known.

    A short form of rows of the operation `effect`.
    """

    model_config = ConfigDict(extra="forbid")

    single: list[str] = []
    dual: list[str] = []
    withdrawn: dict[str, dt.date] = {}
    units: dict[str, str] = {}
    source: str = ""

    def rows(self) -> Iterator[Row]:
        """Yield a row for each scene."""
        scenes = dict.fromkeys([*self.single, *self.dual, *self.withdrawn, *self.units])
        for name in scenes:
            row: Row = {"makes": Kind.EFFECT.value, "name": name}
            row |= dict.fromkeys(("source", "price_source"), self.source) if self.source else {}
            row |= {"images": 2 if name in self.dual else 1} if name in self._listed else {}
            row |= {"withdrawn": self.withdrawn[name]} if name in self.withdrawn else {}
            row |= {"units": self.units[name]} if name in self.units else {}
            yield row

    @property
    def _listed(self) -> set[str]:
        return {*self.single, *self.dual}


class _File(BaseModel):
    """The content of a file, its rows still unchecked."""

    model_config = ConfigDict(extra="forbid")

    sources: dict[str, Source] = {}
    """By the short names that its rows use."""
    video: list[Row] = []
    image: list[Row] = []
    edit: list[Row] = []
    operation: list[Row] = []
    effects: _Effects = _Effects()
    voice: list[Row] = []
    names: _Names = _Names()
    calls: Row = {}
    seconds: Row = {}


def parse_catalogue(files: Iterable[tuple[str, Mapping[str, Any]]]) -> Catalogue:
    """Return what these files state together; each is given by its name and its content.

    A row with the name of an earlier file's row overrides the fields that it states; a new row
    comes before those of earlier files. `sources` hold within their file. Raises `SettingsInvalid`,
    which names every problem by file and place.
    """
    problems: list[str] = []
    video: dict[str, Row] = {}
    image: dict[str, Row] = {}
    edit: dict[str, Row] = {}
    operation: dict[str, Row] = {}
    voice: dict[str, Row] = {}
    calls: Row = {}
    seconds: Row = {}
    known: set[str] = set()
    said_by: dict[str, str] = {}
    for name, content in files:
        try:
            file = _File.model_validate(content)
        except ValidationError as wrong:
            problems += _problems(name, "", wrong)
            continue
        video = _merged(video, file.video, file.sources)
        image = _merged(image, file.image, file.sources)
        edit = _merged(edit, file.edit, file.sources)
        file.operation += file.effects.rows()
        operation = _merged(operation, file.operation, file.sources)
        voice = _merged(voice, file.voice, file.sources)
        calls |= _sourced(file.calls, file.sources)
        seconds |= file.seconds
        known |= set(file.names.known)
        rows = [("video", file.video), ("image", file.image), ("edit", file.edit)]
        rows += [("operation", file.operation), ("voice", file.voice)]
        said_by |= {f"{kind} {_key(row)}": name for kind, them in rows for row in them}
        said_by |= dict.fromkeys(("calls", "seconds"), name)
    read = _Reading(problems, said_by)
    videos = [read(VideoModel, f"video {name}", row) for name, row in video.items()]
    images = [read(ImageModel, f"image {name}", row) for name, row in image.items()]
    edits = [read(EditModel, f"edit {name}", row) for name, row in edit.items()]
    operations = [read(OperationModel, f"operation {name}", row) for name, row in operation.items()]
    voices = [read(Voice, f"voice {name}", row) for name, row in voice.items()]
    priced, usual = read(Calls, "calls", calls), read(UsualSeconds, "seconds", seconds)
    if problems or priced is None or usual is None:
        raise SettingsInvalid("\n".join(problems))
    return Catalogue(
        tuple(model for model in videos if model),
        tuple(model for model in images if model),
        priced,
        usual,
        tuple(model for model in edits if model),
        frozenset(known),
        operations=tuple(model for model in operations if model),
        voices=tuple(one for one in voices if one),
    )


class _Reading:
    """Checks rows one by one and collects what is wrong."""

    def __init__(self, problems: list[str], said_by: Mapping[str, str]) -> None:
        self._problems = problems
        self._said_by = said_by

    def __call__(self, record: type[Record], place: str, row: Row) -> Record | None:
        try:
            checks = _checking(record)  # type: ignore[arg-type] # every class is hashable
            checked: Record = checks.validate_python(row)
        except ValidationError as wrong:
            self._problems += _problems(self._said_by.get(place, "catalogue"), place, wrong)
            return None
        return checked


@cache
def _checking(record: type[Any]) -> TypeAdapter[Any]:
    """Return what checks such rows; to build it takes longer than to check every row by it."""
    return TypeAdapter(record)


def _merged(
    earlier: dict[str, Row], rows: Iterable[Row], sources: Mapping[str, Source]
) -> dict[str, Row]:
    given = {_key(row): _sourced(row, sources) for row in rows}
    fresh = {name: row for name, row in given.items() if name not in earlier}
    return fresh | {name: row | given.get(name, {}) for name, row in earlier.items()}


def _key(row: Row) -> str:
    """Return by what rows are the same: the name, of an operation together with what it makes."""
    return " ".join(str(row[part]) for part in ("makes", "name") if part in row)


def _sourced(row: Row, sources: Mapping[str, Source]) -> Row:
    """Replace the short names of sources by what they stand for."""
    short = {field: row[field] for field in _SOURCE_FIELDS if field in row}
    return row | {field: sources.get(str(name), name) for field, name in short.items()}


def _problems(file: str, place: str, wrong: ValidationError) -> Iterator[str]:
    for error in wrong.errors(include_url=False, include_input=False):
        path = ".".join(str(step) for step in error["loc"])
        where = ", ".join(part for part in (place, path) if part)
        yield f"{file}: {where}: {error['msg']}"
