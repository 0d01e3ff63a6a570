"""What runs in the browser, as it is served."""

from __future__ import annotations

import json
import mimetypes
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

from rjsmin import jsmin

from web.assets import Asset

STATIC = Path(__file__).parent / "static"

LOADER = "widget.js"
"""The script that pages name. It has an address for good; whatever it loads has its version in the address."""

VERSION, LANGUAGES = b"{{version}}", b"{{languages}}"
"""What stands in the loader for the version of everything else, and for the languages that the assistant serves."""

LAUNCHER = "launcher_"
"""The keys of the sentences that are loaded before the chat is opened begin with this."""


class Program:
    """The scripts, style sheets and sentences of the widget.

    Args:
        bundles: the sentences of each language, see `connectors.widget.messages.bundle`.
        languages: those that the assistant serves.
    """

    def __init__(self, bundles: Mapping[str, Mapping[str, Any]], languages: Sequence[str]) -> None:
        contents = {path.name: _served(path) for path in sorted(STATIC.iterdir()) if path.is_file()}
        loader = contents.pop(LOADER)
        for language, bundle in bundles.items():
            contents[f"{language}.json"] = _json(bundle)
            few = {key: text for key, text in bundle["messages"].items() if key.startswith(LAUNCHER)}
            contents[f"launcher.{language}.json"] = _json({**bundle, "messages": few})
        everything = sha256()
        for name, content in contents.items():
            everything.update(name.encode() + b"\0" + content)
        self.version = everything.hexdigest()[:12]
        self.files = {name: Asset.of(content, _type(name)) for name, content in contents.items()}
        loader = loader.replace(VERSION, self.version.encode()).replace(LANGUAGES, " ".join(languages).encode())
        self.loader = Asset.of(loader, _type(LOADER))


def _json(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _served(path: Path) -> bytes:
    """A file as it is served: scripts without their comments, which are a quarter of what would be loaded."""
    content = path.read_bytes()
    return bytes(jsmin(content)) if path.suffix == ".js" else content


def _type(name: str) -> str:
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    return f"{kind}; charset=utf-8"
