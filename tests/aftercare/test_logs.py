import json
import logging
from collections.abc import Callable, Iterator

import pytest
import structlog

from aftercare.logs import configure, pseudonym, without_personal_data

OWN = ("", "rasa", "rasa_sdk", "asyncio", "aiosqlite", "sanic", "sqlalchemy", "alembic", "matplotlib")
"""The loggers that `configure` changes; "" is the root."""


@pytest.fixture(autouse=True)
def logs_as_they_were() -> Iterator[None]:
    before = {name: (logging.getLogger(name).level, logging.getLogger(name).handlers[:]) for name in OWN}
    configured = structlog.get_config()
    yield
    for name, (level, handlers) in before.items():
        logging.getLogger(name).setLevel(level)
        logging.getLogger(name).handlers = handlers
    structlog.configure(**configured)


def by_structlog(text: str) -> None:
    structlog.get_logger().warning("message.received", detail=text)


def by_structlog_as_event(text: str) -> None:
    structlog.get_logger().warning(text)


def by_the_standard_library(text: str) -> None:
    logging.getLogger("some.library").warning("received %s", text)


def by_an_exception(text: str) -> None:
    try:
        raise ValueError(text)
    except ValueError:
        structlog.get_logger().exception("action.failed")


def by_an_exception_of_a_library(text: str) -> None:
    try:
        raise ValueError(text)
    except ValueError:
        logging.getLogger("some.library").exception("failed")


def by_the_context(text: str) -> None:
    with structlog.contextvars.bound_contextvars(sender=text):
        structlog.get_logger().warning("message.received")


WAYS = [
    by_structlog,
    by_structlog_as_event,
    by_the_standard_library,
    by_an_exception,
    by_an_exception_of_a_library,
    by_the_context,
]


PERSONAL = [
    "anna@mail.example",
    "Anna.Lindner+shop@posteo.co.uk",
    "+49 170 1234567",
    "0170/1234567",
    "06 12 34 56 78",
    "13812345678",
    "4111 1111 1111 1111",
    "4111-1111-1111-1111",
    "4111111111111111",
]


@pytest.mark.parametrize("style", ["json", "console"])
@pytest.mark.parametrize("way", WAYS)
def test_no_personal_data_gets_through(
    capsys: pytest.CaptureFixture[str], style: str, way: Callable[[str], None]
) -> None:
    configure("info", style)
    way(f"write to {', '.join(PERSONAL)} please")
    written = capsys.readouterr().err
    assert "[removed]" in written
    assert [value for value in PERSONAL if value in written] == []


@pytest.mark.parametrize(
    "value",
    [
        *PERSONAL,
        "+1 (212) 555-0147",
        "0170  1234567",
        "+49\xa0170\xa01234567",
        "anna＠mail.example",
        "anna@müller.example",
    ],
)
@pytest.mark.parametrize("sentence", ["{}", "call {}.", "({})", "contact={}", "'{}'"])
def test_what_is_personal_is_removed_whatever_stands_around_it(value: str, sentence: str) -> None:
    assert without_personal_data(None, "info", {"event": sentence.format(value)}) == {
        "event": sentence.format("[removed]")
    }


@pytest.mark.parametrize(
    "text",
    [
        "我的邮箱是anna@mail.example谢谢",
        "我的手机是13812345678",
        "13812345678是我的手机",
        "卡号4111111111111111谢谢",
    ],
)
def test_what_is_personal_is_removed_from_chinese_text(text: str) -> None:
    assert "[removed]" in without_personal_data(None, "info", {"event": text})["event"]


@pytest.mark.parametrize(
    "value", [{"email": "anna@mail.example"}, ["anna@mail.example"], ValueError("anna@mail.example")]
)
def test_what_is_personal_is_removed_from_inside_other_values(
    capsys: pytest.CaptureFixture[str], value: object
) -> None:
    configure("info", "json")
    structlog.get_logger().warning("message.received", detail=value)
    assert "anna@mail.example" not in capsys.readouterr().err


@pytest.mark.parametrize(
    "text",
    [
        "AC-104233",
        "104233",
        "7d9f0c1e-1234-4abc-8def-123456789012",
        "17 ms",
        "POST /webhooks/rest/webhook 200",
        "http://localhost:8000",
        "rasa 3.6.21",
        "",
    ],
)
def test_what_an_operator_needs_stays(text: str) -> None:
    assert without_personal_data(None, "info", {"event": text}) == {"event": text}


@pytest.mark.parametrize("style", ["json", "console"])
@pytest.mark.parametrize("way", [by_an_exception, by_an_exception_of_a_library])
def test_a_traceback_is_logged(capsys: pytest.CaptureFixture[str], style: str, way: Callable[[str], None]) -> None:
    configure("info", style)
    way("no such table")
    written = capsys.readouterr().err
    assert "Traceback (most recent call last)" in written
    assert "ValueError: no such table" in written
    assert "test_logs.py" in written


def test_a_json_entry_holds_what_was_said_when_and_how_severe_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    configure("info", "json")
    structlog.get_logger().warning("action.failed", conversation_id="u1")
    logging.getLogger("some.library").error("no answer after %d s", 3)
    own, library = map(json.loads, capsys.readouterr().err.splitlines())
    assert (own["event"], own["level"], own["conversation_id"]) == ("action.failed", "warning", pseudonym("u1"))
    assert (library["event"], library["level"]) == ("no answer after 3 s", "error")
    # The moment is no phone number.
    assert own["timestamp"].startswith("20")


def test_what_is_less_severe_than_the_level_is_not_logged(capsys: pytest.CaptureFixture[str]) -> None:
    configure("error", "json")
    structlog.get_logger().warning("quiet")
    logging.getLogger("some.library").warning("quiet")
    logging.getLogger("rasa.core.processor").warning("quiet")
    assert capsys.readouterr().err == ""


def test_rasa_does_not_tell_of_every_turn(capsys: pytest.CaptureFixture[str]) -> None:
    configure("debug", "json")
    logging.getLogger("rasa.core.processor").info("Received user message")
    logging.getLogger("rasa.core.processor").warning("no rule fits")
    assert [json.loads(line)["event"] for line in capsys.readouterr().err.splitlines()] == ["no rule fits"]


def test_names_that_tell_of_whom_they_are_have_pseudonyms() -> None:
    entry = without_personal_data(
        None, "info", {"event": "x", "conversation_id": "wechat:oAbc", "message_id": "wamid.H"}
    )
    again = without_personal_data(None, "info", {"event": "y", "conversation_id": "wechat:oAbc", "message_id": 7})
    assert "oAbc" not in str(entry) and "wamid" not in str(entry)
    assert entry["conversation_id"] == again["conversation_id"] != entry["message_id"]
    assert again["message_id"] == 7
