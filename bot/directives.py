"""What an answer asks of the rooms above: it travels with the answer, as the custom part of a message.

`conversations` takes a directive out of the answer and carries it out; the customer never sees it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

DIRECTIVE = "directive"
HANDOFF = "handoff"

NORMAL, HIGH = "normal", "high"
"""The priorities of handoffs."""


def handoff(reason: str, priority: str = NORMAL, summary: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Ask for a human agent.

    Args:
        reason: `asked` (by the customer), `not_understood`, `claim` (a person decides), `complaint`, `refund_limit` (a
            person approves an amount), `failed` (an error of ours), or `keyword` (something the customer said).
        priority: `NORMAL`, or `HIGH` for what must not wait.
        summary: what it is about, so that nobody has to ask again: plain JSON values by name, such as `flow`,
            `order_number`, `items`, `claim_number`.
    """
    return {DIRECTIVE: HANDOFF, "reason": reason, "priority": priority, "summary": dict(summary or {})}


def failed() -> dict[str, Any]:
    """What an action endpoint answers for an action that raised: an apology, and the matter goes to people."""
    return {"events": [], "responses": [{"response": "utter_action_failed", "custom": handoff("failed")}]}
