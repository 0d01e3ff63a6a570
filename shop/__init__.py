"""What is true: orders, shipments, products, customers and the shop's policies.

`Shop` is the port through which the house asks; `SqlShop` is the adapter on Aftercare's own database, and
`shop.demo` fills that with a demonstration shop. A shop with a system of its own writes another adapter.
This room knows nothing of Rasa, of the web, or of the knowledge base.
"""

from shop.addresses import address_lines
from shop.model import (
    Address,
    Customer,
    DeliveryMethod,
    Money,
    Order,
    OrderLine,
    OrderStatus,
    Product,
    Shipment,
    Term,
    Totals,
    TrackingCode,
    TrackingEvent,
    Variant,
)
from shop.policies import Policies, PoliciesError, Section
from shop.port import Shop, ShopUnavailable, email_key, order_digits
from shop.sql import SqlShop

__all__ = [
    "Address",
    "Customer",
    "DeliveryMethod",
    "Money",
    "Order",
    "OrderLine",
    "OrderStatus",
    "Policies",
    "PoliciesError",
    "Product",
    "Section",
    "Shipment",
    "Shop",
    "ShopUnavailable",
    "SqlShop",
    "Term",
    "Totals",
    "TrackingCode",
    "TrackingEvent",
    "Variant",
    "address_lines",
    "email_key",
    "order_digits",
]
