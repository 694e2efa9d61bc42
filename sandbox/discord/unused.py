"""Keys that Discord always sends and that mean nothing here, with the values of most servers.

discord.py does without them; other libraries refuse an object that lacks one.
"""

from typing import Any, Final

Json = dict[str, Any]

USER: Final[Json] = {
    "banner": None,
    "accent_color": None,
    "avatar_decoration_data": None,
    "collectibles": None,
    "primary_guild": None,
    "flags": 0,
}
ME: Final[Json] = {
    "verified": True,
    "mfa_enabled": False,
    "email": None,
    "locale": "en-US",
    "premium_type": 0,
}
MEMBER: Final[Json] = {
    "banner": None,
    "avatar_decoration_data": None,
    "communication_disabled_until": None,
    "premium_since": None,
}
GUILD: Final[Json] = {
    "description": None,
    "home_header": None,
    "splash": None,
    "discovery_splash": None,
    "banner": None,
    "application_id": None,
    "region": "deprecated",
    "afk_channel_id": None,
    "system_channel_id": None,
    "rules_channel_id": None,
    "public_updates_channel_id": None,
    "safety_alerts_channel_id": None,
    "widget_enabled": False,
    "widget_channel_id": None,
    "max_presences": None,
    "max_members": 500_000,
    "max_stage_video_channel_users": 50,
    "max_video_channel_users": 25,
    "vanity_url_code": None,
    "premium_subscription_count": 0,
    "premium_progress_bar_enabled": False,
    "nsfw": False,
    "hub_type": None,
    "incidents_data": None,
    "soundboard_sounds": [],
}
APPLICATION: Final[Json] = {
    "type": None,
    "summary": "",
    "flags_new": "0",
    "redirect_uris": [],
    "interactions_endpoint_url": None,
    "role_connections_verification_url": None,
    "approximate_user_install_count": 0,
    "approximate_user_authorization_count": 0,
    "explicit_content_filter": 0,
    "eligible_oauth2_scopes": [],
}
SOUNDS: Final[tuple[Json, ...]] = (
    {
        "name": "quack",
        "sound_id": "1",
        "volume": 1.0,
        "emoji_id": None,
        "emoji_name": "🦆",
        "available": True,
    },
)
