"""Wrong pairs of order number and address, on both databases."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.guesses import Guesses
from bot.identity import PAUSE_LENGTHS, PAUSES, TRIES, CheckOutcome
from storage import Database
from tests.bot.test_codes import NOON, SECRET, Clock

NUMBER = "AC-104233"
EMAIL = "ada@mail.example"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def guesses(database: Database, clock: Clock) -> Guesses:
    return Guesses(database, SECRET, clock)


async def guess(guesses: Guesses, times: int = TRIES, **given: str) -> CheckOutcome:
    """Try wrong pairs that have a number or an address in common; returns what was said to the last."""
    for number in range(times):
        pair = {"order_number": f"AC-{number:06}", "email": f"somebody{number}@mail.example", **given}
        outcome = await guesses.check(**pair, right=False)
    return outcome


async def test_right_and_wrong_are_as_the_caller_says(guesses: Guesses) -> None:
    assert await guesses.check(NUMBER, EMAIL, right=True) is CheckOutcome.RIGHT
    assert await guesses.check(NUMBER, "bob@mail.example", right=False) is CheckOutcome.WRONG


@pytest.mark.parametrize("common", [{"order_number": NUMBER}, {"email": EMAIL}])
async def test_many_wrong_pairs_with_a_number_or_an_address_pause_it(
    guesses: Guesses, clock: Clock, common: dict[str, str]
) -> None:
    assert await guess(guesses, TRIES - 1, **common) is CheckOutcome.WRONG
    assert await guess(guesses, 1, **common) is CheckOutcome.PAUSED
    # What is right now is not told either.
    assert await guesses.check(NUMBER, EMAIL, right=True) is CheckOutcome.PAUSED
    assert await guesses.check("AC-1", "bob@mail.example", right=True) is CheckOutcome.RIGHT
    clock.go_on(seconds=PAUSE_LENGTHS[0].total_seconds())
    assert await guesses.check(NUMBER, EMAIL, right=True) is CheckOutcome.RIGHT


async def test_other_spellings_are_no_other_tries(guesses: Guesses) -> None:
    for number in ("AC-104233", "ac104233", "#104233", "１０４２３３", "104233"):
        outcome = await guesses.check(number, f"{number.encode().hex()}@mail.example", right=False)
    assert outcome is CheckOutcome.PAUSED
    for email in ("bob@mail.example", "Bob@mail.example", " bob@mail.example ", "BOB@MAIL.EXAMPLE", "bob@Mail.example"):
        outcome = await guesses.check(str(len(email)) + email.encode().hex(), email, right=False)
    assert outcome is CheckOutcome.PAUSED


async def test_pauses_grow(guesses: Guesses, clock: Clock) -> None:
    for length in (*PAUSE_LENGTHS, PAUSE_LENGTHS[-1]):
        assert await guess(guesses, email=EMAIL) is CheckOutcome.PAUSED
        clock.go_on(seconds=(length - timedelta(seconds=1)).total_seconds())
        assert await guesses.check("AC-7", EMAIL, right=False) is CheckOutcome.PAUSED
        clock.go_on(seconds=1)


async def test_a_right_pair_forgives_the_wrong_ones(guesses: Guesses) -> None:
    await guess(guesses, TRIES - 1, email=EMAIL)
    assert await guesses.check(NUMBER, EMAIL, right=True) is CheckOutcome.RIGHT
    assert await guess(guesses, TRIES - 1, email=EMAIL) is CheckOutcome.WRONG


async def test_many_at_once_get_no_more_tries(guesses: Guesses) -> None:
    pairs = [(f"AC-{number:06}", EMAIL) for number in range(4 * TRIES)]
    outcomes = await asyncio.gather(*(guesses.check(number, email, right=False) for number, email in pairs))
    assert outcomes.count(CheckOutcome.WRONG) == TRIES - 1


async def test_neither_number_nor_address_is_kept(guesses: Guesses, database: Database) -> None:
    await guesses.check(NUMBER, EMAIL, right=False)
    async with database.session() as session:
        rows = (await session.execute(select(PAUSES))).all()
    assert len(rows) == 2
    assert "104233" not in str(rows)
    assert "ada" not in str(rows)
    assert {row.failed_at for row in rows} == {NOON}
