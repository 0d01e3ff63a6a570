from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from aftercare.cli import app
from aftercare.errors import ConfigurationError
from knowledge_base import load_articles

EXPORTS = Path(__file__).parents[1] / "knowledge_base" / "exports"


@pytest.fixture(autouse=True)
def articles(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder of articles."""
    folder = tmp_path / "articles"
    folder.mkdir()
    monkeypatch.setenv("AFTERCARE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("AFTERCARE_ARTICLES", str(folder))
    return folder


def import_(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, ["kb", "import", *map(str, arguments)])


def test_articles_are_written_and_the_rest_is_accounted_for(articles: Path) -> None:
    file = EXPORTS / "zendesk.json"
    result = import_(file)

    assert result.exit_code == 0, result.output
    written, errors = load_articles(articles)
    assert (len(written), errors) == (4, [])
    lines = result.stdout.splitlines()
    assert f"{articles}/de/returns-at-a-glance.md: Rückgabe auf einen Blick" in lines
    assert f"{file}: articles[2]: 'Escalation rules' is left out, not public: user_segment_id is '4471'" in lines
    assert f"{file}: the keyword 'faq' of 2 articles in 'en' leads to none" in lines
    english = articles / "en" / "returns-at-a-glance.md"
    number = english.read_text(encoding="utf-8").splitlines().index("- Elsewhere: 4.90 €") + 1
    assert f"{english}:{number}: a figure: '4.90 €'" in lines
    assert (
        "4 articles written, 2 skipped (1 repeated, 1 empty), "
        "3 left out (1 in a language that is not served, 2 not public)." in lines
    )


def test_a_dry_run_writes_nothing(articles: Path) -> None:
    result = import_(EXPORTS / "intercom.json", "--dry-run")

    assert "3 articles would be written, 1 left out (1 not public)." in result.stdout
    assert list(articles.iterdir()) == []


def test_what_is_there_is_kept(articles: Path) -> None:
    import_(EXPORTS / "intercom.json")
    again = import_(EXPORTS / "intercom.json")

    assert "0 articles written, 3 skipped (3 existing), 1 left out (1 not public)." in again.stdout
    assert "3 articles written" in import_(EXPORTS / "intercom.json", "--overwrite").stdout


def test_options_reach_the_import(articles: Path, tmp_path: Path) -> None:
    file = tmp_path / "faq.csv"
    file.write_bytes("Heading,Wording,Rubrik,Status\n退货,三十天,VIP=Kunden,draft\n".encode("gb18030"))

    result = import_(
        *(file, "--language", "zh", "--encoding", "gb18030", "--drafts"),
        *("--column", "title=Heading", "--column", "body=Wording", "--category", "VIP=Kunden=account"),
    )

    assert "1 article written." in result.stdout, result.output
    assert [(one.language, one.category) for one in load_articles(articles)[0]] == [("zh", "account")]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--language", "it"], "'it' is not served"),
        (["--column", "title"], "'title' is not of the form"),
        (["--category", "=returns"], "'=returns' is not of the form"),
    ],
)
def test_wrong_options(arguments: list[str], message: str) -> None:
    result = import_(EXPORTS / "freshdesk.json", *arguments)

    assert result.exit_code == 2
    assert message in " ".join(result.stderr.split())


def test_bad_input_ends_the_command_with_a_message(articles: Path, tmp_path: Path) -> None:
    file = tmp_path / "export.json"
    file.write_text('[{"title": "A", "body": "B", "language": "en"}, 3]', encoding="utf-8")
    result = import_(file)

    assert isinstance(result.exception, ConfigurationError)
    assert str(result.exception) == f"{file}: [1]: expected an object, not int"
    assert list(articles.iterdir()) == []


def test_it_needs_no_rasa(tmp_path: Path) -> None:
    code = (
        "import sys\n"
        "from typer.testing import CliRunner\n"
        "from aftercare.cli import app\n"
        f"result = CliRunner().invoke(app, ['kb', 'import', {str(EXPORTS / 'intercom.json')!r}])\n"
        "assert result.exit_code == 0, result.output\n"
        "sys.exit('rasa' in sys.modules)"
    )

    assert subprocess.run([sys.executable, "-c", code], env=os.environ).returncode == 0
