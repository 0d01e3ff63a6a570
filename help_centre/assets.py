"""The style sheet, the script and the icon."""

from __future__ import annotations

import mimetypes
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

STATIC = Path(__file__).parent / "static"


@dataclass(frozen=True)
class Asset:
    """A file that pages load; its version changes whenever its content does."""

    content: bytes
    content_type: str
    version: str


class Assets:
    """The files of the folder, kept in memory, and their addresses.

    Args:
        root: what stands before `/help` in addresses.
    """

    def __init__(self, root: str) -> None:
        self._root = root
        self._files = {path.name: _read(path) for path in STATIC.iterdir() if path.is_file()}

    def __call__(self, name: str) -> str:
        """The address of a file. It names the version, so that browsers may keep the file for good."""
        return f"{self._root}/help/static/{name}?v={self._files[name].version}"

    def get(self, name: str) -> Asset | None:
        """The file of a name."""
        return self._files.get(name)


def _read(path: Path) -> Asset:
    content = path.read_bytes()
    content_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return Asset(content, content_type, sha256(content).hexdigest()[:12])
