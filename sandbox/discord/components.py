"""Message and modal components: walking them, numbering them, what Discord refuses."""

import copy
from collections import Counter
from collections.abc import Iterator
from typing import Any

from sandbox.discord.refusal import FieldErrors

ROW, BUTTON, STRING_SELECT, TEXT_INPUT = 1, 2, 3, 4
USER_SELECT, ROLE_SELECT, MENTIONABLE_SELECT, CHANNEL_SELECT = 5, 6, 7, 8
SECTION, TEXT, THUMBNAIL, GALLERY, FILE, SEPARATOR, CONTAINER = 9, 10, 11, 12, 13, 14, 17
LABEL, FILE_UPLOAD, RADIO_GROUP, CHECKBOX_GROUP, CHECKBOX = 18, 19, 21, 22, 23
SELECTS = (STRING_SELECT, USER_SELECT, ROLE_SELECT, MENTIONABLE_SELECT, CHANNEL_SELECT)
V2_ONLY = (SECTION, TEXT, THUMBNAIL, GALLERY, FILE, SEPARATOR, CONTAINER)
INPUTS = (*SELECTS, TEXT_INPUT, FILE_UPLOAD, RADIO_GROUP, CHECKBOX_GROUP, CHECKBOX)
LINK_STYLE, PREMIUM_STYLE = 5, 6

ROWS_MAX = 5
BUTTONS_PER_ROW_MAX = 5
V2_COMPONENTS_MAX = 40
V2_TEXT_MAX = 4000
CUSTOM_ID_MAX = 100
OPTIONS_MAX = 25
LENGTHS_MAX = {
    BUTTON: {"label": 80},
    STRING_SELECT: {"placeholder": 150, "options": OPTIONS_MAX},
    TEXT_INPUT: {"label": 45, "placeholder": 100, "value": 4000},
    LABEL: {"label": 45, "description": 100},
    GALLERY: {"items": 10},
    RADIO_GROUP: {"options": 10},
    CHECKBOX_GROUP: {"options": 10},
}
OPTION_LENGTHS_MAX = {"label": 100, "value": 100, "description": 100}

Component = dict[str, Any]
Path = tuple[str | int, ...]


def walk(
    components: list[Component], path: Path = ("components",)
) -> Iterator[tuple[Path, Component]]:
    """Yield every component, however deep, with the path that leads to it."""
    for number, part in enumerate(components):
        here = (*path, number)
        yield here, part
        yield from walk(part.get("components") or [], (*here, "components"))
        for key in ("accessory", "component"):
            if isinstance(part.get(key), dict):
                yield from _single(part[key], (*here, key))


def _single(part: Component, path: Path) -> Iterator[tuple[Path, Component]]:
    yield path, part
    yield from walk(part.get("components") or [], (*path, "components"))


def with_ids(components: list[Component]) -> list[Component]:
    """Return a copy in which each component has a number, as Discord adds them."""
    numbered = copy.deepcopy(components)
    for number, (_, part) in enumerate(walk(numbered), start=1):
        part.setdefault("id", number)
    return numbered


def find(components: list[Component], custom_id: str) -> Component | None:
    """Return the component with this custom id, or None."""
    return next((c for _, c in walk(components) if c.get("custom_id") == custom_id), None)


def check_components(components: list[Component], errors: FieldErrors, *, v2: bool) -> None:
    """Record what Discord refuses in a message's components."""
    parts = list(walk(components))
    _check_each(parts, errors)
    if v2:
        if len(parts) > V2_COMPONENTS_MAX:
            text = f"The total number of components must be {V2_COMPONENTS_MAX} or fewer."
            errors.add(("components",), "BASE_TYPE_BAD_LENGTH", text)
        if sum(len(c.get("content") or "") for _, c in parts if c["type"] == TEXT) > V2_TEXT_MAX:
            text = f"The total text must be {V2_TEXT_MAX} or fewer in length."
            errors.add(("components",), "BASE_TYPE_BAD_LENGTH", text)
        return
    errors.length(("components",), components, 0, ROWS_MAX)
    for path, part in parts:
        if part["type"] in V2_ONLY or (len(path) == len(("components", 0)) and part["type"] != ROW):
            text = "This component needs the flag IS_COMPONENTS_V2."
            errors.add((*path, "type"), "UNION_TYPE_CHOICES", text)


