"""Files that pages load: style sheets, scripts, icons."""

from __future__ import annotations

import gzip
import mimetypes
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from sanic import Request
from sanic.exceptions import NotFound
from sanic.response import HTTPResponse, raw

from web.negotiation import accepted

STATIC = Path(__file__).parent / "static"
"""The files that all pages have in common."""

_ONE_YEAR = 365 * 24 * 3600


@dataclass(frozen=True)
class Asset:
    """A file that pages load; its version changes whenever its content does."""

    content: bytes
    content_type: str
    version: str
    gzipped: bytes | None
    """The content compressed, where that makes it smaller."""

    @classmethod
    def of(cls, content: bytes, content_type: str) -> Asset:
        """A file of some content."""
        gzipped = gzip.compress(content, mtime=0)
        smaller = gzipped if len(gzipped) < len(content) else None
        return cls(content, content_type, sha256(content).hexdigest()[:12], smaller)

    def response(self, request: Request, seconds: int = 0) -> HTTPResponse:
        """The file as the browser wants it: compressed or not, or the word that it has it already.

        Args:
            seconds: how long it may be used without asking again.
        """
        caching = f"public, max-age={seconds}" if seconds else "no-cache"
        if seconds >= _ONE_YEAR:
            caching += ", immutable"
        headers = {"Cache-Control": caching, "ETag": f'W/"{self.version}"', "Vary": "Accept-Encoding"}
        if headers["ETag"] in (request.headers.get("if-none-match") or ""):
            return raw(b"", 304, headers)
        content = self.content
        if self.gzipped and "gzip" in accepted(request.headers.get("accept-encoding") or ""):
            content = self.gzipped
            headers["Content-Encoding"] = "gzip"
        return raw(content, content_type=self.content_type, headers=headers)


class Assets:
    """The files of some folders, kept in memory, and their addresses.

    Args:
        address: what stands before a file's name in its address, without a slash at the end.
        folders: where the files are.
    """

    def __init__(self, address: str, *folders: Path) -> None:
        self._address = address
        self._files = {path.name: _read(path) for folder in folders for path in folder.iterdir() if path.is_file()}

    def __call__(self, name: str) -> str:
        """The address of a file. It names the version, so that browsers may keep the file for good."""
        return f"{self._address}/{name}?v={self._files[name].version}"

    def response(self, request: Request, name: str) -> HTTPResponse:
        """The answer to a request for a file. Raises `NotFound` where there is no such file."""
        asset = self._files.get(name)
        if asset is None:
            raise NotFound(name)
        return asset.response(request, _ONE_YEAR if request.args.get("v") == asset.version else 0)


def _read(path: Path) -> Asset:
    return Asset.of(path.read_bytes(), mimetypes.guess_type(path.name)[0] or "application/octet-stream")
