"""REST of interactions: first responses, follow-ups and the message known as @original."""

from typing import Any

from sandbox.discord import payloads, refusal
from sandbox.discord.components import check_modal
from sandbox.discord.interactions import (
    AUTOCOMPLETE,
    COMMAND,
    COMPONENT,
    MODAL_SUBMIT,
    Interaction,
    Interactions,
)
from sandbox.discord.model import EPHEMERAL, LOADING, Message, Permission, User
from sandbox.discord.posts import Posts
from sandbox.discord.refusal import FieldErrors, Refusal
from sandbox.discord.rest import Call, Reply, Route
from sandbox.discord.store import Store

REPLY_NOW, REPLY_LATER, UPDATE_LATER, UPDATE_NOW, CHOICES, MODAL = 4, 5, 6, 7, 8, 9
ALLOWED_ANSWERS = {
    COMMAND: (REPLY_NOW, REPLY_LATER, MODAL),
    COMPONENT: (REPLY_NOW, REPLY_LATER, UPDATE_LATER, UPDATE_NOW, MODAL),
    AUTOCOMPLETE: (CHOICES,),
    MODAL_SUBMIT: (REPLY_NOW, REPLY_LATER, UPDATE_LATER, UPDATE_NOW),
}
CHOICES_MAX = 25
FOLLOWUPS_MAX_WHEN_USER_INSTALLED = 5
ORIGINAL = "@original"
CHAT_INPUT_ANSWER, MENU_ANSWER = 20, 23


