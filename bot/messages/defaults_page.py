"""What `/defaults` answers: one's own values, and what holds here where there is none. Pure."""

from collections.abc import Callable, Mapping
from typing import Final

from bot.domain.rules_of_place import Value
from bot.domain.server_settings import BY_NAME, OF_MEMBERS, ON, ServerSetting, Takes
from bot.messages.escape import inert_line
from bot.messages.message import Message
from bot.messages.translations import Translations
from storage.standing import Scope, Set

SOURCES: Final = {
    Scope.MEMBER: "settings.source.member",
    Scope.CHANNEL: "settings.source.channel",
    Scope.SERVER: "settings.source.server",
}


class DefaultsPage:
    """Builds the private answers in the member's language."""

    def __init__(self, words: Translations, locale: str) -> None:
        self._words = words
        self._locale = locale

    def show(self, value_of: Callable[[str], Value], ours: Mapping[str, str]) -> Message:
        """Return each default with the value that holds here, and who set it; `ours` come last."""
        lines = [self._line(setting, value_of(setting.name), ours) for setting in OF_MEMBERS]
        return Message(
            title=self._say("defaults.title"),
            body="\n".join(lines),
            footer=self._say("settings.order"),
        )

    def changed(self, one: Set) -> Message:
        """Return what now holds."""
        setting = BY_NAME[one.name]
        name, source = self._name(setting), self._say(SOURCES[Scope.MEMBER])
        if not one.value:
            return Message(body=self._say("settings.cleared", name=name, source=source))
        value = self._value(setting, one.value)
        return Message(body=self._say("settings.line", name=name, value=value, source=source))

    def _line(self, setting: ServerSetting, found: Value, ours: Mapping[str, str]) -> str:
        name = self._name(setting)
        if found.value and found.source in SOURCES:
            source = self._say(SOURCES[found.source])
            value = self._value(setting, found.value)
        elif setting.name in ours:
            value, source = inert_line(ours[setting.name]), self._say("settings.source.operator")
        else:
            return self._say("settings.not_set", name=name)
        return self._say("settings.line", name=name, value=value, source=source)

    def _name(self, setting: ServerSetting) -> str:
        return self._say(f"server_setting.{setting.name}")

    def _value(self, setting: ServerSetting, value: str) -> str:
        if setting.takes is Takes.FLAG:
            return self._say("settings.on" if value == ON else "settings.off")
        return inert_line(value)

    def _say(self, key: str, **facts: str) -> str:
        return self._words.say(key, self._locale, **facts)
