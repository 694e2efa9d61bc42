"""Everything that can go wrong, as one tree.

BotError
├── MemberMustChange              the member reads what to change; nothing was charged
│   ├── RequestRefused            the request, with every problem at once
│   ├── MediaRefused              an image, audio or video file, by its bytes
│   └── UrlRefused                a URL that must not be downloaded
├── OperatorMustChange            the operator reads what to fix; ends the process
│   ├── SettingsInvalid           exit 2
│   ├── TokenRefused              exit 3
│   ├── DiscordRefused            exit 2
│   └── ShardsTaken               exit 4
├── KlingError
│   ├── KlingUnreachable          nothing was sent: retrying is safe
│   │   └── OrderCutShort         its files could not be read to their end
│   ├── KlingUnclear              sent, outcome unknown: look it up before retrying
│   │   ├── KlingRedirected       its server points elsewhere: `kling.base_url` is wrong
│   │   └── KlingFault            with Kling's own message and code; in `bot.kling.error_codes`
│   └── KlingToldNo               Kling refused
│       ├── KlingBusy             later (1302, 1303)
│       ├── KlingTaken            the external id is already in use: look it up
│       ├── KlingNotFound         no such task
│       ├── KlingRefusedRequest   the member must change something (12xx, 13xx)
│       │   └── KlingTakesNoId    the model: the same order goes again without our id
│       └── KlingRefusedAccount   the operator must change something (10xx, 11xx, 1304)
├── PostError
│   ├── PostUnclear               it may have arrived: look, or use the same nonce
│   │   ├── PostBrokeOff          begun, and Discord did not take it to its end
│   │   └── PostHeld              a rate limit: it has not; later
│   ├── PostTooLarge              413: the next smaller form of this part
│   └── PostImpossible            never in this venue: try the next one
├── DownloadFailed                a result or an input could not be downloaded; retried
│   └── DownloadGone              403, 404, 410: ask for a fresh URL
└── MediaWorkerFailed             the media worker crashed or ran too long
StorageError                      in `storage.errors`, because storage does not import bot
├── StorageUnavailable            exit 4
│   ├── CopyUnusable              the file that `backup` or `restore` was given
│   └── ProgramMissing            in `storage.postgresql_programs`: pg_dump, pg_restore or psql
├── DuplicateInteraction
├── LimitReached                  a member's limit: nothing was stored
│   ├── DayLimitReached
│   ├── OpenLimitReached
│   ├── BytesLimitReached
│   ├── UnitsLimitReached
│   ├── AgainLimitReached
│   └── DraftLimitReached
├── ForgottenToday                everything of the member was deleted today already
├── RoleLost                      another process is the housekeeper now: nothing was written
├── AlreadyStarted                the second press on a draft: it stays one job
├── ParentForgotten               the job that a new one is made of was just deleted
├── ClaimLost
├── RowUnreadable
└── IllegalTransition
OneByOne                          in `storage.unit_limits`: undone, and each looked at alone
BodyRefused                       in `bot.web.gateway_schemas`: the gateway's answer 422
RateHeld                          in `bot.discord.attempts`: becomes `PostHeld`
TooLateToRepeat                   in `bot.discord.attempts`: becomes `PostUnclear`
CannotLook                        in `bot.delivery.search`: the part waits for pick-up
NotAnswered                       in `bot.doctor.discord`: becomes a finding
NothingToShow                     in `bot.delivery.composer`: there is no file for a copy
NotNow                            in `bot.delivery.sender`: has to wait; never leaves `delivery`
Locked                            in `storage.sqlite_thread`: tried again for a while
WorkerLost                        in `bot.media.worker`: becomes `MediaWorkerFailed`
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

Fact = str | int | float


@dataclass(frozen=True, slots=True)
class Problem:
    """One problem: a code with a text in the message catalogue, and its facts."""

    code: str
    facts: Mapping[str, Fact] = field(default_factory=dict)


class BotError(Exception):
    """Root of the tree."""


class MemberMustChange(BotError):
    """The member can fix it; nothing was accepted and nothing was charged."""

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Every problem, each with a code of the message catalogue."""
        raise NotImplementedError


class RequestRefused(MemberMustChange):
    """The request breaks rules; all of them are listed."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(", ".join(problem.code for problem in problems))
        self._problems = tuple(problems)

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Every problem of the request."""
        return self._problems


class MediaRefused(MemberMustChange):
    """An image, audio or video file can't be used; decided by its bytes."""

    def __init__(self, code: str, **facts: Fact) -> None:
        super().__init__(code)
        self.code = code
        self.facts = facts

    @property
    def problems(self) -> tuple[Problem, ...]:
        """The one problem of this file."""
        return (Problem(self.code, self.facts),)


