"""What an answer asks of the rooms above: it travels with the answer, as the custom part of a message.

`conversations` takes a directive out of the answer and carries it out; the customer never sees it.
"""

from __future__ import annotations

from typing import Any

DIRECTIVE = "directive"
HANDOFF = "handoff"


def handoff(reason: str) -> dict[str, Any]:
    """Ask for a human agent. `reason` is `asked` (by the customer), or `not_understood`."""
    return {DIRECTIVE: HANDOFF, "reason": reason}


def failed() -> dict[str, Any]:
    """What an action endpoint answers for an action that raised: an apology and the offer of a person."""
    return {"events": [], "responses": [{"response": "utter_action_failed"}]}
