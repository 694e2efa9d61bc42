"""Forgetting what people set and asked: drafts, bells, stars, settings, blocks' words, the log."""

from sqlalchemy import Connection

from storage.audit import forget_member_in_audit, forget_server_in_audit
from storage.bells import forget_bells_of_member
from storage.characters import forget_characters_of_server
from storage.drafts import forget_drafts_of_member, forget_drafts_of_server
from storage.forget_requests import LASTING
from storage.server_settings import forget_settings_of_member, forget_settings_of_server
from storage.showcased import forget_copies_of_server
from storage.stars import forget_stars_of_member


def forget_person(connection: Connection, user_id: int) -> None:
    """Forget a member; their blocks stay, and what they changed stays without their id.

    So does their own request for this, until it is done and the day is over.
    """
    forget_drafts_of_member(connection, user_id, LASTING)
    forget_bells_of_member(connection, user_id)
    forget_stars_of_member(connection, user_id)
    forget_settings_of_member(connection, user_id)
    forget_member_in_audit(connection, user_id)


def forget_place(connection: Connection, guild_id: int) -> None:
    """Forget a server; blocks in it stay."""
    forget_drafts_of_server(connection, guild_id)
    forget_settings_of_server(connection, guild_id)
    forget_characters_of_server(connection, guild_id)
    forget_copies_of_server(connection, guild_id)
    forget_server_in_audit(connection, guild_id)