class UrlRefused(MemberMustChange):
    """A URL that must not be downloaded; `reason` says why, without repeating the URL."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason

    @property
    def problems(self) -> tuple[Problem, ...]:
        """The one problem of this URL."""
        return (Problem(f"url_{self.reason}"),)


class OperatorMustChange(BotError):
    """The process can't run like this; `exit_code` is the one of the contract."""

    exit_code = 1


class SettingsInvalid(OperatorMustChange):
    """Settings are wrong or missing; the message names each by its dotted path."""

    exit_code = 2


class TokenRefused(OperatorMustChange):
    """Discord does not accept the bot token."""

    exit_code = 3


class DiscordRefused(OperatorMustChange):
    """Discord refuses the connection for a reason other than the token."""

    exit_code = 2


class ShardsTaken(OperatorMustChange):
    """Another process on the same database has one of this one's shards."""

    exit_code = 4


class KlingError(BotError):
    """Anything between us and Kling."""


class KlingUnreachable(KlingError):
    """No complete request was sent: retrying is safe. `reason` is a word and contains no URL."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class OrderCutShort(KlingUnreachable):
    """A create whose files could not be read to their end: its JSON was never whole."""


class KlingUnclear(KlingError):
    """The request was sent and got no readable response: the task may exist."""

    def __init__(self, reason: str, http_status: int | None = None) -> None:
        super().__init__(reason if http_status is None else f"{reason} (HTTP {http_status})")
        self.reason = reason
        self.http_status = http_status


class KlingRedirected(KlingUnclear):
    """The server `host` sent us to `target`, which is not followed: it would be sent the key."""

    def __init__(self, http_status: int, *, host: str, target: str) -> None:
        super().__init__("redirected", http_status)
        self.host = host
        self.target = target


class KlingToldNo(KlingError):
    """Kling refused. `code` is its business code, 0 if a gateway did not forward it."""

    def __init__(
        self,
        message: str,
        *,
        code: int = 0,
        http_status: int = 0,
        request_id: str = "",
        host: str = "",
    ) -> None:
        super().__init__(f"{code}: {message}")
        self.host = host
        self.message = message
        self.code = code
        self.http_status = http_status
        self.request_id = request_id

    @property
    def no_such_path(self) -> bool:
        """Whether the other side may not have the path at all, by the HTTP status."""
        return self.http_status in {404, 405}


class KlingBusy(KlingToldNo):
    """Rate or concurrency limit (1302, 1303): the same request can be sent later."""


class KlingTaken(KlingToldNo):
    """The external task id is already in use: the task exists, look it up."""


class KlingNotFound(KlingToldNo):
    """No task has this id or external id on this route."""


class KlingRefusedRequest(KlingToldNo):
    """The request itself is refused: the member must change something."""


class KlingTakesNoId(KlingRefusedRequest):
    """The model takes no external id, which is known from now on: send the order again without."""


class KlingRefusedAccount(KlingToldNo):
    """Key, balance, permission or IP address: only the operator can fix it."""


class PostError(BotError):
    """Anything between us and a message in Discord."""


class PostUnclear(PostError):
    """The message was sent and may have arrived: use the same nonce again."""


class PostBrokeOff(PostUnclear):
    """Sending was begun and got no answer, not even a refusal; a smaller message may get one."""


class PostHeld(PostUnclear):
    """Discord took nothing, because of a rate limit: the same message again in `after_s`."""

    def __init__(self, after_s: float) -> None:
        super().__init__(f"rate limit, {after_s:.0f} s")
        self.after_s = after_s


class PostTooLarge(PostError):
    """Discord refuses the size (HTTP 413, code 40005)."""


class PostImpossible(PostError):
    """This venue will never take the message. `code` is Discord's error code."""

    def __init__(self, code: int) -> None:
        super().__init__(str(code))
        self.code = code


class DownloadFailed(BotError):
    """A download failed; names only the host, never the whole URL."""

    def __init__(self, host: str, reason: str) -> None:
        super().__init__(f"{host}: {reason}")
        self.host = host
        self.reason = reason


class DownloadGone(DownloadFailed):
    """The URL has expired (403, 404, 410): ask for a fresh one."""

    def __init__(self, host: str, status: int) -> None:
        super().__init__(host, f"HTTP {status}")
        self.status = status


class MediaWorkerFailed(BotError):
    """The media process was lost: `crashed`, `deadline` or `memory`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
