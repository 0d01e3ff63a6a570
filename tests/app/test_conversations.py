"""The conversations of tests/conversations/, spoken with the trained model.

A file is `<flow>/<case>.yml`; it may hold several cases, parted by `---`:

    name: what the case shows
    turns:
      en:                                    # one list of turns a language
      - customer: I'd like to return my jeans    # what is said, or in its place
      - press: too_small                     # a button of the last answer, by its choice, its payload or its title
      - code: right                          # the code from the last letter; or `wrong`
      - again: true                          # the last message, delivered a second time: the answer must be the same
      - restart: true                        # the process ends and starts anew (no answer)
      - wait: 31 minutes                     # time passes (no answer); also hours, days
      - scan: delivered                      # the carrier's scan of the last announced return, or of the parcels of an
                                             # order: `delivered AC-107364` (no answer)
      - settle: true                         # the shop's own jobs run (no answer)
      - retention: true                      # what was kept long enough is deleted (no answer)
    holds: {...}                             # what is true in the end, see below

A turn with a message may say more about it:

      photos: [jpeg]                           # photographs that come with it
      identity: lucia.fernandez@correo.example   # the channel vouches for this customer; or a phone number
      locale: de-AT                              # the locale that the channel knows

and about the answer: `says` and `not` (texts that it has and has not), `buttons` (choices, payloads' beginnings or
titles that are offered), `no_buttons` (those that are not), `card` (on a channel that shows cards, the one that the
answer has: a part of it is enough; null for none); and `holds` in the middle of a case. `holds` names facts and what
is expected of them, a part of each value is enough:

    holds:
      order AC-114590: {status: delivered}          # attributes of the model, their texts
      returns AC-114590: [{reason: too_small, amount: 59.90 EUR}]   # newest first, as many as there are; also
                                                    # refunds, replacements, claims, repairs
      requests anna.lindner@posteo.example: [{kind: deletion, state: open}]   # about the customer's data, oldest first
      conversations anna.lindner@posteo.example: 1  # in which it was proved that the customer takes part
      letters: [code, return_confirmation]          # all that were written in this conversation, in their order
      handoffs: 1                                   # or what each is, urgent ones first: reason, priority, context
"""

import os
from collections.abc import AsyncIterator, Iterator
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from enum import Enum
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import yaml
from PIL import Image
from sqlalchemy import event, text

from aftercare.carrier import Scans
from aftercare.house import open_keeping, open_privacy_requests
from aftercare.retention import enforce
from bot.identity import Identity
from shop import CarrierScan, Money, TrackingCode
from tests.talking import Talk, copy_home, furnished_home, trained_model

FOLDER = Path(__file__).parent.parent / "conversations"

SAID = ("customer", "press", "code")


def cases() -> Iterator[Any]:
    for path in sorted(FOLDER.rglob("*.yml")):
        for case in yaml.safe_load_all(path.read_text(encoding="utf-8")):
            for language, turns in case["turns"].items():
                name = path.relative_to(FOLDER).with_suffix("")
                yield pytest.param(turns, case.get("holds", {}), id=f"{name}: {case['name']} [{language}]")


@pytest.fixture(scope="session")
def model(request: pytest.FixtureRequest) -> Path:
    """The model of the session's server; or another, as AFTERCARE_TEST_MODEL says, with the responses of today."""
    other = os.environ.get("AFTERCARE_TEST_MODEL")
    if other:
        from bot.engine import import_rasa

        import_rasa()
        return Path(other)
    return trained_model(request.getfixturevalue("server").home)


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return furnished_home(tmp_path_factory.mktemp("filled"))


@pytest.fixture
async def talk(quiet: None, model: Path, filled: Path, tmp_path: Path) -> AsyncIterator[Talk]:
    """A customer who has not written yet, in front of a shop of their own."""
    talking = Talk(copy_home(filled, tmp_path), model)
    await talking.start()
    yield talking
    await talking.close()


@pytest.mark.parametrize(("turns", "holds"), cases())
async def test_conversation(talk: Talk, turns: list[dict[str, Any]], holds: dict[str, Any]) -> None:
    for turn in turns:
        await take(talk, turn)
        if not set(turn).isdisjoint((*SAID, "again")):
            check_answer(talk, turn)
        await check_facts(talk, turn.get("holds", {}))
    await check_facts(talk, holds)


TRACKING = ("where is my order?", "AC-104233", "lucia.fernandez@correo.example")


