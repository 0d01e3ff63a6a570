"""What an agent is told of a conversation before the first word."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from desk.console.local_time import zone_of
from desk.console.mood import Mood, Trend, score
from desk.console.summary import Summaries, Summary
from desk.models import Ticket
from shop import ShopUnavailable, SqlShop
from tests.bots import answer
from tests.desk.conversing import ANNOUNCED, DELIVERED, Talks, open_talks


@pytest_asyncio.fixture
async def talks(tmp_path: Path) -> AsyncIterator[Talks]:
    async with open_talks(tmp_path) as opened:
        yield opened


async def summary(talks: Talks, ticket: Ticket, shop: SqlShop | None = None) -> Summary:
    agent = await talks.house.access.agents.by_email("mei@halden.example") or await talks.house.agent()
    summaries = Summaries(talks.house.database, talks.house.conversations, shop or talks.shop)
    return await summaries.of(ticket, agent)


async def test_who_it_is_and_what_they_want(talks: Talks) -> None:
    order = await talks.shop.order(ANNOUNCED)
    assert order
    ticket = await talks.about(ANNOUNCED, summary={"items": ["1 × Mug"], "email": "secret@mail.example"})
    told = await summary(talks, ticket)
    assert (told.who.name, told.who.email, told.who.verified) == (order.customer.name, order.customer.email, True)
    assert (told.who.country, str(told.who.zone)) == ("DE", "Europe/Berlin")
    assert told.matters[0].flow == "report_damaged"
    assert dict(told.matters[0].facts) == {"order_number": ANNOUNCED, "items": ["1 × Mug"]}
    assert told.orders[0].order.number == ANNOUNCED and told.orders[0].mentioned
    assert [return_.open for return_ in told.orders[0].returns] == [True]
    # The customer's other orders come after it.
    assert {file.order.customer.id for file in told.orders} == {order.customer.id}
    assert "verified" not in told.slots and told.slots["damage_kind"] == "scratched_or_stained"


async def test_whoever_names_an_order_is_not_shown_the_others_of_its_owner(talks: Talks) -> None:
    told = await summary(talks, await talks.about(ANNOUNCED, verified=False))
    assert not told.who.verified
    assert [file.order.number for file in told.orders] == [ANNOUNCED]


async def test_what_was_tried(talks: Talks) -> None:
    replies = iter(
        [
            answer({"text": "See https://care.halden.example/help/en/articles/return-policy"}, intent="ask_faq"),
            answer(intent="nlu_fallback"),
            answer(intent="return_item"),
        ]
    )
    talks.house.bot.script = lambda heard: next(replies)
    for text in ("How do returns work?", "hm", "I want to return it"):
        await talks.house.write("ann", text)
    talks.house.bot.script = talks.house.customers
    told = (await summary(talks, await talks.about(DELIVERED))).tried
    assert (told.flows, told.articles, told.misunderstood) == (("return_item",), ("return-policy",), 1)


async def test_past_conversations_of_the_same_customer(talks: Talks) -> None:
    earlier = await talks.about(DELIVERED, sender="ann-before")
    told = await summary(talks, await talks.about(DELIVERED))
    assert [(past.conversation_id, past.ticket_id) for past in told.past] == [(earlier.conversation_id, earlier.id)]


async def test_the_rest_is_told_while_the_shop_is_away(talks: Talks) -> None:
    told = await summary(talks, await talks.about(DELIVERED), Away(talks.house.database))
    assert told.shop_away and told.orders == ()
    assert told.matters[0].facts["order_number"] == DELIVERED
    assert told.who.verified


class Away(SqlShop):
    """A shop that cannot be reached."""

    async def order(self, number: str) -> None:  # type: ignore[override]
        raise ShopUnavailable("no answer")


@pytest.mark.parametrize(
    ("text", "language", "intent", "expected"),
    [
        ("Thank you, that helps", "en", "thank", 1),
        ("Where is AC-104233?", "en", "track_order", 0),
        ("I am not happy with this", "en", "complain", -1),
        ("WHERE IS MY PARCEL", "en", "track_order", -1),
        ("This is a joke!!!", "en", "complain", -2),
        ("Das Gerät hat Feuer gefangen", "de", None, -2),
        ("我要找律师", "zh", None, -2),
    ],
)
def test_how_a_message_sounds(text: str, language: str, intent: str | None, expected: int) -> None:
    assert score(text, language, intent) == expected


@pytest.mark.parametrize(
    ("scores", "trend"),
    [
        ((), Trend.CALM),
        ((0, 0, 1), Trend.CALM),
        ((-2, -1), Trend.UPSET),
        ((0, 0, 0, -1, -2, -1), Trend.WORSENING),
        ((-2, -2, -1, 0, 0, 1), Trend.IMPROVING),
    ],
)
def test_where_it_goes(scores: tuple[int, ...], trend: Trend) -> None:
    assert Mood(scores).trend is trend


def test_local_time_is_where_most_people_live() -> None:
    assert [str(zone_of(country)) for country in ("DE", "CA", "CN", "XX")] == [
        "Europe/Berlin",
        "America/Toronto",
        "Asia/Shanghai",
        "None",
    ]
