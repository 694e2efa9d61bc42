"""What members do: commands, clicks, choices, forms, messages, as their client allows."""

from collections.abc import Mapping, Sequence
from typing import Any

from sandbox.discord import payloads
from sandbox.discord.command_options import (
    SELECT_TAKES,
    Resolved,
    chosen_command,
    filled_options,
    focused_options,
    resolve,
)
from sandbox.discord.components import BUTTON, SELECTS, STRING_SELECT, find, value_range
from sandbox.discord.files import Files
from sandbox.discord.interactions import (
    AUTOCOMPLETE,
    COMMAND,
    COMPONENT,
    MODAL_SUBMIT,
    Interaction,
    Interactions,
)
from sandbox.discord.modals import filled_modal
from sandbox.discord.model import Channel, Message, Permission, Role, Upload, User
from sandbox.discord.posts import Posts
from sandbox.discord.refusal import LocalRefusal
from sandbox.discord.store import Store
from sandbox.discord.validation import CHAT_INPUT, MESSAGE_MENU, USER_MENU

LINK_OR_PREMIUM = (5, 6)
Choice = str | User | Channel | Role
MEMBER_UPLOADS = 500 * 1024 * 1024


class Members:
    """The members' side. An action returns once the bot received it, not once it has answered."""

    store: Store
    files: Files
    posts: Posts
    interactions: Interactions

    async def slash(
        self, user: User, channel: Channel, command: str, options: Mapping[str, Any] | None = None
    ) -> Interaction:
        """Use a slash command; `command` may name a subcommand: "group sub".

        Values are what the option takes: str, int, float, bool, User, Channel or Upload.

        Raises:
            LocalRefusal: for what the member's client would not send.
        """
        registered, path = chosen_command(self.store, user, channel, command, CHAT_INPUT)
        resolved = Resolved(self.files, self.store, channel)
        chosen = filled_options(registered, path, dict(options or {}), resolved)
        data = {"id": registered["id"], "name": registered["name"], "type": CHAT_INPUT}
        data |= {"options": chosen, "resolved": resolved.data}
        return self.interactions.start(COMMAND, user, channel, data)

    async def autocomplete(
        self,
        user: User,
        channel: Channel,
        command: str,
        options: Mapping[str, Any],
        focused: str,
    ) -> list[dict[str, Any]]:
        """Type into the option `focused` and return the bot's choices ({"name", "value"}).

        Raises:
            LocalRefusal: where the option has no autocomplete, or the bot does not answer.
        """
        registered, path = chosen_command(self.store, user, channel, command, CHAT_INPUT)
        resolved = Resolved(self.files, self.store, channel)
        typed = focused_options(registered, path, dict(options), focused, resolved)
        data = {"id": registered["id"], "name": registered["name"], "type": CHAT_INPUT}
        data |= {"options": typed, "resolved": resolved.data}
        interaction = self.interactions.start(AUTOCOMPLETE, user, channel, data)
        await interaction.answered()
        return interaction.choices or []

    async def context_menu(
        self, user: User, target: Message | User, name: str, channel: Channel | None = None
    ) -> Interaction:
        """Use a command from the menu of a message, or of a user in `channel`.

        Raises:
            LocalRefusal: where the menu has no such command.
        """
        kind = MESSAGE_MENU if isinstance(target, Message) else USER_MENU
        place = target.channel if isinstance(target, Message) else channel
        if place is None:
            raise ValueError("the menu of a user is opened in a channel")
        registered, _ = chosen_command(self.store, user, place, name, kind)
        data: dict[str, Any] = {"id": registered["id"], "name": name, "type": kind}
        data |= {"target_id": str(target.id)}
        if isinstance(target, Message):
            message = payloads.message(target, self.store)
            data["resolved"] = {"messages": {str(target.id): message}}
        else:
            data["resolved"] = resolve(target, place)
        return self.interactions.start(COMMAND, user, place, data)

    async def click(self, user: User, message: Message, custom_id: str) -> Interaction:
        """Press a button.

        Raises:
            LocalRefusal: where the member does not see such a button, or it is disabled.
        """
        button = self._component(user, message, custom_id)
        if button["type"] != BUTTON or button.get("style") in LINK_OR_PREMIUM:
            raise LocalRefusal("no_button", name=custom_id)
        data = {"custom_id": custom_id, "component_type": BUTTON, "id": button["id"]}
        return self.interactions.start(COMPONENT, user, message.channel, data, message)

    async def choose(
        self, user: User, message: Message, custom_id: str, values: Sequence[Choice]
    ) -> Interaction:
        """Choose from a select menu; `values` are option values, users, roles or channels.

        Raises:
            LocalRefusal: for a value that is not offered, or too few or too many.
        """
        select = self._component(user, message, custom_id)
        if select["type"] not in SELECTS:
            raise LocalRefusal("no_select", name=custom_id)
        check_choice(select, values)
        resolved: dict[str, Any] = {}
        for value in values:
            if not isinstance(value, str):
                for key, entries in resolve(value, message.channel).items():
                    resolved.setdefault(key, {}).update(entries)
        data = {"custom_id": custom_id, "component_type": select["type"], "id": select["id"]}
        data["values"] = [v if isinstance(v, str) else str(v.id) for v in values]
        if resolved:  # an empty one would hide the values from discord.py
            data["resolved"] = resolved
        return self.interactions.start(COMPONENT, user, message.channel, data, message)

    async def submit_modal(self, opened: Interaction, values: Mapping[str, Any]) -> Interaction:
        """Fill in and submit the modal that answered `opened`; `values` by custom id.

        A text input takes str, a select or checkbox group a list, a checkbox bool, a file upload
        a list of Upload.

        Raises:
            LocalRefusal: for what the form would not take.
        """
        if opened.modal is None:
            raise LocalRefusal("no_form")
        resolved = Resolved(self.files, self.store, opened.channel)
        filled = filled_modal(opened.modal, dict(values), resolved)
        data = {"custom_id": opened.modal["custom_id"], "components": filled}
        data["resolved"] = resolved.data
        return self.interactions.start(
            MODAL_SUBMIT, opened.user, opened.channel, data, opened.source
        )

    async def say(
        self,
        user: User,
        channel: Channel,
        content: str = "",
        *uploads: Upload,
        reply_to: Message | None = None,
    ) -> Message:
        """Write an ordinary message.

        Raises:
            LocalRefusal: where the member may not.
        """
        if Permission.SEND_MESSAGES not in channel.permissions(user):
            raise LocalRefusal("may_not_write", user=user.name, channel=channel.name)
        return self.posts.create(
            channel,
            user,
            {"content": content},
            dict(enumerate(uploads)),
            limit_bytes=MEMBER_UPLOADS,
            reference=reply_to,
        )

    def replay(self, interaction: Interaction) -> None:
        """Deliver an interaction again, as a gateway does after a bad resume."""
        self.interactions.deliver(interaction)

    def _component(self, user: User, message: Message, custom_id: str) -> dict[str, Any]:
        found = find(message.components, custom_id)
        if message.deleted or not message.seen_by(user) or found is None:
            raise LocalRefusal("not_seen", user=user.name, name=custom_id)
        if found.get("disabled"):
            raise LocalRefusal("disabled", name=custom_id)
        return found


def check_choice(select: dict[str, Any], values: Sequence[Any]) -> None:
    """Refuse a choice that the select menu does not offer.

    Raises:
        LocalRefusal: for an unknown value, or too few or too many.
    """
    misfits = [value for value in values if not isinstance(value, SELECT_TAKES[select["type"]])]
    if misfits:
        raise LocalRefusal("not_offered", name=select.get("custom_id"), values=misfits)
    if select["type"] == STRING_SELECT:
        offered = {option["value"] for option in select.get("options") or []}
        if unknown := [value for value in values if value not in offered]:
            raise LocalRefusal("not_offered", name=select.get("custom_id"), values=unknown)
    low, high = value_range(select)
    if not low <= len(values) <= high:
        raise LocalRefusal("value_count", count=len(values), name=select.get("custom_id"))
