"""What carriers say: scans of parcels on their way to customers, and back."""

from sqlalchemy import func, insert, select

from shop.aftersales import CarrierScan, Return, ReturnStatus, ScanOutcome
from shop.aftersales_rows import storable
from shop.model import Order, OrderStatus, Shipment, TrackingCode
from shop.port import NotPossible
from shop.sql import returns
from shop.sql.records import REPLACEMENTS, RETURNS, find
from shop.sql.transaction import File, Transaction, change, change_order, lock_id, reread
from shop.tables import ShipmentRow, TrackingEventRow
from storage import table

_SHIPMENTS = table(ShipmentRow)
_EVENTS = table(TrackingEventRow)

_STAGES = {
    TrackingCode.PICKED_UP: OrderStatus.SHIPPED,
    TrackingCode.ARRIVED: OrderStatus.IN_TRANSIT,
    TrackingCode.DEPARTED: OrderStatus.IN_TRANSIT,
    TrackingCode.EXPORT_CLEARED: OrderStatus.IN_TRANSIT,
    TrackingCode.CUSTOMS_ARRIVED: OrderStatus.CUSTOMS,
    TrackingCode.CUSTOMS_HELD: OrderStatus.CUSTOMS,
    TrackingCode.CUSTOMS_CLEARED: OrderStatus.IN_TRANSIT,
    TrackingCode.DELAYED: OrderStatus.IN_TRANSIT,
    TrackingCode.OUT_FOR_DELIVERY: OrderStatus.OUT_FOR_DELIVERY,
    TrackingCode.DELIVERY_ATTEMPTED: OrderStatus.OUT_FOR_DELIVERY,
    TrackingCode.HELD_AT_PICKUP: OrderStatus.OUT_FOR_DELIVERY,
}
"""The state of an order whose parcel was scanned last so. Other scans change nothing."""

_SETTLED = frozenset(
    {OrderStatus.DELIVERED, OrderStatus.CANCELLED, OrderStatus.RETURNED, OrderStatus.REFUNDED},
)
"""States that no scan on the way changes."""


async def record(tx: Transaction, scan: CarrierScan) -> ScanOutcome | None:
    """See `Shop.record_scan`."""
    number = _number(scan)
    parcel = select(_SHIPMENTS.c.id, _SHIPMENTS.c.order_id).where(_SHIPMENTS.c.tracking_number == number)
    if shipment := (await tx.connection.execute(parcel)).one_or_none():
        return await _record_delivery(tx, await lock_id(tx, shipment.order_id), shipment.id, scan)
    way_back = select(RETURNS.columns.order_id).where(RETURNS.columns.tracking_number == number)
    if (order_id := (await tx.connection.execute(way_back)).scalar_one_or_none()) is not None:
        return await _record_return(tx, await lock_id(tx, order_id), scan)
    return None


async def _record_delivery(tx: Transaction, file: File, shipment_id: int, scan: CarrierScan) -> ScanOutcome:
    if _is_repeated(_parcel(file.order, scan), scan):
        return ScanOutcome(file.order)
    position = select(func.coalesce(func.max(_EVENTS.c.position) + 1, 0)).where(_EVENTS.c.shipment_id == shipment_id)
    await tx.connection.execute(
        insert(_EVENTS).values(
            shipment_id=shipment_id,
            position=position.scalar_subquery(),
            time=scan.time,
            time_zone=scan.time_zone,
            place=scan.place,
            country=scan.country,
            code=scan.code.value,
        )
    )
    order = (await reread(tx, file.id)).order
    status = _status(order)
    shipped_at, delivered_at = order.shipped_at, order.delivered_at
    if status is not order.status and shipped_at is None:
        shipped_at = scan.time
    if status is OrderStatus.DELIVERED and delivered_at is None:
        delivered_at = max(parcel.delivered_at for parcel in order.shipments if parcel.delivered_at)
    await change_order(tx, file.id, status=status.value, shipped_at=shipped_at, delivered_at=delivered_at)
    return ScanOutcome((await reread(tx, file.id)).order)


def _number(scan: CarrierScan) -> str:
    return storable(scan.tracking_number).strip()


def _parcel(order: Order, scan: CarrierScan) -> Shipment:
    return next(parcel for parcel in order.shipments if parcel.tracking_number == _number(scan))


def _is_repeated(parcel: Shipment, scan: CarrierScan) -> bool:
    """Whether the scan is known. A parcel is delivered once, whenever a carrier says so again."""
    if scan.code is TrackingCode.DELIVERED:
        return parcel.delivered_at is not None
    return any(event.code is scan.code and event.time == scan.time for event in parcel.events)


def _status(order: Order) -> OrderStatus:
    """How far an order has got by the scans of its parcels."""
    if order.status in _SETTLED:
        return order.status
    moving = [parcel for parcel in order.shipments if parcel.delivered_at is None]
    if not moving:
        return OrderStatus.DELIVERED
    latest = [parcel.latest for parcel in moving]
    # A lost parcel decides only when none of the others is on its way.
    scanned = [event for event in latest if event and event.code is not TrackingCode.LOST]
    if not scanned:
        return order.status if None in latest else OrderStatus.LOST
    return _STAGES.get(max(scanned, key=lambda event: event.time).code, order.status)


async def _record_return(tx: Transaction, file: File, scan: CarrierScan) -> ScanOutcome:
    number = _number(scan)
    return_ = next(return_ for return_ in file.returns if return_.tracking_number == number)
    if return_.status in (ReturnStatus.ANNOUNCED, ReturnStatus.IN_TRANSIT) or _is_revivable(file, return_):
        if scan.code is TrackingCode.DELIVERED:
            await returns.receive(tx, file, return_, scan.time)
        elif scan.code is not TrackingCode.LABEL_CREATED:
            await change(tx, RETURNS, return_.number, status=ReturnStatus.IN_TRANSIT.value)
    file = await reread(tx, file.id)
    sent = await find(tx.connection, REPLACEMENTS, REPLACEMENTS.columns.reference == return_.number)
    return ScanOutcome(
        order=file.order,
        returned=next(r for r in file.returns if r.number == return_.number),
        refund=returns.refund_of(file, return_),
        replacement=sent[0] if sent else None,
    )


def _is_revivable(file: File, return_: Return) -> bool:
    """Whether a return that was sent in spite of its expired label can go on: nothing else was done for its items."""
    if return_.status is not ReturnStatus.EXPIRED:
        return False
    try:
        file.check_free(return_.items)
    except NotPossible:
        return False
    return (file.left() - return_.amount).amount >= 0
