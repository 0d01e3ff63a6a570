"""The commands, as an operator runs them."""

import json
import shutil
from pathlib import Path

import pytest

from aftercare.settings import ROOT
from tests.app.conftest import Server
from tests.forks import run

SETS = ROOT / "tests" / "nlu"


def test_orders_lists_them_all(server: Server) -> None:
    result = run(server.home, "orders")
    assert result.returncode == 0
    assert result.stdout.count("AC-1") == 120


def test_orders_shows_one(server: Server) -> None:
    result = run(server.home, "orders", "ac104233")
    assert "AC-104233" in result.stdout
    assert "in_transit" in result.stdout


def test_orders_says_that_there_is_no_such_order(server: Server) -> None:
    result = run(server.home, "orders", "AC-999999")
    assert result.returncode == 1
    assert "AC-999999" in result.stderr


def test_languages_reports_nothing_missing(server: Server) -> None:
    result = run(server.home, "languages", COLUMNS="200")
    assert result.returncode == 0
    assert "track_order" in result.stdout
    assert "untranslated:" not in result.stdout
    assert "no article" not in result.stdout


def test_doctor_finds_a_healthy_house(server: Server) -> None:
    result = run(server.home, "doctor")
    assert result.returncode == 0, result.stdout


def test_doctor_finds_a_missing_model(tmp_path: Path) -> None:
    result = run(tmp_path, "doctor")
    assert result.returncode == 1
    assert "not trained" in result.stdout


def test_chat_presses_buttons_by_number(server: Server) -> None:
    result = run(
        server.home, "chat", "--language", "de", stdin="hallo\n1\nAC-104233\nlucia.fernandez@correo.example\n\n"
    )
    assert result.returncode == 0, result.stderr
    assert "Bestellnummer" in result.stdout
    assert "auf dem Weg" in result.stdout


def test_evaluate_reports_every_language_in_json(server: Server) -> None:
    result = run(server.home, "evaluate", "nlu", *map(str, sorted(SETS.glob("*.jsonl"))), "--json")
    assert result.returncode == 0, result.stderr
    languages = json.loads(result.stdout)["languages"]
    assert set(languages) == {"en", "de", "es", "fr", "zh"}
    for language, figures in languages.items():
        assert figures["n"] > 500, language
        # What the development sets measure, less a margin: a fall below is a regression.
        assert figures["language_accuracy"] >= 0.96, language
        assert figures["intent_accuracy"] >= 0.92, language
        assert figures["intent_f1"] >= 0.91, language
        assert figures["entity_f1"] >= 0.85, language
        assert figures["calibration_error"] <= 0.05, language


def test_evaluate_names_the_line_that_is_no_sample(server: Server, tmp_path: Path) -> None:
    file = tmp_path / "set.jsonl"
    file.write_text('{"text": "hello", "language": "en", "intent": "greet", "entities": []}\n{"text": "x"}\n')
    result = run(server.home, "evaluate", "nlu", str(file))
    assert result.returncode == 1
    assert f"{file}:2" in result.stderr.replace("\n", "")


MESSAGES = [
    ("hello there", "en", "greet"),
    ("where is my parcel?", "en", "track_order"),
    ("please send me the invoice again", "en", "request_invoice"),
    ("guten Tag zusammen", "de", "greet"),
    ("wo bleibt mein Paket?", "de", "track_order"),
    ("ich möchte die Schuhe zurückschicken", "de", "return_item"),
]


def test_evaluate_measures_typing_errors_and_thresholds_and_draws(server: Server, tmp_path: Path) -> None:
    file, pictures = tmp_path / "set.jsonl", tmp_path / "pictures"
    samples = ({"text": text, "language": language, "intent": intent} for text, language, intent in MESSAGES)
    file.write_text("\n".join(map(json.dumps, samples)), encoding="utf-8")
    options = ("--json", "--typing-errors", "--thresholds", "--plot", str(pictures))
    result = run(server.home, "evaluate", "nlu", str(file), *options)
    assert result.returncode == 0, result.stderr
    found = json.loads(result.stdout)
    assert {language: figures["n"] for language, figures in found["languages"].items()} == {"de": 3, "en": 3}
    assert set(found["thresholds"]) == {"de", "en"}
    for thresholds in found["thresholds"].values():
        assert 0 <= thresholds["offer"] <= thresholds["sure"] <= 1
    assert {path.name for path in pictures.iterdir()} == {"confusion-de.png", "confusion-en.png", "reliability.png"}
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in pictures.iterdir())


