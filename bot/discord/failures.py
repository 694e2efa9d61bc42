"""What discord.py's exceptions mean for a message: too large, never here, unclear, or later."""

import contextlib
from collections.abc import Callable, Iterator
from typing import Final

import aiohttp
import discord

from bot.discord.attempts import (
    SERVER_ERRORS,
    RateHeld,
    TooLateToRepeat,
    always,
    watched,
)
from bot.errors import PostBrokeOff, PostError, PostHeld, PostImpossible, PostTooLarge, PostUnclear

TOO_LARGE_STATUS: Final = 413
TOO_LARGE_CODE: Final = 40_005
TOKEN_STATUS: Final = 401
RATE_STATUS: Final = 429
TOKEN_DEAD_CODE: Final = 50_027
"""Discord's error codes (API documentation, opcodes and status codes)."""
SESSION_CLOSED: Final = "Session is closed"
"""What aiohttp says in a plain `RuntimeError` once the bot has left Discord: whoever was about to
answer then is told like of any other answer that did not get out."""


@contextlib.contextmanager
def discord_errors(
    in_time: Callable[[], bool] = always, *, by_interaction: bool = False
) -> Iterator[None]:
    """Turn discord.py's exceptions into one of four results: too large, never, unclear, or later.

    If only a repeat was refused, the result is unclear: the first try may have arrived. So it is if
    Discord accepted the request and discord.py can't read its response. `by_interaction`: the calls
    use an interaction's token, and a 401 says that this token is dead; the bot's own token may be
    replaced while the bot is running.
    """
    with watched(in_time) as attempts:
        try:
            yield
        except (RateHeld, discord.RateLimited) as held:
            after_s = held.after_s if isinstance(held, RateHeld) else held.retry_after
            if attempts.unanswered:
                raise PostUnclear("rate limit") from held
            raise PostHeld(after_s) from held
        except TooLateToRepeat as late:
            raise PostUnclear("too late to repeat") from late
        except discord.HTTPException as error:
            if attempts.unanswered:
                raise PostUnclear(f"HTTP {error.status}") from error
            raise _refusal(error, by_interaction=by_interaction) from error
        except (TimeoutError, discord.DiscordException, aiohttp.ClientError, OSError) as error:
            kind = PostBrokeOff if attempts.broke_off else PostUnclear
            raise kind(type(error).__name__) from error
        except Exception as error:
            if str(error) == SESSION_CLOSED:
                raise PostUnclear("the bot is ending") from error
            if not attempts.accepted:  # a fault of ours, before anything was sent
                raise
            raise PostUnclear(f"unreadable response ({type(error).__name__})") from error


def _refusal(error: discord.HTTPException, *, by_interaction: bool) -> PostError:
    """Return what a response with an error status means, if no try before it may have arrived."""
    if by_interaction and error.status == TOKEN_STATUS:
        return PostImpossible(TOKEN_DEAD_CODE)
    if error.status >= SERVER_ERRORS or error.status in {TOKEN_STATUS, RATE_STATUS}:
        return PostUnclear(f"HTTP {error.status}")
    if error.status == TOO_LARGE_STATUS or error.code == TOO_LARGE_CODE:
        return PostTooLarge()
    return PostImpossible(error.code)