class InteractionRoutes:
    """Handles requests that use an interaction's token instead of the bot's."""

    def __init__(self, store: Store, interactions: Interactions, posts: Posts) -> None:
        self._store = store
        self._interactions = interactions
        self._posts = posts

    def routes(self) -> list[Route]:
        """Return every route of this surface."""
        callback = "/interactions/{interaction_id}/{interaction_token}/callback"
        webhook = "/webhooks/{webhook_id}/{webhook_token}"
        routes = [
            Route("POST", callback, self.respond, needs_token=False),
            Route("POST", webhook, self.follow_up, needs_token=False),
        ]
        for message in (f"{webhook}/messages/@original", f"{webhook}/messages/{{message_id}}"):
            routes += [
                Route("GET", message, self.read, needs_token=False),
                Route("PATCH", message, self.edit, needs_token=False),
                Route("DELETE", message, self.delete, needs_token=False),
            ]
        return routes

    def respond(self, call: Call) -> Reply:
        """Accept the first response to an interaction."""
        interaction = self._interactions.to_answer(
            call.params["interaction_id"], call.params["interaction_token"]
        )
        self._store.channel(interaction.channel.id)  # it may have been deleted in the meantime
        answer, data = call.json.get("type"), call.json.get("data") or {}
        if answer not in ALLOWED_ANSWERS[interaction.kind] or (
            answer in (UPDATE_LATER, UPDATE_NOW) and interaction.source is None
        ):
            errors = FieldErrors()
            errors.add(("type",), "BASE_TYPE_CHOICES", "Not an answer to this interaction")
            errors.raise_if_any()
        if answer == REPLY_NOW:
            interaction.message = self._reply(interaction, call)
        elif answer == REPLY_LATER:
            interaction.message = self._think(interaction, data)
        elif answer == UPDATE_NOW and interaction.source is not None:
            if interaction.source.deleted:
                raise Refusal(*refusal.UNKNOWN_MESSAGE)
            self._posts.edit(
                interaction.source, data, call.files, limit_bytes=interaction.limit_bytes
            )
        elif answer == CHOICES:
            interaction.choices = _checked_choices(data)
        elif answer == MODAL:
            errors = FieldErrors()
            check_modal(data, errors)
            errors.raise_if_any()
            interaction.modal = data
        if answer in (UPDATE_LATER, UPDATE_NOW):
            interaction.message = interaction.source
        interaction.deferred = answer == REPLY_LATER
        self._interactions.acknowledge(interaction, answer)
        if call.query.get("with_response", "").lower() not in ("1", "true"):
            return None
        return self._described(interaction, answer)

    def follow_up(self, call: Call) -> Reply:
        """Post a follow-up; the first one after a deferred reply becomes that reply."""
        interaction = self._interaction(call)
        self._store.channel(interaction.channel.id)
        if interaction.deferred and interaction.message is not None:
            interaction.deferred = False
            self._posts.edit(
                interaction.message, call.json, call.files, limit_bytes=interaction.limit_bytes
            )
            return payloads.message(interaction.message, self._store)
        too_many = len(interaction.followups) >= FOLLOWUPS_MAX_WHEN_USER_INSTALLED
        if too_many and not interaction.bot_is_here:
            raise Refusal(*refusal.TOO_MANY_FOLLOWUPS)
        message = self._post(interaction, call.json, call, reference=interaction.message)
        interaction.followups.append(message)
        self._store.changed()
        return payloads.message(message, self._store)

    def read(self, call: Call) -> Reply:
        """Return a message that this interaction made."""
        return payloads.message(self._message(call), self._store)

    def edit(self, call: Call) -> Reply:
        """Change a message that this interaction made."""
        interaction, message = self._interaction(call), self._message(call)
        self._posts.edit(message, call.json, call.files, limit_bytes=interaction.limit_bytes)
        if message is interaction.message:
            interaction.deferred = False
        return payloads.message(message, self._store)

    def delete(self, call: Call) -> Reply:
        """Delete a message that this interaction made."""
        self._posts.delete(self._message(call))
        return None

    def _interaction(self, call: Call) -> Interaction:
        return self._interactions.by_token(call.params["webhook_id"], call.params["webhook_token"])

    def _message(self, call: Call) -> Message:
        interaction = self._interaction(call)
        wanted = call.params.get("message_id", ORIGINAL)
        for message in (interaction.message, *interaction.followups):
            if message is None or message.deleted:
                continue
            if str(message.id) == wanted or (wanted == ORIGINAL and message is interaction.message):
                return message
        raise Refusal(*refusal.UNKNOWN_MESSAGE)

    def _reply(self, interaction: Interaction, call: Call) -> Message:
        return self._post(interaction, call.json.get("data") or {}, call)

    def _post(
        self,
        interaction: Interaction,
        body: dict[str, Any],
        call: Call,
        reference: Message | None = None,
    ) -> Message:
        return self._posts.create(
            interaction.channel,
            self._store.bot,
            body,
            call.files,
            limit_bytes=interaction.limit_bytes,
            kind=_kind(interaction),
            reference=reference,
            interaction=interaction.metadata(),
            visible_to=self._viewer(interaction, body.get("flags") or 0),
        )

    def _think(self, interaction: Interaction, data: dict[str, Any]) -> Message:
        """Store the message that says the bot is thinking."""
        flags = data.get("flags") or 0
        if flags & ~EPHEMERAL:
            errors = FieldErrors()
            errors.add(("data", "flags"), "BITFIELD_NOT_ALLOWED", "Only EPHEMERAL may be deferred")
            errors.raise_if_any()
        viewer = self._viewer(interaction, flags)
        message = Message(
            id=self._store.ids.mint(),
            channel=interaction.channel,
            author=self._store.bot,
            created_at=self._store.clock.now(),
            flags=LOADING | (EPHEMERAL if viewer else 0),
            kind=_kind(interaction),
            interaction=interaction.metadata(),
            visible_to=viewer,
        )
        self._posts.place(message)
        return message

    def _viewer(self, interaction: Interaction, flags: int) -> User | None:
        """Return who alone sees an answer: on request, or because the member lacks permissions.

        If only the member has installed the application, answers follow the member's permissions.
        """
        needed = Permission.SEND_MESSAGES | Permission.USE_EXTERNAL_APPS
        may = needed in interaction.channel.permissions(interaction.user)
        forced = not interaction.bot_is_here and not may
        return interaction.user if flags & EPHEMERAL or forced else None

    def _described(self, interaction: Interaction, answer: int) -> dict[str, Any]:
        about: dict[str, Any] = {"id": str(interaction.id), "type": interaction.kind}
        resource: dict[str, Any] = {"type": answer}
        if interaction.message is not None:
            about["response_message_id"] = str(interaction.message.id)
            about["response_message_loading"] = interaction.message.thinking
            about["response_message_ephemeral"] = interaction.message.ephemeral
            if answer in (REPLY_NOW, UPDATE_NOW):
                resource["message"] = payloads.message(interaction.message, self._store)
        return {"interaction": about, "resource": resource}


def _kind(interaction: Interaction) -> int:
    if interaction.kind != COMMAND:
        return 0
    return CHAT_INPUT_ANSWER if interaction.payload["data"]["type"] == 1 else MENU_ANSWER


def _checked_choices(data: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the choices of an autocomplete answer, refused if Discord would refuse them."""
    choices: list[dict[str, Any]] = data.get("choices") or []
    errors = FieldErrors()
    errors.length(("data", "choices"), choices, 0, CHOICES_MAX)
    for number, choice in enumerate(choices):
        path = ("data", "choices", number)
        errors.length((*path, "name"), choice.get("name") or "", 1, 100)
        if isinstance(choice.get("value"), str):
            errors.length((*path, "value"), choice["value"], 1, 100)
    errors.raise_if_any()
    return choices
