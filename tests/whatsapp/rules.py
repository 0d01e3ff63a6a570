"""What the platform takes, as its documentation says; written anew, so that tests find what the connector gets wrong.

https://developers.facebook.com/documentation/business-messaging/whatsapp/messages
"""

from __future__ import annotations

from typing import Any

MEMBERS = {
    "text": {"body", "preview_url"},
    "image": {"link", "id", "caption"},
    "document": {"link", "id", "caption", "filename"},
    "location": {"latitude", "longitude", "name", "address"},
    "reaction": {"message_id", "emoji"},
    "template": {"name", "language", "components"},
    "interactive": {"type", "body", "action"},
}


def problem(payload: dict[str, Any]) -> str | None:
    """What is wrong with a payload; None for a good one."""
    payload = dict(payload)
    kind = payload.pop("type", None)
    own = payload.pop(kind, None) if isinstance(kind, str) else None
    context = payload.pop("context", None)
    if context is not None and set(context) != {"message_id"}:
        return "context"
    if kind == "contacts":
        return None if isinstance(own, list) and own else "contacts"
    if kind not in MEMBERS or not isinstance(own, dict) or set(own) - MEMBERS[kind]:
        return f"members of {kind}: {own}"
    others = set(payload) - {"messaging_product", "recipient_type", "to", "recipient", "biz_opaque_callback_data"}
    if others:
        return f"members of the message: {others}"
    match kind:
        case "text":
            return None if 0 < len(own["body"]) <= 4096 and own["body"].strip() else "text"
        case "image" | "document":
            if ("link" in own) == ("id" in own):
                return "either a link or an id"
            return None if 0 < len(own.get("caption", "x")) <= 1024 else "caption"
        case "interactive":
            return _interactive(own)
    return None


def _interactive(own: dict[str, Any]) -> str | None:
    body, action = own["body"]["text"], own["action"]
    if own["type"] == "button":
        replies = [button["reply"] for button in action["buttons"] if button["type"] == "reply"]
        if not 0 < len(replies) == len(action["buttons"]) <= 3 or not 0 < len(body) <= 1024:
            return "buttons, or their body"
        return _named(replies, 20, 256)
    rows = [row for section in action["sections"] for row in section["rows"]]
    if own["type"] != "list" or not 0 < len(rows) <= 10 or not 0 < len(body) <= 4096:
        return "rows, or their body"
    if not 0 < len(action["button"]) <= 20 or not all(0 < len(row.get("description", "x")) <= 72 for row in rows):
        return "the button, or a description"
    return _named(rows, 24, 200)


def _named(choices: list[dict[str, Any]], longest_title: int, longest_id: int) -> str | None:
    if not all(0 < len(each["title"]) <= longest_title and each["title"].strip() for each in choices):
        return "a title"
    if not all(0 < len(each["id"]) <= longest_id for each in choices):
        return "an id"
    ids, titles = {each["id"] for each in choices}, {each["title"] for each in choices}
    return None if len(ids) == len(titles) == len(choices) else "the same twice"
