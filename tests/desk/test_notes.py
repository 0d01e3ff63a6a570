"""Notes, mentions and prepared answers."""

import pytest

from desk.canned import Canned, InvalidCanned, fill
from desk.notes import InvalidNote, mentioned
from storage import Database
from tests.desk.working import SQLITE, Floor

PEOPLE = [(1, "Mei Lin"), (2, "Mei Wang"), (3, "Jonas Weber"), (4, "王芳"), (5, "Ana")]


@pytest.mark.parametrize(
    ("text", "who"),
    [
        ("@Mei Lin please look", {1}),
        ("@mei wang, @JONAS: see above", {2, 3}),
        ("@Mei, which one?", set()),
        ("请@王芳看一下", {4}),
        ("@Anastasia is somebody else", set()),
        ("mail ana@example.com", set()),
    ],
)
def test_who_is_named_after_an_at(text: str, who: set[int]) -> None:
    assert mentioned(text, PEOPLE) == who


async def test_who_is_named_has_something_to_look_after(database: Database) -> None:
    floor = Floor(database)
    mei, jonas = await floor.agent("Mei Lin"), await floor.agent("Jonas Weber")
    await floor.write("u1")
    note = await floor.tickets.notes.add("widget:u1", mei, "  @Jonas and @Mei: what now?  ")
    assert (note.text, note.mentions) == ("@Jonas and @Mei: what now?", (jonas.id,))
    assert await floor.tickets.notes.of("widget:u1") == [note]
    (task,) = await floor.tickets.follow_ups.open_for(jonas)
    assert (task.kind, task.note_id) == ("mention", note.id)
    assert not await floor.tickets.follow_ups.done(task.id, mei)
    with pytest.raises(InvalidNote):
        await floor.tickets.notes.add("widget:u1", mei, "  ")


async def test_prepared_answers_are_kept_by_shortcut_and_language(database: Database) -> None:
    canned = Canned(database)
    made = await canned.seed()
    assert made % 5 == 0 and await canned.seed() == 0
    await canned.save("/Greeting", "de", "Hallo {name}!")
    (first, *_) = await canned.find("gree", "de")
    assert (first.shortcut, first.text, len(await canned.all())) == ("greeting", "Hallo {name}!", made)
    assert [one.shortcut for one in await canned.find("LAGER", "de")] == ["checking"]
    assert await canned.remove(first.id)
    assert await canned.find("gree", "de") == []


@SQLITE
@pytest.mark.parametrize(
    ("shortcut", "text", "field"),
    [("two words", "Hi", "shortcut"), ("hi", " ", "text"), ("hi", "{customer}", "text"), ("hi", "{", "text")],
)
async def test_prepared_answers_that_cannot_be(database: Database, shortcut: str, text: str, field: str) -> None:
    with pytest.raises(InvalidCanned) as error:
        await Canned(database).save(shortcut, "en", text)
    assert error.value.field == field


def test_what_is_not_known_stays_open() -> None:
    text = "Hello {name}, order {order_number} from {shop}"
    assert fill(text, {"name": "{shop}", "shop": "Halden"}) == "Hello {shop}, order {order_number} from Halden"
