"""Claims and repairs."""

from shop.aftersales import Claim, ClaimRequest, ClaimStatus, Repair, RepairRequest, RepairStatus
from shop.aftersales_rows import from_claim, from_repair
from shop.eligibility import ordered, pieces
from shop.port import NotPossible
from shop.sql.records import CLAIMS, REPAIRS
from shop.sql.transaction import Transaction, add, lock, unused_number
from shop.workdays import add_workdays


async def open_claim(tx: Transaction, wanted: ClaimRequest) -> str:
    """See `Shop.open_claim`: the claim's number."""
    file = await lock(tx, wanted.order_number)
    if pieces(wanted.items) - ordered(file.order):
        raise NotPossible("unknown_item")
    claim = Claim(
        number=await unused_number(tx, CLAIMS),
        order_number=file.order.number,
        kind=wanted.kind,
        items=wanted.items,
        remedy=wanted.remedy,
        status=wanted.status,
        created_at=tx.now,
        detail=wanted.detail,
        description=wanted.description,
        photos=wanted.photos,
        settled_at=tx.now if wanted.status is ClaimStatus.SETTLED else None,
    )
    await add(tx, CLAIMS, from_claim(claim, file.id))
    return claim.number


async def book_repair(tx: Transaction, wanted: RepairRequest) -> str:
    """See `Shop.book_repair`: the repair's number."""
    file = await lock(tx, wanted.order_number)
    if wanted.sku not in ordered(file.order):
        raise NotPossible("unknown_item")
    # The way to the workshop takes as long as that to the customer.
    workdays = file.policies.shipping.standard_workdays_max + file.policies.repairs.workdays
    repair = Repair(
        number=await unused_number(tx, REPAIRS),
        order_number=file.order.number,
        sku=wanted.sku,
        fault=wanted.fault,
        way=wanted.way,
        on=wanted.on,
        under_warranty=wanted.under_warranty,
        fee=wanted.fee,
        status=RepairStatus.BOOKED,
        ready_on=add_workdays(wanted.on, workdays),
        created_at=tx.now,
    )
    await add(tx, REPAIRS, from_repair(repair, file.id))
    return repair.number