def check_modal(modal: dict[str, Any], errors: FieldErrors) -> None:
    """Record what Discord refuses in a modal."""
    errors.length(("data", "title"), modal.get("title") or "", 1, 45)
    errors.length(("data", "custom_id"), modal.get("custom_id") or "", 1, CUSTOM_ID_MAX)
    components = modal.get("components") or []
    errors.length(("data", "components"), components, 1, ROWS_MAX)
    parts = list(walk(components, ("data", "components")))
    _check_each(parts, errors)
    for path, part in parts:
        if part["type"] not in (ROW, LABEL, TEXT, *INPUTS):
            errors.add((*path, "type"), "UNION_TYPE_CHOICES", "Not a component of modals.")


def _check_each(parts: list[tuple[Path, Component]], errors: FieldErrors) -> None:
    ids = Counter(c["custom_id"] for _, c in parts if c.get("custom_id"))
    for path, part in parts:
        kind = part["type"]
        for key, high in LENGTHS_MAX.get(kind, {}).items():
            errors.length((*path, key), part.get(key), 1 if key != "value" else 0, high)
        for number, option in enumerate(part.get("options") or []):
            for key, high in OPTION_LENGTHS_MAX.items():
                errors.length((*path, "options", number, key), option.get(key), 1, high)
        if kind == ROW:
            _check_row(path, part, errors)
        if kind == BUTTON:
            _check_button(path, part, errors)
        elif kind in INPUTS:
            errors.length((*path, "custom_id"), part.get("custom_id") or "", 1, CUSTOM_ID_MAX)
        if ids[part.get("custom_id")] > 1:
            text = "Component custom id cannot be duplicated"
            errors.add((*path, "custom_id"), "COMPONENT_CUSTOM_ID_DUPLICATED", text)
        if kind == STRING_SELECT:
            _check_select(path, part, errors)


def _check_row(path: Path, row: Component, errors: FieldErrors) -> None:
    kinds = [child["type"] for child in row.get("components") or []]
    buttons = all(kind == BUTTON for kind in kinds) and 1 <= len(kinds) <= BUTTONS_PER_ROW_MAX
    lone = len(kinds) == 1 and kinds[0] in (*SELECTS, TEXT_INPUT)
    if not (buttons or lone):
        text = "A row holds one to five buttons or a single select."
        errors.add((*path, "components"), "COMPONENT_LAYOUT_WIDTH_EXCEEDED", text)


def _check_button(path: Path, button: Component, errors: FieldErrors) -> None:
    needed = {LINK_STYLE: "url", PREMIUM_STYLE: "sku_id"}.get(button.get("style", 0), "custom_id")
    for key in ("custom_id", "url", "sku_id"):
        if key == needed and not button.get(key):
            errors.add((*path, key), "BASE_TYPE_REQUIRED", "This field is required")
        if key != needed and button.get(key):
            text = "A button has a custom id, a URL or a SKU, as its style says"
            errors.add((*path, key), "BUTTON_COMPONENT_CUSTOM_ID_URL_MUTUALLY_EXCLUSIVE", text)
    errors.length((*path, "custom_id"), button.get("custom_id"), 1, CUSTOM_ID_MAX)
    if needed != "sku_id" and not (button.get("label") or button.get("emoji")):
        errors.add(path, "BUTTON_COMPONENT_INVALID", "A button needs a label or an emoji")


def value_range(select: Component) -> tuple[int, int]:
    """Return the minimum and maximum number of values of a select menu."""
    low, high = select.get("min_values"), select.get("max_values")
    return 1 if low is None else low, 1 if high is None else high


def _check_select(path: Path, select: Component, errors: FieldErrors) -> None:
    options = select.get("options") or []
    if not options:
        errors.add((*path, "options"), "BASE_TYPE_REQUIRED", "This field is required")
    repeated = Counter(option.get("value") for option in options)
    for number, option in enumerate(options):
        if repeated[option.get("value")] > 1:
            text = "The specified option value is already used"
            where = (*path, "options", number, "value")
            errors.add(where, "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED", text)
    low, high = value_range(select)
    if not 0 <= low <= high <= OPTIONS_MAX or (options and high > len(options)):
        text = "Must not exceed the number of options"
        errors.add((*path, "max_values"), "SELECT_COMPONENT_MAX_VALUES", text)
