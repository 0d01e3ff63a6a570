"""When things happen to an order: from the moment it is placed to the days promised for its arrival."""

import random
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from shop.model import DeliveryMethod
from shop.policies import Section
from shop.workdays import add_workdays, is_workday

# Carriers collect at the warehouse in the early evening.
_COLLECTION = time(17, 30)


@dataclass(frozen=True)
class Plan:
    """What the shop does with an order if nothing goes wrong. Moments in UTC, days at the destination."""

    placed_at: datetime
    paid_at: datetime
    packed_at: datetime
    shipped_at: datetime
    promised_from: date
    promised_until: date


def plan(
    placed_at: datetime,
    rng: random.Random,
    policies: Section,
    warehouse_zone: str,
    delivery: DeliveryMethod,
    *,
    customs: bool,
) -> Plan:
    """The plan for an order placed at a moment, by the policies of the country that it goes to."""
    paid_at = placed_at + timedelta(minutes=rng.randint(2, 12))
    packed_at = paid_at + timedelta(minutes=rng.randint(100, 240))
    zone = ZoneInfo(warehouse_zone)
    local = placed_at.astimezone(zone)
    in_time = local.time() < time.fromisoformat(policies.shipping.order_cutoff)
    day = local.date() if in_time and is_workday(local.date()) else local.date() + timedelta(days=1)
    dispatch = add_workdays(day, 0)
    collected = datetime.combine(dispatch, _COLLECTION, zone) + timedelta(minutes=rng.randint(0, 25))
    shipped_at = max(collected.astimezone(placed_at.tzinfo), packed_at + timedelta(minutes=20))

    shipping = policies.shipping
    if delivery is DeliveryMethod.EXPRESS:
        earliest, latest = shipping.express_workdays_min, shipping.express_workdays_max
    else:
        earliest, latest = shipping.standard_workdays_min, shipping.standard_workdays_max
    clearance = policies.customs.clearance_workdays if customs else 0
    return Plan(
        placed_at=placed_at,
        paid_at=paid_at,
        packed_at=packed_at,
        shipped_at=shipped_at,
        promised_from=add_workdays(dispatch, earliest + clearance),
        promised_until=add_workdays(dispatch, latest + clearance),
    )
