"""Order numbers and e-mail addresses that are given together, and how often a pair may be wrong."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import UTC, datetime

from bot.identity import CheckOutcome, Record, count_failure, keep_record, lock_record
from shop import email_key, order_digits
from storage import Database


class Guesses:
    """Keeps anybody from trying many pairs. Methods raise `storage.DatabaseUnavailable` when it is away.

    Wrong pairs count for the order number and for the address, in all conversations together and whether there is
    such a one or not. While one of the two pauses, no pair with it is looked at, not even the right one. Both are kept
    as keyed hashes only, beside those of one-time codes (`bot.identity`), whose pauses they share in length.

    Args:
        database: has the table `bot_code_pauses`.
        secret: what the key of the hashes is derived from, at least 32 bytes.
        now: the present moment, aware.
    """

    def __init__(
        self, database: Database, secret: bytes, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._database = database
        # A key of its own: wrong pairs do not count as wrong codes.
        self._key = hmac.digest(secret, b"aftercare guesses", hashlib.sha256)
        self._now = now

    async def check(self, order_number: str, email: str, right: bool) -> CheckOutcome:
        """What is to be said of a pair: `RIGHT` and `WRONG` as `right` says, or `PAUSED`, whatever it says."""
        now = self._now()
        # Always in the same order, so that no two wait for each other.
        keys = sorted((self._hash("order", order_digits(order_number)), self._hash("address", email_key(email))))
        async with self._database.writing() as connection:
            records = {key: await lock_record(connection, key, now) for key in keys}
            if any(record.paused_until for record in records.values()):
                return CheckOutcome.PAUSED
            if right:
                for key, record in records.items():
                    if record != Record():
                        await keep_record(connection, key, tries=0, pauses=0)
                return CheckOutcome.RIGHT
            counted = [await count_failure(connection, key, records[key], now) for key in keys]
        paused = any(checked.outcome is CheckOutcome.PAUSED for checked in counted)
        return CheckOutcome.PAUSED if paused else CheckOutcome.WRONG

    def _hash(self, *parts: str) -> str:
        return hmac.new(self._key, json.dumps(parts).encode(), hashlib.sha256).hexdigest()
