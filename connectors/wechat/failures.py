"""What the platform's return codes mean for what was to be sent.

The codes are those of "全局返回码说明", https://developers.weixin.qq.com/doc/offiaccount/Getting_Started/Global_Return_Code.html,
and of the pages of the single calls.
"""

from __future__ import annotations

from collections.abc import Iterable

from connectors.reasons import NOT_DELIVERED, REFUSED, UNREACHABLE, WINDOW_CLOSED, reason
from conversations import NotNow, NotSent

PLATFORM = reason(NOT_DELIVERED, "platform")
"""The platform has trouble of its own, or something that stands before it."""

ACCOUNT = reason(NOT_DELIVERED, "account")
"""Somebody has to put the account, or its settings here, right."""

RATE_LIMIT = reason(NOT_DELIVERED, "rate_limit")

TOO_MANY = reason(NOT_DELIVERED, "too_many")
"""After each message of a customer the platform takes five of ours; then the customer has to write first."""

NO_CONNECTION = reason(NOT_DELIVERED, "no_connection")
NO_ANSWER = reason(NOT_DELIVERED, "no_answer")

WAITS_FOR_CUSTOMER = reason(NOT_DELIVERED, "waits_for_customer")
"""It can be given in a passive reply only."""

UNSUBSCRIBED = reason(UNREACHABLE, "unsubscribed")
UNDELIVERABLE = reason(UNREACHABLE, "undeliverable")

NO_PERMISSION = reason(REFUSED, "no_permission")
KIND_REFUSED = reason(REFUSED, "kind")
MEDIA_REFUSED = reason(REFUSED, "media")

REFUSED_TOKENS = {40001, 40014, 42001}
"""The access token is not, or no more, a good one."""

_LATER: dict[str, tuple[float | None, Iterable[int]]] = {
    PLATFORM: (None, (-1,)),
    # The last ones: not from this address, and the AppSecret is frozen.
    ACCOUNT: (60.0, (*REFUSED_TOKENS, 40013, 40125, 41001, 41002, 41004, 50002, 40164, 40243)),
    # The calls of a minute, and those of a day.
    RATE_LIMIT: (60.0, (45011, 45009)),
    TOO_MANY: (60.0, (45047,)),
}
"""Reasons for which something is tried again, and after how many seconds at the earliest."""

_NEVER: dict[str, Iterable[int]] = {
    WINDOW_CLOSED: (45015,),
    UNSUBSCRIBED: (43004, 43019),
    UNDELIVERABLE: (40003, 43101),
    NO_PERMISSION: (48001, 48004, 50001),
    KIND_REFUSED: (40008, 40200, 45098),
    reason(REFUSED, "too_long"): (45002,),
    MEDIA_REFUSED: (40004, 40005, 40006, 40007, 40009),
    reason(REFUSED, "template"): (40037, 41028, 41029, 41030, 43116, 47003),
}

_PAUSES = {code: (why, seconds) for why, (seconds, codes) in _LATER.items() for code in codes}
_REASONS = {code: why for why, codes in _NEVER.items() for code in codes}

MEDIA_GONE = {40007, 41006}
"""There is no such file: media are kept for three days."""


def concerns_account(code: int) -> bool:
    """Whether somebody has to put the account, or its settings here, right."""
    return _PAUSES.get(code, ("", 0))[0] == ACCOUNT or _REASONS.get(code) == NO_PERMISSION


def failure(code: int) -> NotNow | NotSent:
    """What to raise for a return code that is not 0."""
    if code in _PAUSES:
        return NotNow(*_PAUSES[code])
    return NotSent(_REASONS.get(code) or reason(REFUSED, code))
