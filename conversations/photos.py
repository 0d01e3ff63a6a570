"""What customers send: photographs of what is broken or wrong, and documents such as a receipt."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import structlog
from sqlalchemy import ColumnElement, delete, func, insert, select

from conversations.pictures import PDF, PhotoProblem, PhotoRefused, Picture, clean
from conversations.tables import PhotoRow
from storage import Database, table

logger = structlog.get_logger()

PHOTOS = table(PhotoRow)

MAX_PHOTOS = 10
"""So many photographs a conversation has at most."""

SUFFIXES = {"image/jpeg": ".jpg", "image/png": ".png", "image/webp": ".webp", PDF: ".pdf"}


@dataclass(frozen=True, slots=True)
class Photo:
    """A photograph, or a document, that is kept.

    Attributes:
        id: 32 hexadecimal digits that nobody can guess.
        bytes: the length of its file.
        width, height: in pixels; 0 of a document.
    """

    id: str
    conversation_id: str
    content_type: str
    bytes: int
    width: int
    height: int
    created_at: datetime


class Photos:
    """The photographs of all conversations: files in a folder, and what is known of them in the database.

    Args:
        folder: made with the first photograph.
        now: the present moment, aware.
    """

    def __init__(
        self, database: Database, folder: Path, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._database = database
        self._folder = folder
        self._now = now
        # A decoded photograph is large: one at a time is in memory.
        self._one = asyncio.Lock()

    async def keep(self, conversation_id: str, data: bytes) -> Photo:
        """Keep a photograph: checked, turned upright, and without what the camera wrote about it.

        Raises:
            PhotoRefused: when it is not taken.
            storage.DatabaseUnavailable: when it cannot be kept.
        """
        async with self._one:
            if await self._count(PHOTOS.c.conversation_id == conversation_id) >= MAX_PHOTOS:
                raise PhotoRefused(PhotoProblem.TOO_MANY, f"A conversation has at most {MAX_PHOTOS} photographs.")
            picture = await asyncio.to_thread(clean, data)
            photo = self._photo(conversation_id, picture)
            await asyncio.to_thread(self._write, photo, picture.data)
            try:
                async with self._database.writing() as connection:
                    values = {column.name: getattr(photo, column.name) for column in PHOTOS.columns}
                    await connection.execute(insert(PHOTOS), values)
            except BaseException:
                self.path(photo).unlink(missing_ok=True)
                raise
        logger.info("photo.kept", conversation_id=conversation_id, bytes=photo.bytes)
        return photo

    async def get(self, photo_id: str) -> Photo | None:
        """A photograph by its id."""
        found = await self._select(PHOTOS.c.id == photo_id)
        return found[0] if found else None

    async def of(self, conversation_id: str) -> list[Photo]:
        """The photographs of a conversation, the oldest first."""
        return await self._select(PHOTOS.c.conversation_id == conversation_id)

    def path(self, photo: Photo) -> Path:
        """The file of a photograph."""
        return self._folder / (photo.id + SUFFIXES[photo.content_type])

    async def delete_of(self, conversation_id: str) -> int:
        """Delete the photographs of a conversation; returns how many there were."""
        return await self._delete(PHOTOS.c.conversation_id == conversation_id)

    async def forget(self, before: datetime, *, dry_run: bool = False) -> int:
        """Delete the photographs from before a moment, or only count them; returns how many there were."""
        old = PHOTOS.c.created_at < before
        return await self._count(old) if dry_run else await self._delete(old)

    async def _count(self, which: ColumnElement[bool]) -> int:
        query = select(func.count()).select_from(PHOTOS).where(which)
        async with self._database.reading() as connection:
            return await connection.scalar(query) or 0

    async def _select(self, which: ColumnElement[bool]) -> list[Photo]:
        query = select(PHOTOS).where(which).order_by(PHOTOS.c.created_at, PHOTOS.c.id)
        async with self._database.reading() as connection:
            return [Photo(**row) for row in (await connection.execute(query)).mappings()]

    async def _delete(self, which: ColumnElement[bool]) -> int:
        """The files go first: of one that is left over, nobody would know any more."""
        photos = await self._select(which)
        await asyncio.to_thread(self._remove, photos)
        async with self._database.writing() as connection:
            await connection.execute(delete(PHOTOS).where(PHOTOS.c.id.in_([photo.id for photo in photos])))
        return len(photos)

    def _photo(self, conversation_id: str, picture: Picture) -> Photo:
        return Photo(
            id=secrets.token_hex(16),
            conversation_id=conversation_id,
            content_type=picture.content_type,
            bytes=len(picture.data),
            width=picture.width,
            height=picture.height,
            created_at=self._now(),
        )

    def _write(self, photo: Photo, data: bytes) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.path(photo).write_bytes(data)

    def _remove(self, photos: Iterable[Photo]) -> None:
        for photo in photos:
            self.path(photo).unlink(missing_ok=True)
