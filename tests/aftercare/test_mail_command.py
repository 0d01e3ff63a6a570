from __future__ import annotations

import asyncio
import socket
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from aftercare.cli import app
from aftercare.errors import ConfigurationError
from aftercare.house import lay_ground
from aftercare.settings import Settings
from mail import FolderMailer, messages_in, read_message
from tests.mail.samples import ADDRESS, Clock, code_letter, composer


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home folder, and an empty folder of articles beside it."""
    (tmp_path / "articles").mkdir()
    monkeypatch.setenv("AFTERCARE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("AFTERCARE_ARTICLES", str(tmp_path / "articles"))
    monkeypatch.setenv("COLUMNS", "200")
    for name in ("AFTERCARE_SMTP_URL", "AFTERCARE_MAIL_FROM"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path / "home"


@pytest.fixture
def folder(home: Path) -> Path:
    """The folder with three messages, of which 333333 is the newest."""
    clock = Clock()
    for code in ("111111", "222222", "333333"):
        asyncio.run(FolderMailer(home / "mail", clock).deliver(composer().compose(code_letter(code=code))))
        clock.forward(minutes=1)
    return home / "mail"


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["mail", *arguments])


def test_the_newest_is_the_first_of_the_list(folder: Path) -> None:
    result = run()
    assert result.exit_code == 0
    _, *lines = result.output.splitlines()
    assert [line.split()[0] for line in lines] == ["1", "2", "3"]
    assert [line.split()[-1] for line in lines] == ["333333", "222222", "111111"]
    assert all(ADDRESS in line and "2026-11-20" in line for line in lines)
    assert len(run("--limit", "2").output.splitlines()) == 3


def test_an_empty_folder_says_so(home: Path) -> None:
    assert f"There is no mail in {home / 'mail'}." in run().output


def test_a_message_is_shown_as_plain_text(folder: Path) -> None:
    newest = run("show").output
    assert "To: anna@mail.example\n" in newest
    assert "Subject: Your code is 333333\n" in newest
    assert "It is valid for 10 minutes." in newest
    assert "<" not in newest.replace("<no-reply@halden.example>", "")
    assert "111111" in run("show", "3").output


def test_the_html_of_a_message_is_written_beside_it(folder: Path) -> None:
    path = Path(run("show", "2", "--html").output.strip())
    assert path.parent == folder.resolve()
    page = path.read_text(encoding="utf-8")
    assert page.startswith("<!doctype html>")
    assert "222222" in page
    assert len(messages_in(folder)) == 3


def test_a_number_that_is_not_there(folder: Path) -> None:
    result = run("show", "4")
    assert result.exit_code == 1
    assert "it has 3" in result.output


def test_a_test_message_goes_into_the_folder(home: Path) -> None:
    result = run("send-test", ADDRESS, "--language", "de")
    assert result.exit_code == 0
    (path,) = messages_in(home / "mail")
    message = read_message(path)
    assert (message["To"], message["Subject"]) == (ADDRESS, "Test-E-Mail von Halden")
    assert message["From"] == "Halden <care@halden.example>"


def test_the_sender_of_the_settings(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AFTERCARE_MAIL_FROM", "Our Shop <hello@shop.example>")
    run("send-test", ADDRESS)
    (path,) = messages_in(home / "mail")
    assert read_message(path)["From"] == "Our Shop <hello@shop.example>"


def test_a_wrong_address_and_an_unreachable_server_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    error = run("send-test", "nobody").exception
    assert isinstance(error, ConfigurationError)
    assert str(error).startswith("nobody: ")
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        monkeypatch.setenv("AFTERCARE_SMTP_URL", f"smtp://127.0.0.1:{unused.getsockname()[1]}")
        error = run("send-test", ADDRESS).exception
    assert isinstance(error, ConfigurationError)
    assert str(error).startswith("AFTERCARE_SMTP_URL: the mail server cannot be used")


def test_a_process_has_one_outbox() -> None:
    ground = lay_ground(Settings.load())
    assert ground.outbox is ground.outbox