def test_evaluate_says_how_questions_are_answered(server: Server, tmp_path: Path) -> None:
    lines = [
        {"query": "how many days do I have to return something?", "language": "en", "article": "return-policy"},
        {"query": "and to Canada?", "language": "en", "article": "shipping-costs", "after": "what does delivery cost?"},
        {"query": "who is the owner of Halden?", "language": "en", "article": None},
    ]
    samples = tmp_path / "faq.jsonl"
    samples.write_text("\n".join(json.dumps(line) for line in lines), encoding="utf-8")

    result = run(server.home, "evaluate", "faq", str(samples), "--json")

    assert result.returncode == 0, result.stderr
    english = json.loads(result.stdout)["languages"]["en"]
    assert (english["n"], english["answered"], english["offered"], english["lost"]) == (2, 1.0, 0.0, 0.0)
    assert english["hit1"] >= 0.5
    assert (english["unanswerable"], english["declined"]) == (1, 1.0)
    # What was said there is not kept.
    assert "who is the owner of Halden" not in run(server.home, "kb", "gaps").stdout


def test_evaluate_trains_a_pipeline_on_other_data(server: Server, tmp_path: Path) -> None:
    train, test = tmp_path / "train.csv", tmp_path / "test.csv"
    openings = ("", "hello, ", "please, ", "hi there: ")
    topics = {"cards": "my credit card was stolen", "rates": "what is the interest rate", "hours": "when do you open"}
    rows = [f'"{opening}{text}",{label}' for label, text in topics.items() for opening in openings]
    train.write_text("\n".join(["text,label", *rows]), encoding="utf-8")
    test.write_text(
        "text,label\nsomebody has stolen my card,cards\nhow high is the interest rate,rates\n"
        "when do you open on sundays,hours\ntell me a joke,out_of_scope\n",
        encoding="utf-8",
    )
    result = run(server.home, "evaluate", "pipeline", str(train), str(test))
    assert result.returncode == 0, result.stderr
    assert result.stdout.split() == ["100.0%", "of", "3", "messages"]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the project's data."""
    for name in ("config.yml", "endpoints.yml", "credentials.yml"):
        shutil.copy(ROOT / name, tmp_path / name)
    for name in ("bot", "knowledge_base/articles"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "shop").mkdir()
    shutil.copy(ROOT / "shop" / "policies.yml", tmp_path / "shop" / "policies.yml")
    return tmp_path


@pytest.mark.parametrize(
    ("file", "line", "broken"),
    [
        ("bot/data/nlu/de/orders.yml", 5, "    keine Aufzählung"),
        ("bot/data/nlu/en/orders.yml", 6, "    - where is [AC-1](order_number"),
        ("bot/domain.yml", 7, "intents: ]"),
        ("config.yml", 4, "pipeline: [a: b: c"),
    ],
)
def test_a_broken_file_is_named_with_its_line(project: Path, file: str, line: int, broken: str) -> None:
    path = project / file
    lines = path.read_text(encoding="utf-8").splitlines()
    lines.insert(line - 1, broken)
    path.write_text("\n".join(lines), encoding="utf-8")
    result = run(project / "var", "train", AFTERCARE_PROJECT=str(project))
    assert result.returncode == 1
    assert "Traceback" not in result.stderr
    message = result.stderr.replace("\n", "")
    assert any(f"{path.name}:{number}:" in message for number in range(line, line + 3)), message


def test_a_broken_article_is_named_with_its_line(project: Path) -> None:
    article = project / "knowledge_base" / "articles" / "fr" / "warranty.md"
    article.write_text("---\ntitle: [broken\n---\ntext\n", encoding="utf-8")
    result = run(project / "var", "train", AFTERCARE_ARTICLES=str(project / "knowledge_base" / "articles"))
    assert result.returncode == 1
    assert "fr/warranty.md:" in result.stderr.replace("\n", "")


def test_a_broken_catalogue_is_named_with_its_line(project: Path) -> None:
    catalogue = project / "bot" / "locales" / "es" / "LC_MESSAGES" / "aftercare.po"
    catalogue.write_text('msgid ""\nmsgstr ""\n\nmsgid "x\n', encoding="utf-8")
    result = run(project / "var", "doctor", AFTERCARE_PROJECT=str(project))
    assert result.returncode == 1
    assert "aftercare.po:4" in result.stdout.replace("\n", "")
