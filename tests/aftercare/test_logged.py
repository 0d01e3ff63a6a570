"""What looks at all that was logged finds what it looks for."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from shutil import rmtree

import pytest
import structlog

from shop.demo.customers import load_customers
from tests.logged import Logged

SAID = "My parcel with the green lamp never came"


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    with closing(sqlite3.connect(tmp_path / "some.db")) as connection:
        connection.execute("CREATE TABLE conversation_messages (author TEXT, content TEXT)")
        connection.execute("INSERT INTO conversation_messages VALUES ('customer', ?)", (f'{{"text": "{SAID}"}}',))
        connection.commit()
    yield tmp_path
    # It is looked at as well, in the end.
    rmtree(tmp_path)


def test_it_finds_names_words_and_tokens(folder: Path) -> None:
    anna = load_customers()[0]
    logged = Logged()
    for text in (anna.name, anna.address.street, anna.email, SAID, "https://h.example/documents/" + "x" * 60):
        logged.add(text, [("Captured stdout call", f"2026-11-22 [warning  ] event   detail={text}")])
    logged.add("harmless", [("Captured stdout call", "2026-11-22 [info     ] turn.done   seconds=0.1")])
    logged.add("no log", [("Captured stdout call", anna.name)])
    (folder / "server-1.log").write_text(f"Traceback: {SAID}")
    found = logged.personal(folder)
    assert len(found) == 6
    assert any("server-1.log" in each for each in found)


def test_tests_log_as_the_server_does(capsys: pytest.CaptureFixture[str]) -> None:
    structlog.get_logger().warning("mail.not_sent", reason="550 ann@mail.example is unknown", conversation_id="w:4917")
    written = capsys.readouterr().out
    assert "mail.not_sent" in written and "[removed]" in written
    assert "ann@" not in written and "4917" not in written
