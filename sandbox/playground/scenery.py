"""What exists when the page opens: a server, its channels, members by their roles."""

from dataclasses import dataclass
from typing import Final

from sandbox.discord import MEMBER_PERMISSIONS, Channel, Guild, LocalDiscord, Permission, User

MODERATOR = MEMBER_PERMISSIONS | Permission.MANAGE_MESSAGES | Permission.MANAGE_THREADS
ORANGE: Final = 0xE67E22
BLUE: Final = 0x3498DB
NEWCOMER = MEMBER_PERMISSIONS & ~(Permission.CREATE_PUBLIC_THREADS | Permission.ADD_REACTIONS)


@dataclass(frozen=True)
class Scene:
    """The server and the members that a user can be."""

    guild: Guild
    members: tuple[User, ...]
    channels: tuple[Channel, ...]


def set_scene(discord: LocalDiscord, *, invited: bool = True) -> Scene:
    """Build the server: channels, a thread, members with their roles, and the bot if invited."""
    guild = discord.add_guild("Playground", bot_member=invited)
    studio = discord.add_channel(guild, "studio")
    lounge = discord.add_channel(guild, "lounge")
    showcase = discord.add_channel(guild, "showcase")
    thread = discord.add_channel(guild, "storyboard", "thread", parent=studio)
    members = (
        discord.add_user("member"),
        discord.owner,
        discord.add_user("moderator", permissions=MODERATOR),
        discord.add_user("newcomer", permissions=NEWCOMER),
    )
    member, owner, moderator, newcomer = members
    discord.add_role(guild, "artists", member, owner, color=ORANGE, mentionable=True)
    discord.add_role(guild, "moderators", owner, moderator, color=BLUE)
    discord.add_role(guild, "newcomers", newcomer)
    return Scene(guild, members, (studio, thread, lounge, showcase))
