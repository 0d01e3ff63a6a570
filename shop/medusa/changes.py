"""What Medusa does to an order in several steps: returns, exchanges, claims.

The first step opens a change of the order, the last confirms it, and an order has one open change at a time. A change
that fails on the way is taken back, so that the order does not stay closed to others.
"""

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager, suppress

from shop.aftersales import RefundRequest, ReturnRequest
from shop.medusa.aftersales import CAUSES, REFUNDS, RETURNS, in_metadata, in_note
from shop.medusa.client import Json, MedusaClient, MedusaRefused
from shop.medusa.files import File
from shop.medusa.orders import original_shipping, payments, sku_of, unit_price
from shop.medusa.values import money
from shop.port import NotOffered, NotPossible, ShopUnavailable

_INSUFFICIENT = "insufficient_inventory"
"""Medusa's code for what is out of stock."""


async def announce_return(client: MedusaClient, file: File, wanted: ReturnRequest, key: str) -> None:
    """Asks for a return."""
    return_ = (
        await client.post(
            "returns",
            {
                "order_id": file.id,
                "location_id": file.location_id,
                "metadata": in_metadata(RETURNS.write(key, wanted)),
            },
        )
    )["return"]
    path = f"returns/{return_['id']}"
    async with _change(client, f"{path}/request"):
        await client.post(f"{path}/request-items", {"items": await _going_back(client, file, wanted)})
        await _charge_way_back(client, wanted, f"{path}/shipping-method")


async def announce_exchange(client: MedusaClient, file: File, wanted: ReturnRequest, key: str) -> None:
    """Asks for a return, and reserves what comes in its place.

    Another variant of the same product costs what was paid for the first, another product its price of today.
    """
    metadata = in_metadata(RETURNS.write(key, wanted))
    exchange = (await client.post("exchanges", {"order_id": file.id, "metadata": metadata}))["exchange"]
    path = f"exchanges/{exchange['id']}"
    async with _change(client, f"{path}/request"):
        going_back = {"location_id": file.location_id, "items": await _going_back(client, file, wanted)}
        await client.post(f"{path}/inbound/items", going_back)
        await _charge_way_back(client, wanted, f"{path}/inbound/shipping-method")
        variants = await _variants(client, wanted.replacements.values())
        coming = []
        for line, quantity in file.lines(wanted.items):
            variant = variants[wanted.replacements[sku_of(line)]]
            price = {"unit_price": unit_price(line)} if variant["product_id"] == line["product_id"] else {}
            coming.append({"variant_id": variant["id"], "quantity": quantity, **price})
        await _send(client, file, path, coming)


async def send_again(client: MedusaClient, file: File, wanted: RefundRequest, key: str) -> None:
    """Sends items again, for nothing, by a claim."""
    metadata = in_metadata(REFUNDS.write(key, wanted))
    claim = (await client.post("claims", {"order_id": file.id, "type": "replace", "metadata": metadata}))["claim"]
    path = f"claims/{claim['id']}"
    async with _change(client, f"{path}/request"):
        lines = file.lines(wanted.items)
        reason = CAUSES.get(wanted.cause, "other")
        claimed = [{"id": line["id"], "quantity": quantity, "reason": reason} for line, quantity in lines]
        await client.post(f"{path}/claim-items", {"items": claimed})
        coming = [{"variant_id": line["variant_id"], "quantity": count, "unit_price": 0} for line, count in lines]
        await _send(client, file, path, coming)


async def receive(client: MedusaClient, return_: Json) -> None:
    """Takes in all that a return has announced."""
    path = f"returns/{return_['id']}"
    await client.post(f"{path}/receive")
    async with _change(client, f"{path}/receive", confirm=f"{path}/receive/confirm"):
        items = [{"id": item["item_id"], "quantity": item["quantity"]} for item in return_["items"]]
        await client.post(f"{path}/receive-items", {"items": items})


async def pay_back(client: MedusaClient, file: File, wanted: RefundRequest, key: str) -> None:
    """Pays back from the first payment that has so much left.

    Raises `NotOffered` where only several together have.
    """
    for payment in payments(file.document):
        captured = payment["amount"] if payment["captured_at"] else 0
        left = captured - sum(refund["amount"] for refund in payment["refunds"])
        if money(left, wanted.amount.currency).amount >= wanted.amount.amount:
            # Rounded, it may be a fraction of a cent more than was paid.
            refund = {"amount": min(wanted.amount.amount, left), "note": in_note(REFUNDS.write(key, wanted))}
            await client.post(f"payments/{payment['id']}/refund", refund)
            return
    raise NotOffered("the amount was paid in several payments")


async def take_back(client: MedusaClient, path: str) -> None:
    """Takes back a change that was never confirmed: of a process that ended in the middle of it."""
    await client.delete(f"{path}/request")


@asynccontextmanager
async def _change(client: MedusaClient, path: str, *, confirm: str | None = None) -> AsyncIterator[None]:
    """A change of an order: confirmed at the end, taken back on an error.

    Raises `NotPossible` with `out_of_stock`.
    """
    try:
        yield
        await client.post(confirm or path)
    except BaseException as error:
        with suppress(ShopUnavailable):
            await client.delete(path)
        if isinstance(error, MedusaRefused) and error.code == _INSUFFICIENT:
            raise NotPossible("out_of_stock") from error
        raise


async def _going_back(client: MedusaClient, file: File, wanted: ReturnRequest) -> list[Json]:
    """The items of a return, with Medusa's own reason where the shop has set up one of that value."""
    reasons = await client.listing("return-reasons", "return_reasons", fields="id,value")
    reason_id = next((reason["id"] for reason in reasons if reason["value"] == wanted.reason.value), None)
    reason = {"reason_id": reason_id} if reason_id else {}
    return [{"id": line["id"], "quantity": quantity, **reason} for line, quantity in file.lines(wanted.items)]


async def _charge_way_back(client: MedusaClient, wanted: ReturnRequest, path: str) -> None:
    """Lets a return cost its fee, where the shop has set up a shipping option for returns."""
    if wanted.fee.amount <= 0:
        return
    fields = "id,rules.attribute,rules.value"
    for option in await client.listing("shipping-options", "shipping_options", fields=fields):
        if any(rule["attribute"] == "is_return" and rule["value"] == "true" for rule in option["rules"]):
            fee = {"shipping_option_id": option["id"], "custom_amount": wanted.fee.amount}
            await client.post(path, fee)
            return


async def _variants(client: MedusaClient, skus: Iterable[str]) -> dict[str, Json]:
    """The variants with SKUs. Raises `NotPossible` with `out_of_stock` where the shop no longer has one."""
    wanted = sorted(set(skus))
    found = await client.listing("product-variants", "variants", sku=wanted, fields="id,sku,product_id")
    variants = {str(variant["sku"]): variant for variant in found}
    if variants.keys() != set(wanted):
        raise NotPossible("out_of_stock")
    return variants


async def _send(client: MedusaClient, file: File, path: str, coming: Sequence[Json]) -> None:
    """Lets an exchange or a claim send variants the way the order was sent, for nothing."""
    await client.post(f"{path}/outbound/items", {"items": coming})
    # Medusa reserves them only once it knows how they will go.
    for method in original_shipping(file.document)[:1]:
        way = {"shipping_option_id": method["shipping_option_id"], "custom_amount": 0}
        await client.post(f"{path}/outbound/shipping-method", way)
