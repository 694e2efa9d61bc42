"""What `/settings` answers: values with their source, and the log of changes. Pure."""

from collections.abc import Container, Mapping, Sequence
from typing import Final

from bot.domain.rules_of_place import is_void
from bot.domain.server_settings import (
    BY_NAME,
    OF_SERVERS,
    ON,
    ServerSetting,
    Takes,
    hundredths,
)
from bot.messages.escape import inert_line, shorten
from bot.messages.message import EMBED_CHARACTERS_MAX, Message
from bot.messages.translations import Translations
from storage.accounting import BUDGET
from storage.audit import BLOCK, Change
from storage.standing import Block, Scope, Set

BLOCKS_SHOWN_MAX: Final = 20
_MENTION: Final = {Scope.CHANNEL: "<#{id}>", Scope.ROLE: "<@&{id}>", Scope.MEMBER: "<@{id}>"}


class SettingsPage:
    """Builds the private answers in the manager's language.

    `ours` are the values that the operator set, by scope and name; `there` are the channels and
    roles that the server has, None if that is not known.
    """

    def __init__(
        self,
        words: Translations,
        locale: str,
        ours: Mapping[tuple[Scope, str], str],
        there: Container[int] | None = None,
    ) -> None:
        self._words = words
        self._locale = locale
        self._ours = ours
        self._there = there

    def show(self, settings: Sequence[Set], blocks: Sequence[Block]) -> Message:
        """Return every setting with its value and source, and who is blocked."""
        lines: list[str] = []
        for setting in OF_SERVERS:
            of_it = [one for one in settings if one.name == setting.name]
            lines += map(
                self._line, sorted(of_it, key=lambda one: list(Scope).index(Scope(one.scope)))
            )
            by_server = any(one.scope == Scope.SERVER for one in of_it)
            if not by_server or (setting.takes is Takes.UNITS and self._ours_of(setting)):
                lines.append(self._unset(setting, none_at_all=not of_it))
        if blocks:
            lines.append(self._blocked(blocks))
        body = "\n".join(line for line in lines if line)
        return Message(
            title=self._say("settings.title"),
            body=shorten(body, EMBED_CHARACTERS_MAX),
            footer=self._say("settings.order"),
        )

    def changed(self, changed: Sequence[Set]) -> Message:
        """Return what now holds."""
        lines: list[str] = []
        for one in changed:
            lines.append(self._line(one) if one.value else self._cleared(one))
            ours = self._ours.get((Scope(one.scope), one.name))
            units = BY_NAME[one.name].takes is Takes.UNITS
            if units and ours and one.value and hundredths(ours) < hundredths(one.value):
                lines.append(self._say("settings.lower", units=ours))
        return Message(body="\n".join(lines))

    def log(self, changes: Sequence[Change]) -> Message:
        """Return the changes, in the given order."""
        if not changes:
            return Message(body=self._say("settings.log_empty"))
        lines = [self._change(change) for change in changes]
        return Message(
            title=self._say("settings.log"), body=shorten("\n".join(lines), EMBED_CHARACTERS_MAX)
        )

    def _line(self, one: Set) -> str:
        setting = BY_NAME.get(one.name)
        if setting is None:  # of a newer version
            return ""
        line = self._say(
            "settings.line",
            name=self._say(f"server_setting.{one.name}"),
            value=self._value(setting, one.value, one.scope),
            source=self._source(one),
        )
        void = is_void(one, self._there)
        return f"{line} {self._say('settings.void')}" if void else line

    def _unset(self, setting: ServerSetting, *, none_at_all: bool) -> str:
        if Scope.SERVER not in setting.at and not none_at_all:
            return ""
        name, ours = self._say(f"server_setting.{setting.name}"), self._ours_of(setting)
        if ours or setting.otherwise:
            value = self._value(setting, ours or setting.otherwise, Scope.SERVER)
            source = self._say("settings.source.operator" if ours else "settings.source.built_in")
            return self._say("settings.line", name=name, value=value, source=source)
        key = "settings.not_set" if none_at_all else "settings.not_set_server"
        return self._say(key, name=name)

    def _ours_of(self, setting: ServerSetting) -> str | None:
        return self._ours.get((Scope.SERVER, setting.name))

    def _cleared(self, one: Set) -> str:
        return self._say(
            "settings.cleared",
            name=self._say(f"server_setting.{one.name}"),
            source=self._source(one),
        )

    def _value(self, setting: ServerSetting, value: str, scope: str) -> str:
        match setting.takes:
            case Takes.FLAG:
                return self._say("settings.on" if value == ON else "settings.off")
            case Takes.CHANNEL:
                return f"<#{value}>"
            case Takes.UNITS:
                return self._say(f"settings.units_{scope}", units=value)
            case _:
                return inert_line(value)

    def _source(self, one: Set) -> str:
        scope = Scope(one.scope)
        mention = _MENTION.get(scope)
        return mention.format(id=one.id) if mention else self._say("settings.source.server")

    def _blocked(self, blocks: Sequence[Block]) -> str:
        shown = [
            f"<@{block.user_id}>" + (f" ({inert_line(block.reason)})" if block.reason else "")
            for block in blocks[:BLOCKS_SHOWN_MAX]
        ]
        more = len(blocks) - len(shown)
        return self._say("settings.blocked", members=", ".join(shown) + (" …" if more else ""))

    def _change(self, change: Change) -> str:
        if change.by is not None:
            who = f"<@{change.by}>"
        else:
            who = self._say("settings.operator" if change.known else "settings.forgotten")
        when = f"<t:{round(change.at)}:f>"
        name, _, of = change.what.partition(" ")
        scope, _, whose = of.partition(" ")
        if name == BLOCK:
            member = (
                f"<@{change.member_id}>" if change.member_id else self._say("settings.forgotten")
            )
            key = "settings.did_block" if change.becomes else "settings.did_unblock"
            return self._say(key, when=when, who=who, member=member)
        if name == BUDGET:  # the operator's cap, by its pack
            name, scope = f"{of}_units", Scope.SERVER
        setting = BY_NAME.get(name)
        said = self._say(f"server_setting.{name}") if setting else inert_line(name)
        if scope in {Scope.CHANNEL, Scope.ROLE} and whose.isdigit():
            said = f"{said} {_MENTION[Scope(scope)].format(id=whose)}"
        return self._say(
            "settings.change",
            when=when,
            who=who,
            what=said,
            was=self._told(setting, change.was, scope),
            becomes=self._told(setting, change.becomes, scope),
        )

    def _told(self, setting: ServerSetting | None, value: str, scope: str) -> str:
        if not value:
            return "—"
        if setting is None:
            return inert_line(value)
        return self._value(setting, value, scope or Scope.SERVER)

    def _say(self, key: str, **facts: str | float) -> str:
        return self._words.say(key, self._locale, **facts)
