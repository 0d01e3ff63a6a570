"""Messages that the bot was unsure about, and what agents make of them."""

from datetime import timedelta

import pytest
import yaml

from desk.reports.reviews import Reviews, UnknownMessage, training_data
from storage import Database
from tests.desk.happenings import Past, at, migrated_file, on_both, on_sqlite  # noqa: F401

NOW = at("11-22 12:00")


def entity(text: str, value: str, kind: str) -> dict[str, object]:
    start = text.index(value)
    return {"entity": kind, "value": value, "start": start, "end": start + len(value)}


async def test_what_the_bot_was_unsure_about_waits_the_newest_first(either: Database) -> None:
    past = Past(either)
    past.said("widget:ann", "11-20 10:00", "nlu_fallback", "blorp the frobnicator", confidence=0.8)
    past.said("widget:ann", "11-20 10:01", "return_item", "it goes back maybe", confidence=0.55)
    past.said("widget:ann", "11-20 10:02", "return_item", "I want to return it", confidence=0.6)  # sure enough
    past.said("widget:ann", "11-20 10:03", "nlu_fallback", '/return_item{"order_number": "1"}')  # a button
    past.said("widget:bob", "11-20 10:04", "nlu_fallback", "kaputt oder so", language="de")
    past.said("widget:cem", NOW - timedelta(days=31), "nlu_fallback", "too long ago")
    past.agent("Mei")
    await past.keep()
    reviews = Reviews(either, lambda: NOW)
    waiting = await reviews.waiting("en")
    assert [(each.text, each.guess) for each in waiting] == [
        ("it goes back maybe", "return_item"),
        ("blorp the frobnicator", ""),
    ]
    assert await reviews.counts() == {"en": 2, "de": 1}
    await reviews.label(waiting[0].message_id, 1, "return_item")
    await reviews.label(waiting[1].message_id, 1, None)
    assert await reviews.counts() == {"de": 1}
    assert [each.text for each in await reviews.waiting()] == ["kaputt oder so"]


async def test_nobody_sees_who_wrote_it(database: Database) -> None:
    text = "hi it's Anna, order AC-104233 bought with anna@mail.example and +49 176 04069012"
    past = Past(database)
    entities = (entity(text, "AC-104233", "order_number"),)
    past.said("widget:ann", "11-20 10:00", "nlu_fallback", text, entities=entities)
    await past.keep()
    (unsure,) = await Reviews(database, lambda: NOW).waiting()
    for secret in ("104233", "anna@mail.example", "176", "04069012"):
        assert secret not in unsure.text
    assert unsure.text.startswith("hi it's")


async def test_labelled_messages_become_training_examples(database: Database) -> None:
    past = Past(database)
    mei = past.agent("Mei")
    said = {
        "the [lamp](product) is\nbroken": "report_damaged",
        "where is AC-104233 now": "track_order",
        "where is  now": "track_order",  # the same without its number
        "ship to the moon?": "ask_faq/shipping_countries",
        "something else": None,
        "12345678": "inform",  # nothing is left of it
    }
    for number, text in enumerate(said):
        past.said("widget:ann", NOW - timedelta(hours=number), "nlu_fallback", text)
    past.said("widget:bob", "11-20 10:00", "nlu_fallback", "wo ist es", language="de")
    await past.keep()
    reviews = Reviews(database, lambda: NOW)
    texts = {each.message_id: each.text for each in await reviews.waiting()}
    assert len(texts) == 7
    for message, intent in zip(sorted(texts), [*said.values(), "track_order"], strict=True):
        await reviews.label(message, mei, "complain")
        await reviews.label(message, mei, intent)  # the last word counts
    exported = yaml.safe_load(await reviews.export("en"))
    assert exported["version"] == "3.1"
    assert {block["intent"]: block["examples"] for block in exported["nlu"]} == {
        "ask_faq/shipping_countries": "- ship to the moon?\n",
        "report_damaged": "- the lamp (product) is broken\n",
        "track_order": "- where is now\n",
    }
    assert "wo ist es" in await reviews.export("de")
    assert yaml.safe_load(await reviews.export("fr")) == {"version": "3.1", "nlu": []}


async def test_only_what_customers_wrote_can_be_labelled(database: Database) -> None:
    past = Past(database)
    number = past.said("widget:ann", "11-20 10:00")
    mei = past.agent("Mei")
    await past.keep()
    reviews = Reviews(database, lambda: NOW)
    for message in (number + 1, 4711):  # the bot's answer, and no message at all
        with pytest.raises(UnknownMessage):
            await reviews.label(message, mei, "greet")


def test_training_data_is_as_rasa_reads_it() -> None:
    text = training_data({"greet": ["hello", "它: 坏了 #1"]})
    assert text == "version: '3.1'\nnlu:\n- intent: greet\n  examples: |\n    - hello\n    - 它: 坏了 #1\n"
