"""A change of the folder is taken over; tests wait for the refresher, which looks again at once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from aftercare.refreshing import Refresher
from knowledge_base import KnowledgeBase
from tests.knowledge_base.samples import ARTICLE

PATIENCE = 30


def write(path: Path, title: str, category: str = "returns") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    question = f"  - what about {title.lower()}"
    text = ARTICLE.format(title=title, category=category, answer="  Yes.", questions=question, body="Text.")
    # As a whole, as editors do: the refresher looks at any time.
    path.with_suffix(".new").write_text(text, encoding="utf-8")
    path.with_suffix(".new").replace(path)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(tmp_path / "articles" / "en" / "warranty.md", "Warranty")
    return tmp_path / "articles"


class Watched(KnowledgeBase):
    """Tells when it was refreshed."""

    def __init__(self, folder: Path) -> None:
        self._refreshed = threading.Condition()
        self.failures = 0
        super().__init__(folder, lambda country: {})

    def refresh(self) -> bool:
        try:
            return super().refresh()
        except Exception:
            self.failures += 1
            raise
        finally:
            with self._refreshed:
                self._refreshed.notify_all()

    def wait_until(self, reached: Callable[[], bool]) -> None:
        """Wait, after each refresh, whether it is reached now."""
        with self._refreshed:
            assert self._refreshed.wait_for(reached, PATIENCE)

    def finds(self, query: str) -> str | None:
        """The slug of the first hit."""
        return next((hit.slug for hit in self.search(query, "en")), None)


@pytest.fixture
def base(folder: Path) -> Watched:
    return Watched(folder)


@pytest.fixture
def refresher(base: Watched) -> Iterator[Refresher]:
    refresher = Refresher(base, seconds=0.001)
    refresher.start()
    yield refresher
    refresher.stop(PATIENCE)
    assert refresher_threads() == []


def refresher_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "refresher"]


def test_what_changes_is_found(folder: Path, base: Watched, refresher: Refresher) -> None:
    assert base.finds("vouchers") is None
    write(folder / "en" / "gift-cards.md", "Vouchers")
    base.wait_until(lambda: base.finds("vouchers") == "gift-cards")

    write(folder / "en" / "gift-cards.md", "Presents for everybody")
    base.wait_until(lambda: base.finds("presents") == "gift-cards")

    (folder / "en" / "gift-cards.md").unlink()
    base.wait_until(lambda: base.finds("presents") is None)


def test_a_broken_file_keeps_the_last_good_state(folder: Path, base: Watched, refresher: Refresher) -> None:
    with capture_logs() as logs:
        write(folder / "en" / "warranty.md", "Guarantee", category="nonsense")
        base.wait_until(lambda: len(base.errors) == 1)
        assert base.finds("warranty") == "warranty"

        write(folder / "en" / "warranty.md", "Guarantee")
        base.wait_until(lambda: base.errors == ())
    assert base.finds("guarantee") == "warranty"
    assert base.article("warranty", "en").article.title == "Guarantee"
    (error,) = next(entry["errors"] for entry in logs if entry["event"] == "articles.refreshed")
    assert "warranty.md:3: unknown category 'nonsense'" in error


def test_an_error_is_logged_once_and_does_not_end_it(folder: Path, base: Watched, refresher: Refresher) -> None:
    with capture_logs() as logs:
        folder.rename(folder.with_name("elsewhere"))
        base.wait_until(lambda: base.failures >= 10)
        assert base.finds("warranty") == "warranty"

        folder.with_name("elsewhere").rename(folder)
        write(folder / "en" / "gift-cards.md", "Vouchers")
        base.wait_until(lambda: base.finds("vouchers") == "gift-cards")
    # A look in the very moment of the renaming may find the folder empty, which is another error.
    assert [entry["event"] for entry in logs].count("articles.not_refreshed") in (1, 2)


def test_it_stops_at_once(base: Watched) -> None:
    refresher = Refresher(base)
    refresher.start()
    assert len(refresher_threads()) == 1

    refresher.stop(PATIENCE)
    assert refresher_threads() == []


def test_what_never_began_can_be_stopped(base: Watched) -> None:
    Refresher(base).stop()
