"""The `Shop` port on Medusa's Admin API."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any
from weakref import WeakValueDictionary

from pydantic_core import to_jsonable_python

from shop.aftersales import (
    Cancellation,
    CarrierScan,
    Claim,
    ClaimRequest,
    ClaimStatus,
    Erasure,
    Refund,
    RefundCause,
    RefundRequest,
    Repair,
    RepairRequest,
    Replacement,
    Resolution,
    Return,
    ReturnRequest,
    ScanOutcome,
)
from shop.eligibility import address_obstacle, cancel_obstacle, needs_approval, ordered, pieces
from shop.medusa import aftersales, catalogue, changes, customers, orders
from shop.medusa.client import PAGE, Json, MedusaClient
from shop.medusa.files import File, open_file
from shop.model import Address, Customer, Order, OrderStatus, Product, TrackingCode
from shop.policies import BUNDLED, Policies
from shop.port import NotOffered, NotPossible, email_key, order_digits, phone_key

_NEWEST = "-created_at"
_LOCATIONS = "id,name,*address"
_EXCHANGES = "id,order_id,metadata,created_at,canceled_at,*additional_items"
_CLAIMS = "id,order_id,type,metadata,created_at,canceled_at,*claim_items,*additional_items"

_LONGEST_NUMBER = 32
_LONGEST_EMAIL = 320

_CANCELLED_UNDER = "aftercare_cancelled_under"
_ADDRESS_UNDER = "aftercare_address_under"
"""Names in an order's `metadata`, for the keys of what leaves no other trace."""


