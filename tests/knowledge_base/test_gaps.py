import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from knowledge_base import Gap, GapKind, GapLog, GapSource, RecordedGap
from knowledge_base.gaps.tables import MAX_QUESTION
from storage import Database, DatabaseUnavailable

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture
def log(database: Database) -> GapLog:
    """A log whose clock goes an hour on with each question."""
    hours: Iterator[datetime] = (NOON + timedelta(hours=hour) for hour in range(100))
    return GapLog(database, now=lambda: next(hours))


def gap(question: str = "do you engrave watches?", language: str = "en", article: str | None = None) -> Gap:
    return Gap(GapKind.UNANSWERED, question, language, GapSource.CHAT, article)


async def test_what_is_recorded_comes_back_the_newest_first(log: GapLog) -> None:
    await log.record(Gap(GapKind.UNSURE, "do you engrave watches?", "en", GapSource.CHAT, "gift-cards"))
    await log.record(Gap(GapKind.UNHELPFUL, "graviert ihr Uhren?", "de", GapSource.HELP_CENTRE))
    assert await log.gaps() == [
        RecordedGap(
            GapKind.UNHELPFUL,
            "graviert ihr Uhren?",
            "de",
            GapSource.HELP_CENTRE,
            created_at=NOON + timedelta(hours=1),
        ),
        RecordedGap(
            GapKind.UNSURE, "do you engrave watches?", "en", GapSource.CHAT, article="gift-cards", created_at=NOON
        ),
    ]
    assert [type(found.kind) for found in await log.gaps()] == [GapKind, GapKind]


async def test_nobody_can_be_known_by_what_is_kept(log: GapLog) -> None:
    await log.record(
        gap("Hi, I'm Ada Lovelace, my watch from AC-104233 says Byron, why? Write to ada@mail.example"), ["Byron"]
    )
    (found,) = await log.gaps()
    assert found.question == "Hi, I'm [name], my watch from [number] says [personal], why? Write to [email]"


@pytest.mark.parametrize("question", ["AC-104233", "ada@mail.example, 0151 23456789!", "", "  ", "?!", "👍", "[name]"])
async def test_what_says_nothing_is_not_kept(log: GapLog, question: str) -> None:
    await log.record(gap(question))
    assert await log.gaps() == []


async def test_what_the_caller_knows_says_nothing(log: GapLog) -> None:
    await log.record(gap("Ada Lovelace"), ["ada lovelace"])
    assert await log.gaps() == []


@pytest.mark.parametrize("question", ["watch " * 10_000, "表" * 10_000, "w" * MAX_QUESTION + " " + "w"])
async def test_a_long_text_is_cut(log: GapLog, question: str) -> None:
    await log.record(gap(question))
    (found,) = await log.gaps()
    assert len(found.question) <= MAX_QUESTION
    assert found.question.endswith("…")
    assert question.startswith(found.question[:-1])


async def test_a_text_that_just_fits_is_not_cut(log: GapLog) -> None:
    await log.record(gap("w" * MAX_QUESTION))
    assert [len(found.question) for found in await log.gaps()] == [MAX_QUESTION]


async def test_line_breaks_and_characters_that_no_database_takes(log: GapLog) -> None:
    await log.record(gap(" do you\n\n\tengrave\x00 watches\ud800? "))
    assert [found.question for found in await log.gaps()] == ["do you engrave watches?"]


async def test_gaps_of_a_language_since_a_moment(log: GapLog) -> None:
    for question, language in (("one", "en"), ("zwei", "de"), ("three", "en"), ("vier", "de")):
        await log.record(gap(question, language))
    assert [found.question for found in await log.gaps("en")] == ["three", "one"]
    assert [found.question for found in await log.gaps(since=NOON + timedelta(hours=1))] == ["vier", "three", "zwei"]
    assert [found.question for found in await log.gaps("de", NOON + timedelta(hours=2))] == ["vier"]
    assert [found.question for found in await log.gaps(limit=2)] == ["vier", "three"]
    assert await log.gaps("fr") == []


async def test_questions_of_the_same_moment_keep_their_order(database: Database) -> None:
    log = GapLog(database, now=lambda: NOON)
    for question in ("one", "two", "three"):
        await log.record(gap(question))
    assert [found.question for found in await log.gaps()] == ["three", "two", "one"]


async def test_what_is_old_is_forgotten(log: GapLog) -> None:
    for question in ("one", "two", "three"):
        await log.record(gap(question))
    assert await log.forget(NOON + timedelta(hours=2)) == 2
    assert [found.question for found in await log.gaps()] == ["three"]
    assert await log.forget(NOON + timedelta(hours=2)) == 0


async def test_moments_come_back_in_utc(database: Database) -> None:
    log = GapLog(database)
    before = datetime.now(UTC)
    await log.record(gap())
    (found,) = await log.gaps()
    assert before <= found.created_at <= datetime.now(UTC)
    assert found.created_at.tzinfo is UTC


async def test_no_database_is_an_error_without_its_password() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        database = Database(f"postgresql://ann:secret@127.0.0.1:{unused.getsockname()[1]}/shop")
        log = GapLog(database)
        for call in (log.record(gap()), log.gaps(), log.forget(NOON)):
            with pytest.raises(DatabaseUnavailable, match="ann") as caught:
                await call
            assert "secret" not in str(caught.value)
        await database.close()