async def test_a_tracking_turn_asks_the_database_little(talk: Talk) -> None:
    for said in TRACKING[:-1]:
        await talk.say(said)
    engine = talk.ground.database.engine.sync_engine
    statements: list[str] = []
    commits: list[object] = []
    event.listen(engine, "before_cursor_execute", lambda *called: statements.append(called[2]))
    event.listen(engine, "commit", commits.append)
    await talk.say(TRACKING[-1])
    assert "Tilburg" in talk.text
    # What was said, the pair that may be a guess, and the answer with all that became of it.
    assert len(commits) == 3
    # In a turn, nothing is looked up twice.
    assert len({statement for statement in statements if statement.startswith("SELECT")}) == 9
    assert len([statement for statement in statements if statement.startswith("SELECT")]) == 9
    assert len(statements) <= 20


async def test_rules_predict_what_rasas_policy_predicts(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    from rasa.core.policies.rule_policy import RulePolicy

    from bot.policies import IndexedRulePolicy

    compared = []

    def predict(policy: IndexedRulePolicy, tracker: Any, domain: Any) -> Any:
        plain = object.__new__(RulePolicy)
        vars(plain).update(vars(policy))
        expected, _ = RulePolicy._predict(plain, tracker.copy(), domain)
        found, source = RulePolicy._predict(policy, tracker, domain)
        compared.append(found.max_confidence_index)
        same = ("probabilities", "events", "is_no_user_prediction", "is_end_to_end_prediction", "hide_rule_turn")
        assert [getattr(found, name) for name in same] == [getattr(expected, name) for name in same]
        return found, source

    monkeypatch.setattr(IndexedRulePolicy, "_predict", predict)
    for said in ("hello", *TRACKING[:-1], "how long does shipping take?", TRACKING[-1], "asdf ghjk", "thanks", "stop"):
        await talk.say(said)
    assert len(compared) > 15
    assert len(set(compared)) > 5


@pytest.mark.parametrize(
    "messages",
    [
        ("how long does shipping take?", "thanks", "hello"),
        # A question is open, and is asked again each time.
        ("where is my order?", "how long does shipping take?", "how can I pay?"),
    ],
)
async def test_what_is_kept_of_a_conversation_does_not_grow(talk: Talk, messages: tuple[str, ...]) -> None:
    async def size() -> int:
        async with talk.ground.database.reading() as connection:
            return int(await connection.scalar(text("SELECT length(events) FROM bot_trackers")) or 0)

    sizes = []
    for number in range(24):
        await talk.say(messages[number % 3])
        sizes.append(await size())
    # Turns differ; the same three come again and again.
    assert sum(sizes[9:12]) * 0.9 < sum(sizes[-3:]) < sum(sizes[9:12]) * 1.1, sizes


async def take(talk: Talk, turn: dict[str, Any]) -> None:
    """Do what a turn says."""
    context = await context_of(talk, turn)
    if "customer" in turn:
        await talk.say(str(turn["customer"]), **context)
    elif "press" in turn:
        await talk.press(str(turn["press"]), **context)
    elif "code" in turn:
        await talk.say(await talk.code(right=turn["code"] == "right"), **context)
    elif turn.get("again"):
        before = talk.answer
        assert await talk.again() == before
    elif turn.get("restart"):
        await talk.restart()
    elif "wait" in turn:
        talk.wait(turn["wait"])
    elif "scan" in turn:
        code, _, order_number = turn["scan"].partition(" ")
        await scan(talk, TrackingCode(code), order_number)
    elif turn.get("settle"):
        await talk.ground.shop.settle_due()  # type: ignore[attr-defined]
    elif turn.get("retention"):
        await enforce(talk.ground)
    else:
        raise AssertionError(f"nothing happens in this turn: {turn}")


async def context_of(talk: Talk, turn: dict[str, Any]) -> dict[str, Any]:
    """What comes with a message: photographs, and who the channel says it is."""
    context: dict[str, Any] = {"cards": "card" in turn}
    if "photos" in turn:
        kept = [await talk.photos.keep(f"test:{talk.sender}", picture(kind)) for kind in turn["photos"]]
        context["photos"] = tuple(photo.id for photo in kept)
    if "locale" in turn:
        context["locale_hint"] = turn["locale"]
    if "identity" in turn:
        who = str(turn["identity"])
        context["identity"] = Identity(email=who) if "@" in who else Identity(phone=who)
    return context


def picture(kind: str) -> bytes:
    """A small photograph of a kind that Pillow knows."""
    data = BytesIO()
    Image.new("RGB", (64, 48), "grey").save(data, kind)
    return data.getvalue()


async def scan(talk: Talk, code: TrackingCode, order_number: str) -> None:
    """The carrier scans the parcels of an order, or of the newest return."""
    shop = talk.ground.shop
    if order_number:
        order = await shop.order(order_number)
        assert order is not None
        numbers = [parcel.tracking_number for parcel in order.shipments]
        country, zone = order.country, order.shipments[-1].events[-1].time_zone
    else:
        orders = await shop.recent_orders(200)
        returns = [found for order in orders for found in await shop.returns_of(order.number)]
        numbers = [max(returns, key=lambda found: found.created_at).tracking_number]
        country, zone = "NL", "Europe/Amsterdam"
    scans = Scans(shop, talk.services.post, talk.ground.languages, talk.services.default_language)
    for number in numbers:
        assert await scans.take(CarrierScan(number, code, talk.clock(), "Rotterdam", country, zone))


def check_answer(talk: Talk, turn: dict[str, Any]) -> None:
    """The answer is as the turn says."""
    assert talk.text or talk.buttons, turn
    offered = [f"{button['title']} {button['payload']}" for button in talk.buttons]
    for expected in turn.get("says", []):
        assert str(expected) in talk.text, (turn, talk.text, offered)
    for unwanted in turn.get("not", []):
        assert str(unwanted) not in talk.text, (turn, talk.text, offered)
    for expected in turn.get("buttons", []):
        assert any(is_offered(str(expected), button) for button in talk.buttons), (turn, talk.text, offered)
    for unwanted in turn.get("no_buttons", []):
        assert not any(is_offered(str(unwanted), button) for button in talk.buttons), (turn, talk.text, offered)
    if "card" in turn:
        cards = [said["custom"] for said in talk.answer if "custom" in said]
        expected = [turn["card"]] if turn["card"] else []
        assert fits(cards, expected), (turn, cards)


def is_offered(wanted: str, button: dict[str, str]) -> bool:
    payload = button["payload"]
    return wanted == button["title"] or payload.startswith(wanted) or f'"choice": "{wanted}"' in payload


async def check_facts(talk: Talk, holds: dict[str, Any]) -> None:
    """The facts are as the case says."""
    for fact, expected in holds.items():
        found = await find_fact(talk, fact)
        if isinstance(found, list) and isinstance(expected, int):
            found = len(found)
        assert fits(plain(found), expected), (fact, expected, plain(found))


async def find_fact(talk: Talk, fact: str) -> Any:
    what, _, argument = fact.partition(" ")
    match what:
        case "letters":
            return [letter.name for letter in talk.letters]
        case "handoffs":
            rows = await talk.conversations.handoffs()
            return [{"reason": row.reason, "priority": row.priority, "context": row.context} for row in rows]
        case "order":
            return await talk.ground.shop.order(argument)
        case "requests":
            customer = await talk.ground.shop.customer(argument)
            return await open_privacy_requests(talk.ground).of(customer.id) if customer else []
        case "conversations":
            customer = await talk.ground.shop.customer(argument)
            return await open_keeping(talk.ground).of(customer.id) if customer else []
        case "customer":
            return await talk.ground.shop.customer(argument)
        case _:
            return await getattr(talk.ground.shop, f"{what}_of")(argument)


def plain(found: Any) -> Any:
    """A value of the model as YAML has it."""
    match found:
        case Money():
            return f"{found.amount} {found.currency}"
        case Enum():
            return found.value
        case datetime():
            return found.astimezone(UTC).isoformat()
        case list() | tuple():
            return [plain(item) for item in found]
        case dict():
            return {key: plain(value) for key, value in found.items()}
        case None | bool() | int() | str():
            return found
    if is_dataclass(found) and not isinstance(found, type):
        return {field.name: plain(getattr(found, field.name)) for field in fields(found)}
    return str(found)


def fits(found: Any, expected: Any) -> bool:
    """Whether a value is the expected one; of mappings, the expected part."""
    if isinstance(expected, dict):
        return isinstance(found, dict) and all(fits(found.get(key), value) for key, value in expected.items())
    if isinstance(expected, list):
        return len(found) == len(expected) and all(map(fits, found, expected))
    return bool(found == expected) or str(found) == str(expected)