class MedusaShop:
    """The `Shop` port on a Medusa server. Every method raises `ShopUnavailable` when it cannot be reached.

    Conversations of one process that change the same order wait for each other. Between processes Medusa sees to
    it that an order has one open change and no refunds beyond its payments, but two that come under one key in the same
    moment could both be carried out: only the caller's own lock on a conversation stands before that.
    """

    def __init__(
        self,
        client: MedusaClient,
        policies: Policies | None = None,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """`policies`, the bundled ones if None, give periods and limits; `now` is the clock, in aware datetimes."""
        self._client = client
        self._policies = policies or Policies.load(BUNDLED)
        self._now = now
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._locations: dict[str, orders.Location] = {}
        self._reasons: dict[str, str] = {}

    async def close(self) -> None:
        """Close the connections. The shop can be used again afterwards."""
        await self._client.close()

    async def order(self, number: str) -> Order | None:
        """See `Shop.order`."""
        file = await self._file(number)
        return file.order if file else None

    async def orders_of(self, email: str) -> list[Order]:
        """See `Shop.orders_of`."""
        return [file.order for file in await self._files_of(await self._customers(email))]

    async def recent_orders(self, limit: int) -> list[Order]:
        """See `Shop.recent_orders`."""
        newest = await self._client.listing("orders", "orders", order=_NEWEST, fields=orders.FIELDS, at_most=limit)
        return [file.order for file in await self._open(newest)]

    async def products(self) -> list[Product]:
        """See `Shop.products`."""
        variants = await self._client.listing("product-variants", "variants", fields=catalogue.FIELDS)
        return catalogue.to_products(variants)

    async def customer(self, email: str) -> Customer | None:
        """See `Shop.customer`. Of several with an address, who has an account goes before who only ordered."""
        found = await self._customers(email)
        return await self._customer(found[0]) if found else None

    async def customer_by_phone(self, phone: str) -> Customer | None:
        """See `Shop.customer_by_phone`. Only numbers that the shop keeps without spaces are found."""
        key = phone_key(phone)
        if not key or len(key) > _LONGEST_NUMBER:
            return None
        candidates = await self._client.listing("customers", "customers", q=key, fields=customers.FIELDS, at_most=PAGE)
        found = [candidate for candidate in candidates if phone_key(candidate["phone"] or "") == key]
        return await self._customer(found[0]) if len(found) == 1 else None

    async def returns_of(self, order_number: str) -> list[Return]:
        """See `Shop.returns_of`."""
        file = await self._file(order_number)
        return file.returns if file else []

    async def return_(self, number: str) -> Return | None:
        """See `Shop.return_`."""
        if not (order := aftersales.order_of_return(number)):
            return None
        wanted = number.strip().upper()
        return next((return_ for return_ in await self.returns_of(order) if return_.number == wanted), None)

    async def refunds_of(self, order_number: str) -> list[Refund]:
        """See `Shop.refunds_of`."""
        file = await self._file(order_number)
        return file.refunds if file else []

    async def replacements_of(self, order_number: str) -> list[Replacement]:
        """See `Shop.replacements_of`."""
        file = await self._file(order_number)
        return file.replacements if file else []

    async def claims_of(self, order_number: str) -> list[Claim]:
        """See `Shop.claims_of`."""
        file = await self._file(order_number)
        return file.claims if file else []

    async def repairs_of(self, order_number: str) -> list[Repair]:
        """Always []: Medusa knows no repairs."""
        return []

    async def cancel_order(self, number: str, key: str) -> Cancellation:
        """See `Shop.cancel_order`. Medusa pays back at once, whatever the amount."""
        async with self._turn(number) as file:
            if not (file.order.cancelled_at and file.metadata.get(_CANCELLED_UNDER) == key):
                if obstacle := cancel_obstacle(file.order):
                    raise NotPossible(obstacle)
                # First, as Medusa lets nobody write into a cancelled order.
                await self._client.post(f"orders/{file.id}", {"metadata": {_CANCELLED_UNDER: key}})
                await self._client.post(f"orders/{file.id}/cancel")
                file = await self._read(file.id)
            started = (refund for refund in file.refunds if refund.cause is RefundCause.CANCELLATION)
            return Cancellation(file.order, next(started, None))

    async def change_address(self, number: str, address: Address, key: str) -> Order:
        """See `Shop.change_address`. Raises `NotOffered` once the order is packed: the label holds the old address."""
        async with self._turn(number) as file:
            if file.metadata.get(_ADDRESS_UNDER) == key:
                return file.order
            if obstacle := address_obstacle(file.order):
                raise NotPossible(obstacle)
            if address.country != file.order.country:
                raise NotPossible("other_country")
            if file.order.status is OrderStatus.PACKED:
                raise NotOffered("Medusa has packed the order for the old address")
            changed = {"shipping_address": customers.from_address(address), "metadata": {_ADDRESS_UNDER: key}}
            await self._client.post(f"orders/{file.id}", changed)
            return (await self._read(file.id)).order

    async def create_return(self, request: ReturnRequest, key: str) -> Return:
        """See `Shop.create_return`. Raises `NotOffered` for store credit, which Medusa does not know."""
        if request.resolution is Resolution.STORE_CREDIT:
            raise NotOffered("Medusa knows no store credit")
        async with self._turn(request.order_number) as file:
            if not (made := file.return_under(key)):
                file = await self._clear(file, key)
                file.check_free(request.items)
                if (file.left() - request.amount).amount < 0:
                    raise NotPossible("too_much")
                announce = (
                    changes.announce_exchange if request.resolution is Resolution.EXCHANGE else changes.announce_return
                )
                await announce(self._client, file, request, key)
                made = (await self._read(file.id)).return_under(key)
            assert made is not None
            return made

    async def refund(self, request: RefundRequest, key: str) -> Refund:
        """See `Shop.refund`.

        Raises `NotOffered` above the policies' limit of approval, as Medusa cannot let a refund wait for it, and where
        only several payments together would do.
        """
        async with self._turn(request.order_number) as file:
            return await self._refund(file, request, key)

    async def replace(self, request: RefundRequest, key: str) -> Replacement:
        """See `Shop.replace`."""
        async with self._turn(request.order_number) as file:
            if not (made := file.replacement_under(key)):
                file = await self._clear(file, key)
                file.check_free(request.items)
                await changes.send_again(self._client, file, request, key)
                made = (await self._read(file.id)).replacement_under(key)
            assert made is not None
            return made

    async def open_claim(self, request: ClaimRequest, key: str) -> Claim:
        """See `Shop.open_claim`. It is kept in the order's metadata: a claim of Medusa's own is carried out at once."""
        async with self._turn(request.order_number) as file:
            number = aftersales.claim_number(key)
            if made := next((claim for claim in file.claims if claim.number == number), None):
                return made
            if pieces(request.items) - ordered(file.order):
                raise NotPossible("unknown_item")
            if file.order.cancelled_at:
                raise NotPossible("cancelled")
            now = self._now()
            claim = Claim(
                number=number,
                order_number=file.order.number,
                kind=request.kind,
                items=request.items,
                remedy=request.remedy,
                status=request.status,
                created_at=now,
                detail=request.detail,
                description=request.description,
                photos=request.photos,
                settled_at=now if request.status is ClaimStatus.SETTLED else None,
            )
            await self._client.post(f"orders/{file.id}", {"metadata": aftersales.claim_metadata(claim)})
            return claim

    async def book_repair(self, request: RepairRequest, key: str) -> Repair:
        """Raises `NotOffered`: Medusa knows no repairs."""
        raise NotOffered("Medusa knows no repairs")

    async def record_scan(self, scan: CarrierScan) -> ScanOutcome | None:
        """See `Shop.record_scan`: a return that arrives is received, and paid back.

        Other scans of a return are not kept. Raises `NotOffered` for parcels on their way to customers, of which the
        shop's fulfilment provider tells Medusa itself.
        """
        number = scan.tracking_number.strip().upper()
        if not (order := aftersales.order_of_return(number)):
            raise NotOffered("Medusa's fulfilment providers follow the parcels")
        if await self.return_(number) is None:
            return None
        async with self._turn(order) as file:
            if scan.code is TrackingCode.DELIVERED:
                if announced := file.announced(number):
                    await changes.receive(self._client, announced)
                    file = await self._read(file.id)
                # Also after a first scan that came no further than this.
                file = await self._settle(file, file.return_(number))
            return ScanOutcome(
                order=file.order,
                returned=file.return_(number),
                refund=next((refund for refund in file.refunds if refund.reference == number), None),
                replacement=next((sent for sent in file.replacements if sent.reference == number), None),
            )

    async def export(self, email: str) -> dict[str, Any]:
        """See `Shop.export`."""
        if not (found := await self._customers(email)):
            return {}
        exported = []
        for file in await self._files_of(found):
            order = asdict(file.order)
            del order["customer"]
            records = {
                "returns": file.returns,
                "refunds": file.refunds,
                "replacements": file.replacements,
                "claims": file.claims,
                "repairs": [],
            }
            exported.append(order | records)
        return dict(to_jsonable_python({"customer": await self._customer(found[0]), "orders": exported}))

    async def erase(self, email: str) -> Erasure:
        """Raises `NotOffered`: Medusa keeps the addresses of an order in its history, which its API does not erase."""
        raise NotOffered("Medusa keeps what an order's address was before it was changed")

    async def _customers(self, email: str) -> list[Json]:
        """The customers with an address, with an account or without, the one that counts most first.

        Medusa's own filter minds capitals; its search does not, but takes `%` for any text: a page has to do.
        """
        key = email_key(email)
        if not key or len(key) > _LONGEST_EMAIL:
            return []
        candidates = await self._client.listing("customers", "customers", q=key, fields=customers.FIELDS, at_most=PAGE)
        found = [candidate for candidate in candidates if email_key(candidate["email"] or "") == key]
        return sorted(found, key=lambda customer: (not customer["has_account"], customer["created_at"]))

    async def _customer(self, document: Json) -> Customer:
        """The customer of a document; where no address is saved, with that of the newest order."""
        newest: Sequence[Json] = ()
        if not document["addresses"]:
            answer = await self._client.get(
                "orders", customer_id=document["id"], order=_NEWEST, limit=1, fields="*shipping_address"
            )
            newest = answer["orders"]
        last_used = next((order.get("shipping_address") for order in newest), None)
        return customers.to_customer(document, self._policies, customers.to_address(last_used or {}))

    async def _files_of(self, found: Sequence[Json]) -> list[File]:
        """The files of all orders of customers, newest first."""
        ids = [str(customer["id"]) for customer in found]
        if not ids:
            return []
        listed = self._client.listing("orders", "orders", customer_id=ids, order=_NEWEST, fields=orders.FIELDS)
        return await self._open(await listed)

    async def _file(self, number: str) -> File | None:
        """The file of the order with a number."""
        digits = order_digits(number)
        if not digits or len(digits) > _LONGEST_NUMBER:
            return None
        # There is no filter by number, and a search finds it in addresses too. The smallest number comes first.
        fields = "id,display_id,custom_display_id"
        answer = await self._client.get("orders", q=digits, order="display_id", limit=PAGE, fields=fields)
        found = (order for order in answer["orders"] if order_digits(orders.order_number(order)) == digits)
        order = next(found, None)
        return await self._read(order["id"]) if order else None

    async def _read(self, order_id: str) -> File:
        """The file of the order with an id of Medusa's."""
        document = (await self._client.get(f"orders/{order_id}", fields=orders.FIELDS))["order"]
        return (await self._open([document]))[0]

    async def _open(self, documents: Sequence[Json]) -> list[File]:
        """The files of orders, with what is not in their own documents: exchanges, claims, warehouses, reasons."""
        if not documents:
            return []
        ids = [str(order["id"]) for order in documents]
        exchanges, claims = await asyncio.gather(
            self._client.listing("exchanges", "exchanges", order_id=ids, fields=_EXCHANGES),
            self._client.listing("claims", "claims", order_id=ids, fields=_CLAIMS),
        )
        await self._look_up(documents)
        return [
            open_file(
                {
                    **order,
                    "exchanges": [exchange for exchange in exchanges if exchange["order_id"] == order["id"]],
                    "claims": [claim for claim in claims if claim["order_id"] == order["id"]],
                },
                self._policies,
                self._locations,
                self._reasons,
                self._now(),
            )
            for order in documents
        ]

    async def _look_up(self, documents: Sequence[Json]) -> None:
        """Fetches the warehouses and the return reasons when one is named that is not known yet."""
        parcels = (parcel for order in documents for parcel in order["fulfillments"])
        if not self._locations.keys() >= {parcel["location_id"] for parcel in parcels}:
            found = await self._client.listing("stock-locations", "stock_locations", fields=_LOCATIONS)
            self._locations = {str(location["id"]): orders.to_location(location) for location in found}
        items = (item for order in documents for return_ in order["returns"] for item in return_["items"])
        if not self._reasons.keys() >= {item["reason_id"] for item in items if item["reason_id"]}:
            found = await self._client.listing("return-reasons", "return_reasons", fields="id,value")
            self._reasons = {str(reason["id"]): reason["value"] for reason in found}

    @asynccontextmanager
    async def _turn(self, number: str) -> AsyncIterator[File]:
        """The file of an order that no other conversation of this process changes meanwhile.

        Raises `NotPossible` with `unknown_order`.
        """
        lock = self._turns.setdefault(order_digits(number), asyncio.Lock())
        async with lock:
            if (file := await self._file(number)) is None:
                raise NotPossible("unknown_order")
            yield file

    async def _clear(self, file: File, key: str) -> File:
        """The file, once the changes that were begun under a key and never confirmed have been taken back."""
        if not (unfinished := file.unfinished(key)):
            return file
        for path in unfinished:
            await changes.take_back(self._client, path)
        return await self._read(file.id)

    async def _refund(self, file: File, request: RefundRequest, key: str) -> Refund:
        if made := file.refund_under(key):
            return made
        if request.amount.amount <= 0:
            raise ValueError(f"a refund of {request.amount.amount} {request.amount.currency}")
        # A return's items were checked when it was announced.
        if request.cause is not RefundCause.RETURN:
            file.check_free(request.items)
        if (file.left(without=request.reference) - request.amount).amount < 0:
            raise NotPossible("too_much")
        if needs_approval(request.amount, file.policies):
            raise NotOffered("Medusa cannot let a refund wait for approval")
        await changes.pay_back(self._client, file, request, key)
        made = (await self._read(file.id)).refund_under(key)
        assert made is not None
        return made

    async def _settle(self, file: File, return_: Return) -> File:
        """The file, once what a received return has brought is paid back. What needs approval is left to people."""
        received_at = return_.received_at
        if not received_at or aftersales.paid_back_at(return_.number, return_.amount, received_at, file.refunds):
            return file
        request = RefundRequest(file.order.number, return_.amount, RefundCause.RETURN, reference=return_.number)
        try:
            await self._refund(file, request, key=return_.number)
        except NotOffered:
            return file
        return await self._read(file.id)
