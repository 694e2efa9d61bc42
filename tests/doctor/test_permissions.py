"""Permissions from roles and overwrites, by Discord's rules."""

from typing import Any

import discord
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.doctor.permissions import EVERYTHING, Standing, missing

GUILD, BOT, ROLE, OTHER = "100", "200", "300", "400"
VIEW = discord.Permissions(view_channel=True).value
SEND = discord.Permissions(send_messages=True).value
FILES = discord.Permissions(attach_files=True).value
ADMIN = discord.Permissions(administrator=True).value


def standing(*, everyone: int = 0, role: int = 0, owner: str = "1") -> Standing:
    guild = {
        "id": GUILD,
        "owner_id": owner,
        "roles": [
            {"id": GUILD, "permissions": str(everyone)},
            {"id": ROLE, "permissions": str(role)},
            {"id": OTHER, "permissions": str(EVERYTHING)},
        ],
    }
    return Standing.read(guild, {"roles": [ROLE]}, BOT)


def overwrite(id_: str, *, allow: int = 0, deny: int = 0) -> dict[str, Any]:
    return {"id": id_, "type": int(id_ == BOT), "allow": str(allow), "deny": str(deny)}


def test_roles_add_up_and_those_of_others_do_not() -> None:
    """Everybody's role and its own count; a role it does not have never does."""
    assert standing(everyone=VIEW, role=SEND).in_server == VIEW | SEND


@pytest.mark.parametrize("kwargs", [{"role": ADMIN}, {"owner": BOT}])
def test_owners_and_administrators_are_held_back_by_nothing(kwargs: dict[str, Any]) -> None:
    """No overwrite reaches them."""
    mighty = standing(**kwargs)
    assert mighty.in_server == EVERYTHING
    assert mighty.in_channel([overwrite(BOT, deny=EVERYTHING)]) == EVERYTHING


@pytest.mark.parametrize(
    ("overwrites", "allowed"),
    [
        ([overwrite(GUILD, deny=SEND)], VIEW),
        ([overwrite(GUILD, deny=SEND), overwrite(ROLE, allow=SEND)], VIEW | SEND),
        ([overwrite(ROLE, allow=SEND), overwrite(BOT, deny=SEND)], VIEW),
        ([overwrite(BOT, allow=FILES), overwrite(GUILD, deny=FILES)], VIEW | SEND | FILES),
        ([overwrite(OTHER, deny=SEND)], VIEW | SEND),
        ([overwrite(GUILD, deny=VIEW)], 0),
        ([overwrite(GUILD, deny=VIEW), overwrite(BOT, allow=VIEW)], VIEW | SEND),
        ([overwrite(ROLE, allow=SEND, deny=SEND)], VIEW | SEND),
    ],
)
def test_overwrites_apply_in_discords_order(overwrites: list[dict[str, Any]], allowed: int) -> None:
    """Everybody, then roles with allowing last, then the member; unseen is forbidden."""
    assert standing(everyone=VIEW | SEND).in_channel(overwrites) == allowed


@given(st.integers(0, EVERYTHING))
def test_what_is_missing_is_what_is_not_there(permissions: int) -> None:
    """Nothing is missing exactly when every needed bit is set."""
    lacking = missing(permissions)
    named = discord.Permissions(permissions)
    assert ("Attach Files" in lacking) is not named.attach_files
    assert ("Read Message History" in lacking) is not named.read_message_history
