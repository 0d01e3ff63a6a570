"""What the platform's errors mean for what was to be sent.

The codes are those of
https://developers.facebook.com/documentation/business-messaging/whatsapp/support/error-codes, which advises to go by
them rather than by the HTTP status.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from connectors.reasons import NOT_DELIVERED, REFUSED, UNREACHABLE, WINDOW_CLOSED, reason
from conversations import NotNow, NotSent, Uncertain

ACCOUNT = frozenset({0, 3, 10, 190, 368, 131005, 131031, 131037, 131042, 131045, 133010, *range(200, 300)})
"""Somebody has to put the account right: an expired token, an unpaid bill, a locked number."""

UNEXPLAINED = frozenset({1, 131000})
"""Something went wrong at the platform, or is wrong with the message: it does not say which."""

_RATE_LIMITS = (4, 613, 80007, 130429, 131048, 131056, 131064)
_PLATFORM = (2, 131016, 131057)

_KINDS: dict[str, Iterable[int]] = {
    WINDOW_CLOSED: (131047,),
    UNREACHABLE: (131021, 131026, 131030, 131049, 131050, 131062, 130472, 130497, 137000),
    NOT_DELIVERED: (*ACCOUNT, *UNEXPLAINED, *_RATE_LIMITS, *_PLATFORM),
}
_KIND_OF = {code: kind for kind, codes in _KINDS.items() for code in codes}

_PAUSES = {
    # At most 80 messages in a second; from one number to one customer, a message in six seconds on average.
    130429: 5.0,
    131056: 6.0,
    # These are counted by the hour.
    4: 300.0,
    613: 300.0,
    80007: 300.0,
    # Too many customers have blocked the number, or it has reached its limit of the day.
    131048: 900.0,
    131064: 900.0,
    131057: 300.0,
}
"""So many seconds to wait where the platform does not say how long."""

ACCOUNT_PAUSE = 60.0
"""Seconds until something is tried again that the shop has to put right first."""

LONGEST_PAUSE = 3600.0


def reason_of(code: int | None) -> str:
    """Why something was not sent or not delivered, by the code of an error; every other code is of a refusal."""
    kind = REFUSED if code is None else _KIND_OF.get(code, REFUSED)
    return reason(kind, None if kind == WINDOW_CLOSED else code)


def failure(status: int, code: int | None, retry_after: str | None = None) -> NotNow | NotSent | Uncertain:
    """What to raise for an answer that is an error.

    Args:
        status: of HTTP.
        code: of the Graph API, where its error has one.
        retry_after: the header of that name.
    """
    wait, answered = _seconds(retry_after), f"http_{status}"
    if concerns_account(status, code):
        return NotNow(reason(NOT_DELIVERED, answered if code is None else code), wait or ACCOUNT_PAUSE)
    if code is not None:
        # One that nobody knows yet may be anything; where the platform says that it is its own fault, it will pass.
        temporary = _KIND_OF.get(code) == NOT_DELIVERED or status == 429 or status >= 500
        return NotNow(reason(NOT_DELIVERED, code), wait or _PAUSES.get(code)) if temporary else NotSent(reason_of(code))
    # From here on it is not the Graph API that answers.
    if status in (408, 429, 503):
        return NotNow(reason(NOT_DELIVERED, answered), wait)
    if status >= 500:
        # Something between us and the platform lost its answer, and may have passed the message on.
        return Uncertain(reason(NOT_DELIVERED, answered))
    return NotSent(reason(REFUSED, answered))


def concerns_account(status: int, code: int | None) -> bool:
    """Whether an answer is about the account, see `ACCOUNT`."""
    return status in (401, 403) if code is None else code in ACCOUNT


def _seconds(retry_after: str | None) -> float | None:
    """How long to wait (RFC 9110, section 10.2.3: seconds, or a moment)."""
    if not retry_after:
        return None
    with suppress(ValueError, OverflowError):
        return min(max(float(int(retry_after)), 0.0), LONGEST_PAUSE)
    with suppress(ValueError, TypeError):
        moment = parsedate_to_datetime(retry_after)
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return min(max((moment - datetime.now(UTC)).total_seconds(), 0.0), LONGEST_PAUSE)
    return None
