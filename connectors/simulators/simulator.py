"""What the simulated platforms have in common: the webhook that they call, and what goes on meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

from connectors.simulators.calls import Answer, Caller, trouble
from connectors.simulators.media import MediaStore
from connectors.simulators.stage import Bubble, Delivery, Exchange, Stage


class Simulator:
    """A platform with one account.

    Args:
        stage: what the page shows; its `about` has the address of the `webhook`.
        seconds: how long the server may take to answer the webhook.

    Attributes:
        caller: calls the webhook; its address may be changed.
    """

    def __init__(self, stage: Stage, seconds: float) -> None:
        self.stage = stage
        self.media = MediaStore()
        self.caller = Caller(stage.about["webhook"], seconds)
        self._tasks: set[asyncio.Task[Any]] = set()

    async def settle(self) -> bool:
        """Wait for what is under way; returns whether anything was."""
        under_way = [*self._tasks]
        await asyncio.gather(*under_way)
        return bool(under_way)

    async def close(self) -> None:
        """End what is under way."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.caller.close()

    def _later(self, work: Coroutine[Any, Any, Any]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _begin_again(self, bubble: Bubble) -> None:
        """Show that what a customer has sent is under way, once more where it has failed."""
        if bubble.state == Delivery.FAILED:
            bubble.state, bubble.reason = Delivery.WAITING, None
            self.stage.show(bubble)

    def _conclude(self, bubble: Bubble, answer: Answer) -> None:
        """Show what has become of what a customer has sent."""
        if answer.taken:
            self.stage.advance(bubble, Delivery.DELIVERED)
        else:
            self.stage.advance(bubble, Delivery.FAILED, trouble(answer, self.caller.address))

    def _show_call(self, answer: Answer, exchange: Exchange) -> None:
        """Show a call of the webhook, and what it tells of the server."""
        self.stage.record(exchange)
        if answer.taken:
            self.stage.tell_server("ok", "The server takes what it is told.")
        else:
            self._tell_trouble(answer)

    def _show_check(self, answer: Answer, exchange: Exchange, expected: str, right: str, wrong: str) -> None:
        """Show a check of the webhook where it tells something new; `right` and `wrong` are words for its answer."""
        known = self.stage.server["state"]
        if not answer.taken:
            self._tell_trouble(answer)
        elif answer.body == expected.encode():
            self.stage.tell_server("ok", right)
        else:
            self.stage.tell_server("refused", wrong)
        if self.stage.server["state"] != known:
            self.stage.record(exchange)

    def _tell_trouble(self, answer: Answer) -> None:
        state = "missing" if answer.status is None else "refused"
        self.stage.tell_server(state, trouble(answer, self.caller.address))
