from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from aftercare.cli import app
from aftercare.errors import ConfigurationError
from knowledge_base import Gap, GapKind, GapLog, GapSource
from storage import Database, migrate
from tests.knowledge_base.conftest import write_article  # noqa: F401
from tests.knowledge_base.samples import WriteArticle

NOW = datetime.now(UTC)
QUESTIONS = tuple(f"how long can I return a thing of kind {number}" for number in range(25))
BODY = "Within {{ returns.window_days }} days.\n\n## In detail\n\n" + "word " * 130


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home folder, and an empty folder of articles beside it."""
    monkeypatch.setenv("AFTERCARE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("AFTERCARE_ARTICLES", str(tmp_path))
    return tmp_path / "home"


def kb(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["kb", *arguments])


def record(home: Path, gaps: Sequence[tuple[Gap, int]]) -> None:
    """Keep questions that were asked some days ago."""
    url = f"sqlite:///{home / 'aftercare.db'}"
    migrate(url)

    async def work() -> None:
        database = Database(url)
        for gap, days in gaps:
            await GapLog(database, now=lambda days=days: NOW - timedelta(days=days)).record(gap)  # type: ignore[misc]
        await database.close()

    asyncio.run(work())


@pytest.fixture
def asked(home: Path) -> None:
    record(
        home,
        [
            (Gap(GapKind.UNSURE, "do you engrave watches?", "en", GapSource.CHAT, "repairs"), 1),
            (Gap(GapKind.UNANSWERED, "do you engrave watches, Mrs Byron?", "en", GapSource.CHAT), 40),
            (Gap(GapKind.UNHELPFUL, "AC-104233: Gravur?", "de", GapSource.HELP_CENTRE, "gift-cards"), 3),
        ],
    )


def test_gaps_says_plainly_when_there_are_none() -> None:
    result = kb("gaps")
    assert result.exit_code == 0
    assert result.output == "There are no questions without a good answer.\n"
    assert kb("gaps", "--language", "de", "--days", "7").output == (
        "There are no questions without a good answer in Deutsch of the last 7 days.\n"
    )
    assert json.loads(kb("gaps", "--json").output) == {"gaps": []}


@pytest.mark.usefixtures("asked")
def test_gaps_shows_groups_by_language() -> None:
    result = kb("gaps")
    assert result.exit_code == 0
    lines = [" ".join(line.split()) for line in result.output.splitlines()]
    assert lines[0] == "Deutsch"
    assert lines[1] == "Count Question Kinds Article Last asked"
    assert lines[2] == f"1 [number]: Gravur? 1 unhelpful gift-cards {NOW - timedelta(days=3):%Y-%m-%d}"
    assert lines[3] == "English"
    # The rest is as wide as the terminal allows.
    assert lines[5].startswith("2 do you engrave watches?")


@pytest.mark.usefixtures("asked")
def test_gaps_of_a_language_and_of_the_last_days_as_json() -> None:
    (group,) = json.loads(kb("gaps", "--language", "en", "--json").output)["gaps"]
    assert group["latest"] == (NOW - timedelta(days=1)).isoformat()
    assert sorted(group.pop("kinds").items()) == [("unanswered", 1), ("unsure", 1)]
    del group["latest"]
    assert group == {
        "question": "do you engrave watches?",
        "language": "en",
        "count": 2,
        "articles": ["repairs"],
        "questions": ["do you engrave watches?", "do you engrave watches, Mrs [name]?"],
    }
    found = json.loads(kb("gaps", "--days", "30", "--json").output)["gaps"]
    assert [(group["language"], group["count"]) for group in found] == [("de", 1), ("en", 1)]


@pytest.mark.usefixtures("asked")
def test_a_broken_article_does_not_keep_gaps_from_being_shown(home: Path) -> None:
    (home.parent / "en").mkdir()
    (home.parent / "en" / "warranty.md").write_text("no article", encoding="utf-8")
    assert kb("gaps").exit_code == 0


def test_days_must_be_some() -> None:
    assert kb("gaps", "--days", "0").exit_code == 2


def test_check_finds_nothing_to_mend(write_article: WriteArticle) -> None:  # noqa: F811
    write_article(questions=QUESTIONS, body=BODY)
    result = kb("check")
    assert result.output == "1 article in 1 language checked, no findings.\n"
    assert result.exit_code == 0


def test_check_lists_everything_at_once(write_article: WriteArticle) -> None:  # noqa: F811
    few = write_article(questions=QUESTIONS[:3], body=BODY)
    unknown = write_article("warranty", questions=tuple(f"{q}?!" for q in range(25)), body=f"{{{{ nothing }}}} {BODY}")
    broken = write_article("repairs", "de")
    broken.write_text("---\ntitle: [broken\n---\ntext\n", encoding="utf-8")
    result = kb("check")
    assert result.exit_code == 1
    *findings, last = result.output.splitlines()
    assert last == "2 articles in 1 language checked, 3 findings."
    assert findings[0].startswith(f"{broken}:3: YAML: ")
    assert findings[1] == f"{few}:7: 3 questions, expected at least 25"
    assert findings[2].startswith(f"{unknown}:{7 + 25 + 2}: ")
    assert "nothing" in findings[2]


def test_check_needs_policies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    policies = tmp_path / "policies.yml"
    policies.write_text("shop: 1\n", encoding="utf-8")
    monkeypatch.setenv("AFTERCARE_POLICIES", str(policies))
    result = kb("check")
    assert isinstance(result.exception, ConfigurationError)
    assert "policies.yml" in str(result.exception)


def test_the_commands_do_without_rasa(write_article: WriteArticle) -> None:  # noqa: F811
    write_article(questions=QUESTIONS, body=BODY)
    program = (
        "import sys; from typer.testing import CliRunner; from aftercare.cli import app;"
        "results = [CliRunner().invoke(app, ['kb', command]).exit_code for command in ('gaps', 'check')];"
        "sys.exit(results != [0, 0] or 'rasa' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], env=os.environ, timeout=60).returncode == 0
