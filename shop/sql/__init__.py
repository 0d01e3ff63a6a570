"""A shop whose orders live in Aftercare's own database: the `Shop` port on `shop_` tables.

`SqlShop` opens a transaction and leaves the work to a module: `orders` and `records` read; `cancelling`, `returns`,
`refunds`, `replacements` and `claims` do what customers ask for, `scans` and `settling` what carriers and time bring,
`privacy` what the law asks.
"""

from shop.sql.adapter import SqlShop
from shop.sql.settling import Settlement

__all__ = ["Settlement", "SqlShop"]
