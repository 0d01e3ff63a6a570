"""One-time codes, on both databases, with a clock and a post of the tests' own."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import structlog
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from bot.identity import (
    BETWEEN_CODES,
    CODES,
    PAUSE_LENGTHS,
    PAUSES,
    TRIES,
    Checked,
    CheckOutcome,
    Codes,
    SendOutcome,
    Sent,
)
from bot.letters import Letter, MailUnavailable
from shop import Address, Customer, order_digits
from storage import Database

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
SECRET = b"a secret of thirty-two bytes, or more"
ADA = Customer(
    id="C-1",
    name="Ada Lovelace",
    email="Ada@mail.example",
    phone=None,
    country="GB",
    language="en",
    address=Address("Ada Lovelace", "12 Byron Street", "London", "NW1 2AB", "GB"),
)
EMAIL = "ada@mail.example"
NOBODY = "nobody@mail.example"


class Clock:
    """A clock that goes on when it is told to."""

    def __init__(self) -> None:
        self.time = NOON

    def __call__(self) -> datetime:
        return self.time

    def go_on(self, **time: float) -> None:
        self.time += timedelta(**time)


class Letters:
    """A post that keeps what it is given."""

    def __init__(self) -> None:
        self.sent: list[Letter] = []
        self.problem: Exception | None = None

    async def put(self, letter: Letter, key: str) -> None:
        raise AssertionError("a code must not be stored")

    async def send(self, letter: Letter) -> None:
        if self.problem:
            raise self.problem
        self.sent.append(letter)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def letters() -> Letters:
    return Letters()


@pytest.fixture
async def codes(database: Database, letters: Letters, clock: Clock) -> AsyncIterator[Codes]:
    opened = Codes(database, letters, SECRET, clock)
    yield opened
    await opened.close()


@pytest.fixture
def ask(codes: Codes, letters: Letters) -> Callable[..., Any]:
    """Begin, and return the code that Ada got."""

    async def asking(conversation: str = "rest:1", **options: Any) -> str:
        assert await codes.begin(conversation, EMAIL, ADA, "en", 10, **options) == Sent(SendOutcome.SENT)
        await codes.close()
        return str(letters.sent[-1].values["code"])

    return asking


def other(code: str, by: int = 1) -> str:
    """Another code."""
    return f"{(int(code) + by) % 10**6:06}"


async def fail(codes: Codes, code: str, conversation: str = "rest:1", times: int = TRIES) -> Checked:
    """Try wrong codes; returns what was said to the last."""
    for number in range(times):
        checked = await codes.check(conversation, EMAIL, other(code, number + 1))
    return checked


async def test_a_code_is_right_once(codes: Codes, ask: Any) -> None:
    code = await ask()
    assert await codes.check("rest:1", EMAIL, code) == Checked(CheckOutcome.RIGHT)
    assert await codes.check("rest:1", EMAIL, code) == Checked(CheckOutcome.EXPIRED)


async def test_the_letter(codes: Codes, letters: Letters) -> None:
    await codes.begin("rest:1", EMAIL, ADA, "fr", 10)
    await codes.close()
    (letter,) = letters.sent
    assert (letter.name, letter.language) == ("code", "fr")
    assert letter.values == {"customer": "Ada Lovelace", "code": letter.values["code"], "minutes": 10}
    assert len(letter.values["code"]) == 6
    assert letter.values["code"].isdecimal()


async def test_the_letter_goes_to_the_address_of_the_shop(codes: Codes, letters: Letters) -> None:
    # Both are one when they are compared, but anybody may own either.
    customer = replace(ADA, email="ada@strasse.example")
    await codes.begin("rest:1", "ada@straße.example", customer, "en", 10)
    await codes.close()
    assert [letter.to for letter in letters.sent] == ["ada@strasse.example"]


@pytest.mark.parametrize(
    "written",
    [
        lambda code: f" {code[:3]} {code[3:]} ",
        lambda code: "-".join(code),
        lambda code: f"{code[:3]}\u00a0{code[3:]}",
        lambda code: f"it is {code}.",
        lambda code: "".join(chr(ord("０") + int(digit)) for digit in code),
        lambda code: "".join(chr(ord("٠") + int(digit)) for digit in code),
        lambda code: "".join(chr(ord("०") + int(digit)) for digit in code),
    ],
)
async def test_however_a_code_is_written(codes: Codes, ask: Any, written: Callable[[str], str]) -> None:
    assert (await codes.check("rest:1", EMAIL, written(await ask()))).outcome is CheckOutcome.RIGHT


async def test_however_the_address_is_written(codes: Codes, ask: Any) -> None:
    code = await ask()
    assert (await codes.check("rest:1", "  ADA@Mail.example ", code)).outcome is CheckOutcome.RIGHT


async def test_a_code_is_for_one_conversation_and_one_address(codes: Codes, ask: Any) -> None:
    code = await ask()
    assert (await codes.check("rest:2", EMAIL, code)).outcome is CheckOutcome.EXPIRED
    assert (await codes.check("rest:1", NOBODY, code)).outcome is CheckOutcome.EXPIRED
    await codes.begin("rest:2", NOBODY, None, "en", 10)
    assert (await codes.check("rest:2", NOBODY, code)).outcome is CheckOutcome.WRONG
    assert (await codes.check("rest:1", EMAIL, code)).outcome is CheckOutcome.RIGHT


async def test_a_code_expires(codes: Codes, clock: Clock, ask: Any) -> None:
    code = await ask()
    clock.go_on(minutes=10)
    assert await codes.check("rest:1", EMAIL, code) == Checked(CheckOutcome.EXPIRED)
    assert await ask()


async def test_a_code_that_is_valid_is_not_sent_again(codes: Codes, clock: Clock, letters: Letters, ask: Any) -> None:
    code = await ask()
    clock.go_on(minutes=9)
    assert await codes.begin("rest:1", EMAIL, ADA, "en", 10) == Sent(SendOutcome.ALREADY_SENT)
    await codes.close()
    assert len(letters.sent) == 1
    assert (await codes.check("rest:1", EMAIL, code)).outcome is CheckOutcome.RIGHT


async def test_another_code_ends_the_last(
    codes: Codes, clock: Clock, ask: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = iter([111111, 222222])
    monkeypatch.setattr("bot.identity.secrets.randbelow", lambda limit: next(drawn))
    first = await ask()
    clock.go_on(seconds=30)
    second = await ask(again=True)
    assert (await codes.check("rest:1", EMAIL, first)).outcome is CheckOutcome.WRONG
    assert (await codes.check("rest:1", EMAIL, second)).outcome is CheckOutcome.RIGHT


async def test_there_is_time_between_two_codes(codes: Codes, clock: Clock, ask: Any) -> None:
    await ask()
    clock.go_on(seconds=10.5)
    # In another conversation too.
    for conversation in ("rest:1", "rest:2"):
        sent = await codes.begin(conversation, EMAIL, ADA, "en", 10, again=True)
        assert sent == Sent(SendOutcome.TOO_SOON, seconds=20)
    clock.go_on(seconds=19.5)
    assert await ask("rest:2")


async def test_five_codes_an_hour(codes: Codes, clock: Clock, ask: Any) -> None:
    for number in range(5):
        await ask(f"rest:{number}")
        clock.go_on(minutes=2)
    assert await codes.begin("rest:9", EMAIL, ADA, "en", 10) == Sent(SendOutcome.TOO_SOON, seconds=50 * 60)
    clock.go_on(minutes=50)
    assert await ask("rest:9")
    clock.go_on(seconds=30)
    assert (await codes.begin("rest:8", EMAIL, ADA, "en", 10)).outcome is SendOutcome.TOO_SOON


async def test_tries_are_counted_down(codes: Codes, clock: Clock, ask: Any) -> None:
    code = await ask()
    said = [await codes.check("rest:1", EMAIL, other(code)) for _ in range(TRIES)]
    assert said[:-1] == [Checked(CheckOutcome.WRONG, tries_left=left) for left in (4, 3, 2, 1)]
    assert said[-1] == Checked(CheckOutcome.PAUSED, until=NOON + PAUSE_LENGTHS[0])


async def test_in_a_pause_nothing_passes(codes: Codes, clock: Clock, ask: Any) -> None:
    code = await ask()
    await fail(codes, code)
    until = NOON + PAUSE_LENGTHS[0]
    assert await codes.check("rest:1", EMAIL, code) == Checked(CheckOutcome.PAUSED, until=until)
    for again in (False, True):
        sent = await codes.begin("rest:2", EMAIL, ADA, "en", 10, again)
        assert sent == Sent(SendOutcome.PAUSED, until=until)
    clock.go_on(minutes=1)
    # The code that was tried too often does not come back.
    assert await codes.check("rest:1", EMAIL, code) == Checked(CheckOutcome.EXPIRED)


async def test_tries_are_those_of_all_conversations(codes: Codes, clock: Clock, ask: Any) -> None:
    first = await ask("rest:1")
    clock.go_on(seconds=30)
    second = await ask("rest:2")
    assert await fail(codes, first, "rest:1", 3) == Checked(CheckOutcome.WRONG, tries_left=2)
    assert (await fail(codes, second, "rest:2", 2)).outcome is CheckOutcome.PAUSED
    assert (await codes.check("rest:1", EMAIL, first)).outcome is CheckOutcome.PAUSED


async def test_another_code_brings_no_more_tries(codes: Codes, clock: Clock, ask: Any) -> None:
    await fail(codes, await ask(), times=4)
    clock.go_on(seconds=30)
    assert (await fail(codes, await ask(again=True), times=1)).outcome is CheckOutcome.PAUSED


async def pause(codes: Codes, clock: Clock, ask: Any) -> timedelta:
    """Bring on a pause, and wait until it is over; returns how long it was."""
    # Beyond the limits of sending.
    clock.go_on(hours=1)
    checked = await fail(codes, await ask())
    assert checked.until is not None
    length = checked.until - clock.time
    clock.time = checked.until
    return length


async def test_pauses_grow(codes: Codes, clock: Clock, ask: Any) -> None:
    lengths = [await pause(codes, clock, ask) for _ in range(7)]
    assert [length / timedelta(minutes=1) for length in lengths] == [1, 5, 15, 60, 240, 240, 240]


async def test_pauses_start_over_after_a_right_code(codes: Codes, clock: Clock, ask: Any) -> None:
    for _ in range(3):
        await pause(codes, clock, ask)
    code = await ask()
    await fail(codes, code, times=4)
    assert (await codes.check("rest:1", EMAIL, code)).outcome is CheckOutcome.RIGHT
    assert await pause(codes, clock, ask) == PAUSE_LENGTHS[0]


async def test_pauses_start_over_after_a_day(codes: Codes, clock: Clock, ask: Any) -> None:
    for _ in range(3):
        await pause(codes, clock, ask)
    clock.go_on(hours=22)
    assert await pause(codes, clock, ask) == PAUSE_LENGTHS[3]
    clock.go_on(hours=23)
    assert await pause(codes, clock, ask) == PAUSE_LENGTHS[0]


async def test_tries_start_over_after_a_day(codes: Codes, clock: Clock, ask: Any) -> None:
    await fail(codes, await ask(), times=4)
    clock.go_on(days=1)
    assert await fail(codes, await ask(), times=1) == Checked(CheckOutcome.WRONG, tries_left=4)


async def test_an_address_that_nobody_is_known_under_is_answered_alike(
    codes: Codes, clock: Clock, letters: Letters
) -> None:
    async def answers(email: str, customer: Customer | None) -> list[Sent | Checked]:
        said: list[Sent | Checked] = []
        for again, seconds in ((False, 5), (False, 5), (True, 25), (True, 0), (False, 0)):
            said.append(await codes.begin("rest:1", email, customer, "en", 10, again))
            clock.go_on(seconds=seconds)
        # No code is as long.
        said += [await codes.check("rest:1", email, "1234567") for _ in range(TRIES + 1)]
        said.append(await codes.begin("rest:1", email, customer, "en", 10))
        clock.go_on(minutes=5)
        said += [await codes.check("rest:1", email, "123456"), await codes.begin("rest:1", email, customer, "en", 10)]
        clock.time = NOON
        await codes.close()
        return said

    known = await answers(EMAIL, ADA)
    assert {said.outcome for said in known} == {*SendOutcome, CheckOutcome.WRONG, "paused", "expired"}
    assert {letter.to for letter in letters.sent} == {ADA.email}
    letters.sent.clear()
    assert await answers(NOBODY, None) == known
    assert letters.sent == []


async def test_nobody_waits_for_the_letter(database: Database, clock: Clock) -> None:
    delivered = asyncio.Event()

    class SlowPost(Letters):
        async def send(self, letter: Letter) -> None:
            await delivered.wait()
            await super().send(letter)

    post = SlowPost()
    codes = Codes(database, post, SECRET, clock)
    assert await codes.begin("rest:1", EMAIL, ADA, "en", 10) == Sent(SendOutcome.SENT)
    assert post.sent == []
    delivered.set()
    await codes.close()
    assert len(post.sent) == 1


@pytest.mark.parametrize("problem", [MailUnavailable("mail.example refused it"), ValueError(f"no address: {EMAIL}")])
async def test_a_letter_that_cannot_be_sent_is_logged_without_address(
    codes: Codes, letters: Letters, problem: Exception
) -> None:
    letters.problem = problem
    with structlog.testing.capture_logs() as logged:
        assert await codes.begin("rest:1", EMAIL, ADA, "en", 10) == Sent(SendOutcome.SENT)
        await codes.close()
    assert [entry["event"] for entry in logged] == ["code.not_sent"]
    assert "ada@" not in str(logged).lower()
    assert "Lovelace" not in str(logged)


async def contents(database: Database) -> list[Any]:
    """Every value in the tables."""
    async with database.reading() as connection:
        return [value for rows in (CODES, PAUSES) for row in await connection.execute(select(rows)) for value in row]


async def test_the_database_tells_neither_code_nor_address(database: Database, codes: Codes, ask: Any) -> None:
    code = await ask()
    await codes.check("rest:1", EMAIL, other(code))
    kept = [value for value in await contents(database) if isinstance(value, str)]
    assert len(kept) == 4  # the conversation, the address twice, the code
    for known in (code, EMAIL, "Ada", "mail.example"):
        assert not [value for value in kept if known in value]


async def test_another_secret_is_another_hash(database: Database, letters: Letters, clock: Clock, ask: Any) -> None:
    code = await ask()
    others = Codes(database, letters, SECRET[::-1], clock)
    assert (await others.check("rest:1", EMAIL, code)).outcome is CheckOutcome.EXPIRED


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(max_size=20) | st.from_regex(r"[\d\s-]{5,9}"))
async def test_wrong_codes_never_pass(codes: Codes, clock: Clock, ask: Any, text: str) -> None:
    # A day later all is as new, so that each text is looked at.
    clock.go_on(days=1)
    code = await ask()
    checked = await codes.check("rest:1", EMAIL, text)
    right = order_digits(text) == code
    assert checked == (Checked(CheckOutcome.RIGHT) if right else Checked(CheckOutcome.WRONG, tries_left=TRIES - 1))


async def test_two_tries_at_once_are_two(database_url: str, codes: Codes, ask: Any, clock: Clock) -> None:
    code = await ask()
    # As another process would.
    databases = [Database(database_url) for _ in range(2)]
    both = [Codes(database, Letters(), SECRET, clock) for database in databases]
    said = await asyncio.gather(*(both[number % 2].check("rest:1", EMAIL, other(code)) for number in range(12)))
    assert sorted(checked.tries_left for checked in said if checked.outcome is CheckOutcome.WRONG) == [1, 2, 3, 4]
    assert [checked.outcome for checked in said].count(CheckOutcome.PAUSED) == 8
    for database in databases:
        await database.close()


async def test_a_code_passes_once_however_many_try(database_url: str, codes: Codes, ask: Any, clock: Clock) -> None:
    code = await ask()
    databases = [Database(database_url) for _ in range(2)]
    both = [Codes(database, Letters(), SECRET, clock) for database in databases]
    said = await asyncio.gather(*(both[number % 2].check("rest:1", EMAIL, code) for number in range(6)))
    assert [checked.outcome for checked in said].count(CheckOutcome.RIGHT) == 1
    for database in databases:
        await database.close()


async def test_one_code_however_many_ask(database_url: str, clock: Clock) -> None:
    databases = [Database(database_url) for _ in range(2)]
    post = Letters()
    both = [Codes(database, post, SECRET, clock) for database in databases]
    wishes = [both[number % 2].begin(f"rest:{number}", EMAIL, ADA, "en", 10) for number in range(6)]
    outcomes = [sent.outcome for sent in await asyncio.gather(*wishes)]
    assert sorted(outcomes) == [SendOutcome.SENT, *[SendOutcome.TOO_SOON] * 5]
    for codes, database in zip(both, databases, strict=True):
        await codes.close()
        await database.close()
    assert len(post.sent) == 1


async def test_what_is_old_is_forgotten(database: Database, codes: Codes, clock: Clock, ask: Any) -> None:
    await fail(codes, await ask())
    clock.go_on(days=3)
    await codes.begin("rest:2", NOBODY, None, "en", 10)
    assert await codes.forget(clock.time - timedelta(days=4)) == 0
    assert await codes.forget(clock.time - timedelta(days=2)) == 2
    assert await codes.forget(clock.time - timedelta(days=2)) == 0


async def test_what_limits_need_is_not_forgotten(codes: Codes, clock: Clock, ask: Any) -> None:
    code = await ask()
    await fail(codes, code)
    assert await codes.forget(clock.time + timedelta(days=1)) == 0
    assert (await codes.check("rest:1", EMAIL, code)).outcome is CheckOutcome.PAUSED
    clock.go_on(minutes=1)
    clock.time = max(clock.time, NOON + BETWEEN_CODES)
    assert (await fail(codes, await ask())).until == clock.time + PAUSE_LENGTHS[1]


@pytest.mark.parametrize("text", ["", "no address", "\ud800@x", "a\x00@b", "x" * 100_000 + "@mail.example"])
async def test_what_is_no_address_is_no_error(codes: Codes, text: str) -> None:
    assert (await codes.begin("rest:1", text, None, "en", 10)).outcome is SendOutcome.SENT
    assert (await codes.check("rest:1", text, "\x00\ud800")).outcome is CheckOutcome.WRONG
