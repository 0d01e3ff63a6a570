"""What the shop has of a customer, in one file, made when somebody opens its link."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile

from pydantic_core import to_jsonable_python

from conversations import Keeping, Photos, PrivacyRequests
from documents.pages import Document
from mail import Outbox
from shop import Customer, Shop

RECORDS = ("returns", "refunds", "replacements", "claims", "repairs")
"""What the shop exports with each order, and has a file of its own in an archive."""

PHOTOS = "photos/"
"""The folder of photographs in an archive, whose names are their ids."""


class Archives:
    """Makes archives: ZIP files of JSON files and photographs."""

    def __init__(self, shop: Shop, keeping: Keeping, photos: Photos, outbox: Outbox, requests: PrivacyRequests) -> None:
        self._shop = shop
        self._keeping = keeping
        self._photos = photos
        self._outbox = outbox
        self._requests = requests

    async def export(self, request_id: str, language: str) -> Document | None:
        """Everything that is kept about the customer of a request for a copy, as long as that is open.

        Names in it are in all languages; `language` is that of the link.
        """
        request = await self._requests.export(request_id)
        customer = await self._shop.customer(request.email) if request else None
        if request is None or customer is None or customer.id != request.customer_id:
            return None
        conversation_ids = await self._keeping.of(customer.id)
        photos = [photo for conversation_id in conversation_ids for photo in await self._photos.of(conversation_id)]
        files = {
            **await self._shop_files(customer),
            "conversations": [await self._keeping.export(conversation_id) for conversation_id in conversation_ids],
            "letters": [asdict(letter) for letter in await self._outbox.letters_to(customer.email)],
            "privacy_requests": await self._requests.of(customer.id),
        }
        body = await asyncio.to_thread(_zipped, files, [self._photos.path(photo) for photo in photos])
        return Document("personal-data.zip", "application/zip", body)

    async def _shop_files(self, customer: Customer) -> dict[str, Any]:
        """What the shop has, with what is on record about orders apart from them."""
        exported = await self._shop.export(customer.email)
        orders = exported.get("orders", [])
        return {
            **exported,
            "orders": [{name: value for name, value in order.items() if name not in RECORDS} for order in orders],
            **{name: [record for order in orders for record in order.get(name, [])] for name in RECORDS},
        }


def _zipped(files: Mapping[str, Any], photos: Sequence[Path]) -> bytes:
    packed = BytesIO()
    with ZipFile(packed, "w", ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(f"{name}.json", json.dumps(to_jsonable_python(content), ensure_ascii=False, indent=2))
        for path in photos:
            # Photographs are compressed already. One whose file is missing must not cost the customer all the rest.
            if path.exists():
                archive.write(path, PHOTOS + path.name, ZIP_STORED)
    return packed.getvalue()
