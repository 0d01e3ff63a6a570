from collections.abc import Callable
from pathlib import Path

import pytest

from aftercare import training
from aftercare.settings import Settings
from knowledge_base import load_articles
from tests.knowledge_base.samples import ARTICLE

EXAMPLES = 'version: "3.1"\nnlu:\n- intent: greet\n  examples: |\n    - hello\n'

Edit = Callable[[Path], None]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with everything that a model is made of."""
    files = {
        "config.yml": "recipe: default.v1\n",
        "bot/domain.yml": "intents: [greet]\n",
        "bot/data/nlu/en/greet.yml": EXAMPLES,
        "bot/data/rules/greet.yml": "rules: []\n",
        "bot/nlu/classifier.py": "C = 1\n",
        "bot/locales/de/LC_MESSAGES/aftercare.po": "",
        "README.md": "",
        "shop/policies.yml": "",
        "knowledge_base/articles/en/return-policy.md": ARTICLE.format(
            title="Returns", category="returns", answer="  You have 30 days.", questions="  - how long", body="Text."
        ),
    }
    for name, content in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    return tmp_path


def fingerprint(project: Path) -> str:
    settings = Settings.load(project=project, home=project / "var")
    articles, errors = load_articles(settings.articles)
    assert errors == []
    return training.fingerprint(settings, articles)


def replace(name: str, old: str, new: str) -> Edit:
    """An edit of a file."""

    def edit(project: Path) -> None:
        path = project / name
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")

    return edit


def add(name: str, content: str) -> Edit:
    """An edit that adds to a file, or makes one."""

    def edit(project: Path) -> None:
        path = project / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8") as file:
            file.write(content)

    return edit


def move(name: str, to: str) -> Edit:
    def edit(project: Path) -> None:
        (project / to).parent.mkdir(parents=True, exist_ok=True)
        (project / name).rename(project / to)

    return edit


ARTICLES = "knowledge_base/articles"
ARTICLE_FILE = f"{ARTICLES}/en/return-policy.md"


@pytest.mark.parametrize(
    "edit",
    [
        pytest.param(add("config.yml", "language: en\n"), id="config"),
        pytest.param(replace("bot/domain.yml", "greet", "goodbye"), id="domain"),
        pytest.param(add("bot/data/nlu/en/greet.yml", "    - hi\n"), id="an example more"),
        pytest.param(replace("bot/data/nlu/en/greet.yml", "hello", "hallo"), id="an example changed"),
        pytest.param(add("bot/data/nlu/de/greet.yml", EXAMPLES), id="a file more"),
        pytest.param(
            move("bot/data/nlu/en/greet.yml", "bot/data/nlu/de/greet.yml"), id="an example of another language"
        ),
        pytest.param(replace("bot/data/rules/greet.yml", "[]", "[]  # none"), id="rules"),
        pytest.param(replace("bot/nlu/classifier.py", "1", "2"), id="code"),
        pytest.param(replace(ARTICLE_FILE, "- how long", "- for how long"), id="a question changed"),
        pytest.param(replace(ARTICLE_FILE, "- how long", "- how long\n  - which"), id="a question more"),
        pytest.param(replace(ARTICLE_FILE, "how long", "how [long](size)"), id="an entity mark in a question"),
        pytest.param(move(ARTICLE_FILE, f"{ARTICLES}/en/how-to-return.md"), id="the slug of an article"),
        pytest.param(move(ARTICLE_FILE, f"{ARTICLES}/de/return-policy.md"), id="the language of an article"),
    ],
)
def test_what_a_model_is_made_of_changes_the_fingerprint(project: Path, edit: Edit) -> None:
    before = fingerprint(project)
    edit(project)
    assert fingerprint(project) != before


@pytest.mark.parametrize(
    "edit",
    [
        pytest.param(replace(ARTICLE_FILE, "30 days", "60 days"), id="an answer"),
        pytest.param(replace(ARTICLE_FILE, "Text.", "Another text."), id="a body"),
        pytest.param(replace(ARTICLE_FILE, "title: Returns", "title: Sending back"), id="a title"),
        pytest.param(add("bot/locales/de/LC_MESSAGES/aftercare.po", "# new\n"), id="a translation"),
        pytest.param(add("README.md", "new"), id="the README"),
        pytest.param(add("bot/data/choices/en.yml", "words: {}\n"), id="how customers choose"),
    ],
)
def test_what_no_model_is_made_of_does_not(project: Path, edit: Edit) -> None:
    before = fingerprint(project)
    edit(project)
    assert fingerprint(project) == before


def test_the_fingerprint_does_not_depend_on_where_the_project_lies(project: Path, tmp_path: Path) -> None:
    before = fingerprint(project)
    moved = tmp_path / "elsewhere"
    moved.mkdir()
    for name in ("config.yml", "bot", "shop", "knowledge_base"):
        (project / name).rename(moved / name)
    assert fingerprint(moved) == before


def test_nor_on_the_order_of_the_articles(project: Path) -> None:
    add(f"{ARTICLES}/de/return-policy.md", (project / ARTICLE_FILE).read_text(encoding="utf-8"))(project)
    settings = Settings.load(project=project)
    articles, _ = load_articles(settings.articles)
    assert len(articles) == 2
    assert training.fingerprint(settings, articles) == training.fingerprint(settings, articles[::-1])


def test_another_version_of_the_engine_is_another_model(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = fingerprint(project)
    monkeypatch.setattr(training, "version", lambda package: "99")
    assert fingerprint(project) != before


def test_a_model_lies_in_the_home_folder_under_its_fingerprint(project: Path) -> None:
    settings = Settings.load(project=project, home=project / "var")
    articles, _ = load_articles(settings.articles)
    path = training.model_path(settings, articles)
    assert path.parent == project / "var" / "models"
    assert path.name == f"{training.fingerprint(settings, articles)}.tar.gz"
