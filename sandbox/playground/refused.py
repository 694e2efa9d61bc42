"""The one way in which a request of the page fails."""

from typing import Any, Final

from sandbox.discord import LocalRefusal
from sandbox.discord.refusal import Refusal

REASONS: Final[dict[str, str]] = {
    "no_view": "Ask for a view first",
    "malformed": "malformed request: {problem}",
    "failed": "The playground failed; see the terminal",
    "bot_ended": "The bot ended. The end of its log: {words}",
    "unknown_request": "unknown request {name}",
    "unknown_order": "unknown order {name}",
    "unknown_fault": "unknown fault {name}",
    "no_member": "no such member",
    "no_role": "no such role",
    "no_task": "no such task or order",
    "task_ended": "The task has ended",
    "call_gone": "The call is no longer kept",
    "upload_gone": "The file is no longer there; attach it again",
    "form_gone": "The form is no longer there; open it again",
}
"""The words in English, by reason; the page has its own in other languages."""


class Refused(Exception):
    """The request makes no sense or can't be met; the text is for the page to show.

    `reason` is a key of `REASONS`, `facts` are the values in its text.
    """

    def __init__(self, reason: str, /, **facts: object) -> None:
        super().__init__(REASONS[reason].format(**facts))
        self.reason = reason
        self.facts = {name: str(fact) for name, fact in facts.items()}


def told(refused: Refused | LocalRefusal | Refusal) -> dict[str, Any]:
    """Return a refusal as a part of an answer: its words in English, its reason and its facts.

    What Discord itself refuses has the reason `discord_CODE`.
    """
    if isinstance(refused, Refusal):
        facts = {"code": str(refused.body["code"]), "message": str(refused.body["message"])}
        reason = f"discord_{facts['code']}"
    else:
        facts, reason = refused.facts, refused.reason
    return {"refused": str(refused), "reason": reason, "facts": facts}
