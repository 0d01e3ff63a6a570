"""A shop that runs on Medusa (version 2): the `Shop` port on its Admin API.

`MedusaShop` finds an order's document with `client` and leaves reading it to `orders`, `aftersales`, `customers` and
`catalogue`, and changing it to `changes`. `docs/shop.md` says what Medusa covers of the port, and what not.
"""

from shop.medusa.adapter import MedusaShop
from shop.medusa.client import MedusaClient

__all__ = ["MedusaClient", "MedusaShop"]
