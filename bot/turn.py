"""What is looked up once a turn.

A flow is run from its beginning several times in a turn: when a message is taken, when the next question is looked for,
and when the matter is settled. What it asks the shop is the same each time.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from typing import Any, TypeVar, cast

from shop import Shop

T = TypeVar("T")

LOOKS = frozenset(
    {
        "order",
        "orders_of",
        "products",
        "customer",
        "customer_by_phone",
        "returns_of",
        "return_",
        "refunds_of",
        "replacements_of",
        "claims_of",
        "repairs_of",
    }
)
"""The methods of a `Shop` that change nothing."""

_found: ContextVar[dict[Hashable, Any] | None] = ContextVar("found", default=None)


@contextmanager
def one_turn() -> Iterator[None]:
    """What is looked up in the `with` block is of one turn."""
    token = _found.set({})
    try:
        yield
    finally:
        _found.reset(token)


async def once_a_turn(what: Hashable, look: Callable[[], Awaitable[T]]) -> T:
    """What `look` returns, which is called only once in a turn; outside of one, every time."""
    found = _found.get()
    if found is None:
        return await look()
    if what not in found:
        found[what] = await look()
    return cast(T, found[what])


def remembering(shop: Shop) -> Shop:
    """The same shop, which is asked the same thing once a turn; after it has changed something, once more."""
    return cast(Shop, _RememberingShop(shop))


class _RememberingShop:
    def __init__(self, shop: Shop) -> None:
        self._shop = shop

    def __getattr__(self, name: str) -> Callable[..., Awaitable[Any]]:
        return partial(self._look if name in LOOKS else self._change, name)

    async def _look(self, name: str, *arguments: Hashable) -> Any:
        found = await once_a_turn((name, *arguments), partial(getattr(self._shop, name), *arguments))
        return list(found) if isinstance(found, list) else found

    async def _change(self, name: str, *arguments: Any, **options: Any) -> Any:
        try:
            return await getattr(self._shop, name)(*arguments, **options)
        finally:
            found = _found.get()
            if found is not None:
                found.clear()
