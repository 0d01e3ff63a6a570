"""What is said to a server, and how long its answers take."""

from __future__ import annotations

import asyncio
import itertools
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

from benchmarks.doors import Door
from benchmarks.figures import Latency, around, percentile
from mail import messages_in, read_message

QUESTIONS = (
    "how long can I send something back?",
    "do you ship to Austria?",
    "is my parcel insured?",
    "how can I pay?",
)
"""What customers ask, over and over; each conversation begins with another, so that all turns have the same mixture."""

KINDS = {
    "question": QUESTIONS[0],
    "tracking": "where is my order AC-104233? lucia.fernandez@correo.example",
    "button": "/track_order",
}
"""A message of each kind that is measured by itself, each in a conversation that is new."""

SIDE_BY_SIDE = 4
"""Conversations whose turns come at the same time."""

TURNS = (1, 10, 100, 500)
"""The turns of a conversation that are reported."""

RETURN = (
    "I'd like to return my jeans from AC-114590, they're too small",
    "anna.lindner@posteo.example",
    None,
    "just the money back",
    "i don't have a printer",
    "yes please",
)
"""What a customer says who sends something back; None is the code from the letter."""

RETURNED = re.compile(r"\bRMA-")

CODE = re.compile(r"(?<![\w-])\d{6}\b")

MAIL_SECONDS = 20


class Unexpected(Exception):
    """A conversation went another way than it should."""


def newcomer() -> str:
    """A sender who has not written yet."""
    return f"benchmark-{uuid4().hex}"


@dataclass(frozen=True)
class Walk:
    """Long conversations, one turn after the other.

    Attributes:
        milliseconds: of each turn, the median over the conversations that came so far.
    """

    milliseconds: list[float]

    def at(self, turn: int) -> float | None:
        """What a turn takes: the median of those around it. None where no conversation came so far."""
        return around(self.milliseconds, turn)


@dataclass(frozen=True)
class Rounds:
    """Conversations that go side by side: each round is one turn of each, at once.

    Attributes:
        per_second: turns answered a second in each round.
    """

    conversations: int
    per_second: list[float]

    def at(self, turn: int) -> float | None:
        """Turns a second while the conversations are at this turn. None where they did not come so far."""
        return around(self.per_second, turn)


@dataclass(frozen=True)
class Throughput:
    """As much as a number of conversations can have at once, each of which goes on as soon as it is answered.

    Attributes:
        cpu: milliseconds of processor time that the server used for a turn.
    """

    conversations: int
    per_second: float
    latency: Latency
    cpu: float


@dataclass(frozen=True)
class WholeReturn:
    """A return from the first message to its number, in milliseconds; the wait for the letter is left out."""

    turns: int
    total: float
    slowest: float


async def kind(door: Door, text: str, count: int, seconds: float) -> Latency:
    """How long a message takes that begins a conversation: said so often, or as long as there is time."""
    until = time.monotonic() + seconds
    await door.say(newcomer(), text)
    times = []
    while len(times) < count and (not times or time.monotonic() < until):
        times.append(await door.timed(newcomer(), text))
    return Latency.of(times)


async def walk(door: Door, turns: int, seconds: float, conversations: int = 8, go_on: int = 4, after: int = 20) -> Walk:
    """Have conversations of so many turns, or as long as there is time.

    Args:
        conversations: so many begin,
        go_on: and so many of them go on
        after: this turn.
    """
    until = time.monotonic() + seconds
    senders = [newcomer() for _ in range(conversations)]
    medians: list[float] = []
    for turn in range(turns):
        if medians and time.monotonic() > until:
            break
        present = senders if turn < after else senders[:go_on]
        times = [await door.timed(sender, _question(turn, number)) for number, sender in enumerate(present)]
        medians.append(percentile(times, 0.5))
    return Walk(medians)


async def rounds(door: Door, turns: int, seconds: float, conversations: int = SIDE_BY_SIDE) -> Rounds:
    """Have conversations side by side, of so many turns, or as long as there is time."""
    until = time.monotonic() + seconds
    # The first round of all is no different from the later ones, but for what the server has to get ready.
    await asyncio.gather(*(door.say(newcomer(), QUESTIONS[0]) for _ in range(conversations)))
    senders = [newcomer() for _ in range(conversations)]
    rates: list[float] = []
    for turn in range(turns):
        if rates and time.monotonic() > until:
            break
        started = time.perf_counter()
        await asyncio.gather(*(door.say(sender, _question(turn, each)) for each, sender in enumerate(senders)))
        rates.append(conversations / (time.perf_counter() - started))
    return Rounds(conversations, rates)


@dataclass
class _Load:
    """Conversations that go on until they are told to stop."""

    door: Door
    times: list[float] = field(default_factory=list)
    stopped: bool = False

    async def converse(self, sender: str) -> None:
        for text in itertools.cycle(QUESTIONS):
            if self.stopped:
                return
            self.times.append(await self.door.timed(sender, text))


async def throughput(
    door: Door, conversations: int, seconds: float, cpu_seconds: Callable[[], float], warm_up: float = 1.0
) -> Throughput:
    """Load a server with so many conversations at once.

    Args:
        cpu_seconds: says how much processor time the server has used.
        warm_up: seconds before it is measured.
    """
    load = _Load(door)
    talking = [asyncio.create_task(load.converse(newcomer())) for _ in range(conversations)]
    await asyncio.sleep(warm_up)
    load.times.clear()
    started, used = time.perf_counter(), cpu_seconds()
    await asyncio.sleep(seconds)
    times, took, used = list(load.times), time.perf_counter() - started, cpu_seconds() - used
    load.stopped = True
    await asyncio.gather(*talking)
    if not times:
        raise Unexpected(f"{conversations} conversations at once: no turn was answered within {seconds:g} s")
    return Throughput(conversations, len(times) / took, Latency.of(times), used * 1000 / len(times))


async def whole_return(door: Door, mail: Path) -> WholeReturn:
    """Send something back, in the demonstration shop. Raises `Unexpected`."""
    sender, times = newcomer(), []
    for said in RETURN:
        text = said or await asyncio.to_thread(_code, mail)
        started = time.perf_counter()
        answer = await door.say(sender, text)
        times.append((time.perf_counter() - started) * 1000)
    if not any(RETURNED.search(message.get("text", "")) for message in answer):
        raise Unexpected(f"no return was made: {answer}")
    return WholeReturn(len(times), sum(times), max(times))


def _question(turn: int, conversation: int) -> str:
    return QUESTIONS[(turn + conversation) % len(QUESTIONS)]


def _code(mail: Path) -> str:
    """The code in the last letter, which may be on its way yet. Raises `Unexpected`."""
    until = time.monotonic() + MAIL_SECONDS
    while not (letters := messages_in(mail)):
        if time.monotonic() > until:
            raise Unexpected(f"no letter with a code came within {MAIL_SECONDS} s")
        time.sleep(0.05)
    body = read_message(letters[0]).get_body(("plain",))
    found = CODE.search(body.get_content() if body else "")
    if not found:
        raise Unexpected(f"there is no code in {letters[0]}")
    return found.group()


def reported(at: Callable[[int], float | None], turns: tuple[int, ...] = TURNS) -> dict[int, float]:
    """The figures of those turns that were reached."""
    found = {turn: at(turn) for turn in turns}
    return {turn: value for turn, value in found.items() if value is not None}
