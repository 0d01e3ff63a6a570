"""Why something could not be delivered, in the same words for all messengers.

A reason is a kind, or a kind and a detail: `window_closed`, `unreachable:131026`. The kinds are phrases of
`connectors.rendering` as well, with which an agent is told; the details are the channels' own.
"""

from __future__ import annotations

WINDOW_CLOSED = "window_closed"
"""The customer last wrote too long ago: the platform takes nothing but templates, where it has any."""

UNREACHABLE = "unreachable"
"""The platform cannot reach this customer, or may not."""

REFUSED = "refused"
"""There is something about the message that the platform does not take."""

NOT_DELIVERED = "not_delivered"
"""The message could be delivered at another time, or by another account."""

KINDS = (WINDOW_CLOSED, UNREACHABLE, REFUSED, NOT_DELIVERED)


def reason(kind: str, detail: str | int | None = None) -> str:
    """A reason of one of `KINDS`.

    Args:
        detail: a code or a word, with nothing personal in it.
    """
    return kind if detail is None else f"{kind}:{detail}"


def kind_of(reason: str | None) -> str | None:
    """The one of `KINDS` that a reason is of; None for one that no channel gave, such as the name of an exception."""
    kind = (reason or "").partition(":")[0]
    return kind if kind in KINDS else None
