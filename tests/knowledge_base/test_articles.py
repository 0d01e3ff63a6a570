from datetime import date
from pathlib import Path

import pytest

from knowledge_base import ArticleError, Section, load_article, load_articles
from tests.knowledge_base.samples import WriteArticle


def error_of(path: Path) -> str:
    with pytest.raises(ArticleError) as caught:
        load_article(path)
    return str(caught.value).removeprefix(f"{path}:")


def test_an_article_is_read_with_everything_in_it(write_article: WriteArticle) -> None:
    article = load_article(
        write_article(
            title="Returns at a glance",
            answer="You have 30 days,\nand then no more.",
            questions=("can I return [worn shoes](product)", "no", "24/7", "'quoted: yes'"),
            body="First.\n\n## What it costs ##\n\nNothing.\n\n### Not a section\n\n## How\n\nBy post.",
        )
    )

    assert (article.slug, article.language, article.category) == ("return-policy", "en", "returns")
    assert article.title == "Returns at a glance"
    assert article.answer == "You have 30 days,\nand then no more."
    assert article.updated == date(2026, 11, 20)
    assert article.questions == ("can I return worn shoes", "no", "24/7", "quoted: yes")
    assert article.examples[0] == "can I return [worn shoes](product)"
    assert article.sections == (
        Section("", "First."),
        Section("What it costs", "Nothing.\n\n### Not a section"),
        Section("How", "By post."),
    )


def test_lines_are_those_of_the_file(write_article: WriteArticle) -> None:
    article = load_article(write_article(questions=("one", "two"), body="The body."))
    lines = article.path.read_text(encoding="utf-8").splitlines()

    assert lines[article.lines["title"] - 1] == "title: Returns"
    assert "window_days" in lines[article.lines["answer"] - 1]
    assert lines[article.lines["questions.1"] - 1] == "  - two"
    assert lines[article.lines["body"] - 1] == "The body."


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("category: returns", "category: shoes", "3: unknown category 'shoes'"),
        ("category: returns", "author: me", "3: unknown field 'author'"),
        ("category: returns", "title: again", "3: the field 'title' stands here a second time"),
        ("category: returns\n", "", "1: missing: category"),
        ("updated: 2026-11-20", "updated: yesterday", "4: 'updated' must be a date"),
        ("title: Returns", "title: '?'", "2: 'title' holds no word"),
        ("title: Returns", "title: Returns: all", "2: YAML: mapping values are not allowed"),
        ("title: Returns", "title: 'Returns", "YAML: "),
        ("title: Returns", "title: Returns {{ shop.name", "2: Jinja: "),
        ("{{ returns.window_days }} days.", "\n  {% if x %}{{ a }}", "7: Jinja: "),
        ("Nothing at all.", "{{ a b }}", "14: Jinja: "),
        (
            "  - how long can I return things",
            "  - one\n  - how long: really",
            "9: 'questions': expected text",
        ),
        ("questions:\n  - how", "questions: how", "7: 'questions' must be a list"),
    ],
)
def test_errors_name_the_line(write_article: WriteArticle, old: str, new: str, message: str) -> None:
    path = write_article()
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")

    assert message in error_of(path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "1: the front matter is missing"),
        ("# Just Markdown\n", "1: the front matter is missing"),
        ("---\ntitle: x\n", "1: the front matter is not closed"),
        ("---\n- a\n- b\n---\nBody", "2: the front matter must be fields"),
    ],
)
def test_files_that_are_no_articles(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "what.md"
    path.write_text(text, encoding="utf-8")

    assert error_of(path).startswith(message)


def test_a_body_without_text(write_article: WriteArticle) -> None:
    assert error_of(write_article(body=" ")).startswith("9: the body is missing")


def test_bytes_that_are_not_text(write_article: WriteArticle) -> None:
    path = write_article()
    path.write_bytes(path.read_bytes().replace(b"Nothing", b"\xff\xfe"))

    assert error_of(path) == "14: not UTF-8 text"


def test_a_name_that_is_no_slug(write_article: WriteArticle) -> None:
    assert "'Return Policy' is no slug" in error_of(write_article("Return Policy"))


def test_a_bad_article_does_not_take_the_others_down(tmp_path: Path, write_article: WriteArticle) -> None:
    write_article("return-policy")
    write_article("return-policy", "de")
    bad = write_article("warranty", category="nonsense")

    articles, errors = load_articles(tmp_path)

    assert [(article.language, article.slug) for article in articles] == [
        ("de", "return-policy"),
        ("en", "return-policy"),
    ]
    assert [error.path for error in errors] == [bad]


def test_a_file_that_cannot_be_read_is_an_error_too(tmp_path: Path, write_article: WriteArticle) -> None:
    write_article()
    (tmp_path / "en" / "folder.md").mkdir()

    articles, errors = load_articles(tmp_path)

    assert len(articles) == 1
    assert "cannot be read" in str(errors[0])
