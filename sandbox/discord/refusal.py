"""Discord's refusals: an HTTP status, a JSON error code and, for bad forms, a tree of fields."""

from collections.abc import Iterable
from typing import Any

Reason = tuple[int, int, str]  # HTTP status, JSON error code, message

UNAUTHORIZED: Reason = (401, 0, "401: Unauthorized")
UNKNOWN_CHANNEL: Reason = (404, 10003, "Unknown Channel")
UNKNOWN_GUILD: Reason = (404, 10004, "Unknown Guild")
UNKNOWN_MEMBER: Reason = (404, 10007, "Unknown Member")
UNKNOWN_MESSAGE: Reason = (404, 10008, "Unknown Message")
UNKNOWN_USER: Reason = (404, 10013, "Unknown User")
UNKNOWN_WEBHOOK: Reason = (404, 10015, "Unknown Webhook")
UNKNOWN_COMMAND: Reason = (404, 10063, "Unknown application command")
UNKNOWN_INTERACTION: Reason = (404, 10062, "Unknown interaction")
TOO_MANY_ATTACHMENTS: Reason = (
    400,
    30015,
    "Maximum number of attachments in a message reached (10)",
)
TOO_MANY_OLD_EDITS: Reason = (
    429,
    30046,
    "Maximum number of edits to messages older than 1 hour reached. Try again later",
)
TOO_LARGE: Reason = (413, 40005, "Request entity too large")
ALREADY_ACKNOWLEDGED: Reason = (400, 40060, "Interaction has already been acknowledged.")
TOO_MANY_FOLLOWUPS: Reason = (
    400,
    40094,
    "This interaction has reached the maximum number of follow-up messages that can be sent",
)
MISSING_ACCESS: Reason = (403, 50001, "Missing Access")
NOT_YOUR_MESSAGE: Reason = (403, 50005, "Cannot edit a message authored by another user")
EMPTY_MESSAGE: Reason = (400, 50006, "Cannot send an empty message")
DMS_CLOSED: Reason = (403, 50007, "Cannot send messages to this user")
NOT_A_TEXT_CHANNEL: Reason = (400, 50008, "Cannot send messages in a non-text channel")
MISSING_PERMISSIONS: Reason = (403, 50013, "Missing Permissions")
INVALID_WEBHOOK_TOKEN: Reason = (401, 50027, "Invalid Webhook Token")
INVALID_FORM_BODY: Reason = (400, 50035, "Invalid Form Body")
THREAD_ARCHIVED: Reason = (400, 50083, "Thread is archived")
NO_HISTORY_TO_REPLY: Reason = (
    403,
    160002,
    "Cannot reply without permission to read message history",
)


class Refusal(Exception):
    """The local Discord refuses a request the way Discord would."""

    def __init__(
        self, status: int, code: int, message: str, errors: dict[str, Any] | None = None
    ) -> None:
        super().__init__(f"{status} ({code}): {message}")
        self.status = status
        self.body: dict[str, Any] = {"message": message, "code": code}
        if errors:
            self.body["errors"] = errors


LOCAL_REASONS: dict[str, str] = {
    "no_answer": "The application did not respond",
    "not_in_server": "{user} is not in {server}",
    "no_application": "The application is neither in this server nor installed",
    "message_gone": "The message is no longer there",
    "no_button": "{name} is not a button that the bot receives",
    "no_select": "{name} is not a select menu",
    "no_form": "No modal is open",
    "may_not_write": "{user} may not write in {channel}",
    "not_seen": "{user} does not see {name}",
    "disabled": "{name} is disabled",
    "not_offered": "not offered by {name}: {values}",
    "value_count": "{count} values do not fit {name}",
    "no_command": "no command {name}",
    "may_not_command": "{user} may not use commands in {channel}",
    "command_elsewhere": "/{name} is not offered here",
    "age_restricted": "/{name} is for age-restricted channels",
    "may_not_use": "{user} may not use /{name}",
    "unknown_options": "unknown options: {names}",
    "required": "{name} is required",
    "no_autocomplete": "{name} has no autocomplete",
    "no_subcommand": "/{name} has no {word}",
    "needs_subcommand": "/{name} needs a subcommand",
    "wrong_kind": "{name} does not take {kind}",
    "no_choice": "{value} is not a choice of {name}",
    "out_of_range": "{name} must be between {low} and {high}",
    "unknown_fields": "unknown fields: {names}",
    "text_length": "{name} takes {low} to {high} characters",
    "value_range": "{name} takes {low} to {high} values",
}
"""The client's message for each reason, in English; pages may have their own."""


class LocalRefusal(Exception):
    """A member tried something that their Discord client would not allow.

    `reason` is a key of `LOCAL_REASONS`, `facts` are the values in its text.
    """

    def __init__(self, reason: str, /, **facts: object) -> None:
        super().__init__(LOCAL_REASONS[reason].format(**facts))
        self.reason = reason
        self.facts = {name: str(fact) for name, fact in facts.items()}


class FieldErrors:
    """Collects the errors of a form, field by field, and refuses it as a whole."""

    def __init__(self) -> None:
        self._tree: dict[str, Any] = {}

    def add(self, path: Iterable[str | int], code: str, message: str) -> None:
        """Note one error at the field that `path` leads to."""
        node = self._tree
        for step in path:
            node = node.setdefault(str(step), {})
        node.setdefault("_errors", []).append({"code": code, "message": message})

    def length(self, path: Iterable[str | int], value: Any, low: int, high: int) -> None:
        """Note an error unless `value`, where present, has a length between `low` and `high`."""
        if value is not None and not (hasattr(value, "__len__") and low <= len(value) <= high):
            text = f"Must be between {low} and {high} in length."
            self.add(path, "BASE_TYPE_BAD_LENGTH", text)

    def raise_if_any(self) -> None:
        """Refuse with 400/50035 if an error was recorded.

        Raises:
            Refusal: with every error that was added.
        """
        if self._tree:
            raise Refusal(*INVALID_FORM_BODY, self._tree)
