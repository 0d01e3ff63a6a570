"""The folder for mail that no server takes."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.letters import MailUnavailable
from mail import FolderMailer, messages_in, read_message
from tests.mail.samples import ADDRESS, Clock, code_letter, composer


async def test_messages_lie_in_the_order_of_time(tmp_path: Path) -> None:
    clock = Clock()
    mailer = FolderMailer(tmp_path / "new" / "mail", clock)
    for code in ("111111", "222222", "333333"):
        await mailer.deliver(composer().compose(code_letter(code=code)))
        clock.forward(seconds=0.001)
    files = messages_in(tmp_path / "new" / "mail")
    assert [read_message(path)["Subject"][-6:] for path in files] == ["333333", "222222", "111111"]
    assert files[-1].name.startswith("20261120T120000.000000Z-")
    assert {path.suffix for path in (tmp_path / "new" / "mail").iterdir()} == {".eml"}


async def test_messages_of_the_same_moment_do_not_replace_each_other(tmp_path: Path) -> None:
    for _ in range(3):
        await FolderMailer(tmp_path, Clock()).deliver(composer().compose(code_letter()))
    assert len(messages_in(tmp_path)) == 3


async def test_a_message_is_read_as_it_was_written(tmp_path: Path) -> None:
    message = composer().compose(code_letter())
    await FolderMailer(tmp_path).deliver(message)
    (path,) = messages_in(tmp_path)
    read = read_message(path)
    assert read["To"] == ADDRESS
    for kind in ("plain", "html"):
        part, original = read.get_body((kind,)), message.get_body((kind,))
        assert part is not None and original is not None
        assert part.get_content().splitlines() == original.get_content().splitlines()


async def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "mail").write_text("a file", encoding="utf-8")
    with pytest.raises(MailUnavailable, match="cannot write into the folder"):
        await FolderMailer(tmp_path / "mail").deliver(composer().compose(code_letter()))


def test_no_folder_has_no_messages(tmp_path: Path) -> None:
    assert messages_in(tmp_path / "mail") == []
