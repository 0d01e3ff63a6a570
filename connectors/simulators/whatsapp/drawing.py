"""What the page draws of messages, see static/bubbles.js."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from connectors.simulators.media import MediaStore
from connectors.simulators.whatsapp.errors import GraphError
from connectors.simulators.whatsapp.files import TYPES
from connectors.simulators.whatsapp.messages import Message
from connectors.simulators.whatsapp.templates import fill


def drawn_of_shop(message: Message, files: MediaStore) -> dict[str, Any]:
    """What the page draws of a message of the shop. Raises `GraphError` for files and templates that there are not."""
    if message.type == "text":
        return {"kind": "text", "text": message.text.body, "markup": True}
    if message.type == "location":
        return {"kind": "location", "location": message.location.model_dump(exclude_none=True)}
    if message.type == "contacts":
        named = [contact.name.formatted_name for contact in message.contacts]
        numbers = [", ".join(one.get("phone", "") for one in contact.phones) for contact in message.contacts]
        return {
            "kind": "contacts",
            "contacts": [{"name": n, "phone": p} for n, p in zip(named, numbers, strict=True)],
        }
    if message.type == "template":
        return _drawn_template(message.template.model_dump(exclude_none=True))
    if message.type == "interactive":
        return _drawn_interactive(message.interactive.model_dump(exclude_none=True), files)
    if message.type == "reaction":
        return {"kind": "reaction"}
    return _drawn_file(message.type, getattr(message, message.type).model_dump(exclude_none=True), files)


def _drawn_file(kind: str, part: Mapping[str, Any], files: MediaStore) -> dict[str, Any]:
    place = "image" if kind in ("image", "sticker") else "document" if kind == "document" else "file"
    drawn: dict[str, Any] = {"kind": kind, "name": part.get("filename", "")}
    if "id" in part:
        media = files.get(part["id"])
        if media is None:
            raise GraphError(131009, f"There is no media with the id {part['id']}.")
        if media.content_type not in TYPES[kind]:
            raise GraphError(131009, f"Media of the type {media.content_type} cannot be sent as {kind}.")
        drawn |= {"id": media.id, "bytes": len(media.content), "content_type": media.content_type}
        drawn["name"] = drawn["name"] or media.name
    else:
        drawn["link"] = part["link"]
        drawn["name"] = drawn["name"] or re.sub(r"[?#].*", "", part["link"]).rsplit("/", 1)[-1]
    return {"kind": kind, place: drawn, "text": part.get("caption"), "markup": True}


def _drawn_interactive(interactive: Mapping[str, Any], files: MediaStore) -> dict[str, Any]:
    drawn: dict[str, Any] = {"kind": interactive["type"], "text": interactive["body"]["text"], "markup": True}
    if footer := interactive.get("footer"):
        drawn["footer"] = footer["text"]
    if header := interactive.get("header"):
        if header["type"] == "text":
            drawn["header"] = header["text"]
        else:
            file = _drawn_file(header["type"], header[header["type"]], files)
            drawn |= {key: file[key] for key in ("image", "document", "file") if key in file}
    action = interactive["action"]
    if interactive["type"] == "button":
        drawn["buttons"] = [button["reply"] for button in action["buttons"]]
    elif interactive["type"] == "list":
        drawn |= {"open": action["button"], "sections": action["sections"]}
    elif interactive["type"] == "cta_url":
        drawn["link"] = {"title": action["parameters"]["display_text"], "url": action["parameters"]["url"]}
    else:
        drawn["asks_location"] = True
    return drawn


def _drawn_template(template: Mapping[str, Any]) -> dict[str, Any]:
    bodies = [part for part in template["components"] if part["type"].lower() == "body"]
    parameters = [one.get("text", "…") for part in bodies for one in part["parameters"]]
    text = fill(template["name"], template["language"]["code"], parameters)
    return {"kind": "template", "text": text, "markup": True, "label": f"Template {template['name']}"}


def drawn_of_customer(message: Mapping[str, Any]) -> dict[str, Any]:
    """What the page draws of a customer's message."""
    kind = message["type"]
    part: Any = message.get(kind)
    if kind == "text":
        return {"kind": kind, "text": part["body"], "markup": True}
    if kind == "interactive":
        chosen = part[part["type"]]
        return {"kind": kind, "text": chosen["title"], "detail": chosen.get("description")}
    if kind == "button":
        return {"kind": kind, "text": part["text"]}
    if kind == "location":
        return {"kind": kind, "location": part}
    if kind == "contacts":
        contacts = [{"name": one["name"]["formatted_name"], "phone": one["phones"][0]["phone"]} for one in part]
        return {"kind": kind, "contacts": contacts}
    if kind in TYPES:
        place = "image" if kind in ("image", "sticker") else "document" if kind == "document" else "file"
        file = {"kind": kind, "id": part["id"], "name": part.get("filename", ""), "content_type": part["mime_type"]}
        return {"kind": kind, place: file, "text": part.get("caption"), "markup": True}
    words = {"unsupported": "A poll, which the platform does not pass on", "order": "An order from the catalogue"}
    return {"kind": kind, "label": words.get(kind, f"A message of the kind “{kind}”")}
