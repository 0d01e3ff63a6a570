"""What carriers report: scans of parcels, and the letters about what a scan sets going.

`POST /webhooks/carrier` takes a scan as JSON (`ScanReport`) whose body is signed: the header `X-Signature` is `sha256=`
and the hexadecimal HMAC-SHA256 of the body under the secret that the shop shares with its carriers. A scan may be
reported again at any time, also after an error; it happens once.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from typing import Annotated
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, AwareDatetime, BaseModel, Field, ValidationError
from sanic import Blueprint, Request
from sanic.exceptions import NotFound
from sanic.response import HTTPResponse, json

from bot.letters import Letter, Post, listed
from bot.values import day, money
from shop import CarrierScan, Item, NotOffered, Order, Refund, Replacement, ScanOutcome, Shop, TrackingCode

SIGNATURE_HEADER = "X-Signature"


class Scans:
    """Takes scans to the shop, and writes to customers what came of them.

    Args:
        post: takes the letters; each is written once, however often a scan is reported.
        languages: the codes of the served languages; a customer of another one is written to in `default_language`.
    """

    def __init__(self, shop: Shop, post: Post, languages: Sequence[str], default_language: str) -> None:
        self._shop = shop
        self._post = post
        self._languages = list(languages)
        self._default_language = default_language

    async def take(self, scan: CarrierScan) -> ScanOutcome | None:
        """Take a scan; None for a parcel that nobody knows.

        Raises:
            NotOffered: the shop's back end takes no scans.
            ShopUnavailable: it cannot be reached.
            storage.DatabaseUnavailable: the scan was taken, but not its letters; it is to be reported again.
        """
        outcome = await self._shop.record_scan(scan)
        if outcome and outcome.refund:
            await self._write_refund(outcome.order, outcome.refund)
        if outcome and outcome.replacement:
            await self._write_replacement(outcome.order, outcome.replacement)
        return outcome

    async def _write_refund(self, order: Order, refund: Refund) -> None:
        values = {"amount": money(refund.amount), "method": refund.method, "due": day(refund.due_on)}
        await self._put(order, "refund_started", values, refund.number)

    async def _write_replacement(self, order: Order, replacement: Replacement) -> None:
        items = await self._letter_items(replacement.items, self._language(order))
        await self._put(order, "replacement_sent", {"items": items}, replacement.number)

    async def _letter_items(self, items: Sequence[Item], language: str) -> list[dict[str, object]]:
        variants = {
            variant.sku: (product, variant) for product in await self._shop.products() for variant in product.variants
        }
        found = [(*variants[item.sku], item.quantity) for item in items if item.sku in variants]
        return [
            listed(product.names, variant.colour, variant.size, quantity, language)
            for product, variant, quantity in found
        ]

    async def _put(self, order: Order, name: str, values: Mapping[str, object], number: str) -> None:
        customer = order.customer
        values = {"customer": customer.name, "order_number": order.number, **values}
        await self._post.put(Letter(name, customer.email, self._language(order), values), f"{name}:{number}")

    def _language(self, order: Order) -> str:
        language = order.customer.language
        return language if language in self._languages else self._default_language


def _time_zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError("must be the IANA name of a time zone")
    return str(ZoneInfo(name))


class ScanReport(BaseModel):
    """A scan as it is reported. `time_zone` (IANA) is that of the place, `country` its ISO 3166 code."""

    tracking_number: str = Field(min_length=1, max_length=64)
    code: TrackingCode
    time: AwareDatetime
    place: str = Field("", max_length=200)
    country: str = Field("", pattern="^([A-Z]{2})?$")
    time_zone: Annotated[str, AfterValidator(_time_zone)] = "UTC"

    def scan(self) -> CarrierScan:
        """As the shop takes it."""
        return CarrierScan(self.tracking_number, self.code, self.time, self.place, self.country, self.time_zone)


def carrier_routes(scans: Scans, secret: str) -> Blueprint:
    """The route `/webhooks/carrier`; without a secret nothing is there."""
    routes = Blueprint("carrier", url_prefix="/webhooks/carrier")

    @routes.post("/")
    async def report(request: Request) -> HTTPResponse:
        if not secret:
            raise NotFound
        if not hmac.compare_digest(request.headers.get(SIGNATURE_HEADER, "").encode(), signature(request.body, secret)):
            return json({"error": "invalid_signature", "message": "The signature does not fit the body."}, status=401)
        try:
            scan = ScanReport.model_validate_json(request.body).scan()
        except ValidationError as error:
            problems = [f"{'.'.join(map(str, p['loc'])) or 'body'}: {p['msg']}" for p in error.errors()]
            return json({"error": "invalid_scan", "message": "; ".join(problems)}, status=400)
        try:
            outcome = await scans.take(scan)
        except NotOffered:
            return json({"error": "not_offered", "message": "This shop takes no scans."}, status=501)
        # A parcel of another shop is no error: the carrier need not report it again.
        return json({"known": outcome is not None})

    return routes


def signature(body: bytes, secret: str) -> bytes:
    """The value of the header by which a body is known to come from the carrier."""
    return b"sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest().encode()
