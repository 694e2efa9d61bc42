"""Who owns the application: a person, or a team."""

from typing import Final

import discord

HOLD_THE_TOKEN: Final = frozenset({discord.TeamMemberRole.admin, discord.TeamMemberRole.developer})
"""Roles in a team whose members can take the bot's token (Discord's documentation of teams); the
others may only read about the application."""


def owner_of(application: discord.AppInfo) -> int:
    """Return the id of the owner; of a team, its owner's.

    The `owner` of a team's application is an account of the team, which no one uses.
    """
    team = application.team
    return team.owner_id if team and team.owner_id else application.owner.id


def is_operator(application: discord.AppInfo | None, user_id: int) -> bool:
    """Tell whether this person runs the bot, as far as Discord knows.

    The owner; of a team also its admins and developers, once they have accepted the invitation.
    """
    if application is None:
        return False
    members = application.team.members if application.team else []
    return user_id == owner_of(application) or any(
        member.id == user_id
        and member.role in HOLD_THE_TOKEN
        and member.membership_state is discord.TeamMembershipState.accepted
        for member in members
    )
