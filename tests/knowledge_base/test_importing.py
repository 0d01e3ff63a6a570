import json
import re
import tempfile
import unicodedata
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge_base import Article, Renderer, load_article, load_articles
from knowledge_base.imports.conversion import to_text
from knowledge_base.imports.exports import ExportError
from knowledge_base.imports.filing import category_of, language_of, slug_of
from knowledge_base.imports.planning import Plan, Reason, Source, plan_import, write

EXPORTS = Path(__file__).parent / "exports"
LANGUAGES = ("de", "en", "es", "fr", "zh")
TODAY = date(2026, 11, 22)

WriteExport = Callable[..., Path]


@pytest.fixture
def write_export(tmp_path: Path) -> WriteExport:
    """Writes text, bytes, or anything as JSON."""

    def write_file(content: Any, name: str = "export.json") -> Path:
        path = tmp_path / name
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
        return path

    return write_file


def plan(path: Path, **options: Any) -> Plan:
    folder = options.pop("folder", path.parent / "articles")
    overwrite = options.pop("overwrite", False)
    return plan_import(Source(path, LANGUAGES, **options), folder, TODAY, overwrite=overwrite)


def files(planned: Plan) -> dict[str, Article]:
    """The planned articles by `language/slug`."""
    return {f"{one.article.language}/{one.article.slug}": one.article for one in planned.articles}


def left_out(planned: Plan) -> list[tuple[str, Reason, str]]:
    return [(one.where, one.reason, one.detail) for one in planned.left_out]


def article(**fields: Any) -> dict[str, Any]:
    return {"title": "Returns", "body": "You have 30 days.", "language": "en", **fields}


# The formats of help desks


def test_zendesk() -> None:
    planned = plan(EXPORTS / "zendesk.json")
    found = files(planned)

    assert list(found) == [
        "en/returns-at-a-glance",
        "de/returns-at-a-glance",
        "zh/returns-at-a-glance",
        "en/where-do-you-ship-to",
    ]
    english = found["en/returns-at-a-glance"]
    assert (english.category, english.updated) == ("returns", date(2025, 3, 11))
    assert english.questions == ("Returns at a glance", "return window", "send back")
    assert [section.heading for section in english.sections] == ["", "What it costs"]
    assert english.sections[1].text == "- Within the EU: nothing\n- Elsewhere: 4.90 €"
    german = found["de/returns-at-a-glance"]
    assert (german.category, german.updated) == ("returns", date(2025, 4, 1))
    assert german.answer == "Sie haben 30 Tage Zeit, z. B. für Schuhe. Am 3. Mai ist Schluss. Danach nicht mehr."
    assert found["zh/returns-at-a-glance"].body == "**注意**：您有30天时间退货。请保留包装！"
    assert found["en/where-do-you-ship-to"].category == "delivery"
    assert "| Germany | 3–5 |" in found["en/where-do-you-ship-to"].body
    assert left_out(planned) == [
        ("articles[0].translations[0]", Reason.REPEATED, "the same as articles[0]"),
        ("articles[0].translations[3]", Reason.LANGUAGE, "sv"),
        ("articles[0].translations[4]", Reason.RESTRICTED, "draft is 'true'"),
        ("articles[2]", Reason.RESTRICTED, "user_segment_id is '4471'"),
        ("articles[3]", Reason.EMPTY, ""),
    ]
    assert planned.remarks == ("the keyword 'faq' of 2 articles in 'en' leads to none",)


def test_freshdesk() -> None:
    planned = plan(EXPORTS / "freshdesk.json", language="en")
    found = files(planned)["en/how-can-i-pay"]

    assert (found.category, found.updated) == ("payment", date(2024, 6, 17))
    assert found.answer == "Cards, wallets and invoices: all the ways to pay."
    assert found.questions == ("How can I pay?", "credit card", "paypal", "visa", "mastercard")
    assert found.body == "We take cards & wallets.  \nChoose one at checkout.\n\nInvoices are for companies."
    assert left_out(planned) == [("[1]", Reason.RESTRICTED, "status is '1'")]
    assert "en/paying-in-parts" in files(plan(EXPORTS / "freshdesk.json", language="en", drafts=True))


def test_intercom() -> None:
    planned = plan(EXPORTS / "intercom.json")
    found = files(planned)

    assert list(found) == ["en/signing-in", "es/signing-in", "zh/signing-in"]
    assert {one.category for one in found.values()} == {"account"}
    assert found["en/signing-in"].answer == "With a password, or with a code by e-mail."
    assert found["en/signing-in"].updated == date(2024, 6, 1)
    assert (
        "## With a password\n\nEnter it on the [sign-in page](https://shop.example/login)"
        in found["en/signing-in"].body
    )
    assert "### Forgotten?" in found["en/signing-in"].body
    assert found["zh/signing-in"].answer == "输入密码即可登录。忘记密码怎么办？用验证码。"
    assert left_out(planned) == [("data[0].translated_content.fr", Reason.RESTRICTED, "state is 'draft'")]


def test_help_scout() -> None:
    planned = plan(EXPORTS / "help_scout.json", language="en")
    found = files(planned)

    assert list(found) == ["en/gift-cards"]
    assert (found["en/gift-cards"].category, found["en/gift-cards"].title) == ("payment", "Do gift cards expire?")
    assert found["en/gift-cards"].questions == ("Do gift cards expire?", "voucher", "balance")
    assert left_out(planned) == [("articles.items[1]", Reason.RESTRICTED, "status is 'notpublished'")]


def test_categories_with_folders_with_articles(write_export: WriteExport) -> None:
    inside = {"articles": [article()]}
    export = [{"category": {"name": "Deliveries", "folders": [{"name": "Sending back (returns)", **inside}]}}]

    assert files(plan(write_export(export)))["en/returns"].category == "returns"


def test_fields_inside_objects(write_export: WriteExport) -> None:
    export = {"title": {"rendered": "Q&#038;A"}, "content": {"rendered": "<p>Yes.</p>"}, "category": {"name": "Sizing"}}

    found = files(plan(write_export(export), language="en"))["en/q-a"]

    assert (found.title, found.body, found.category) == ("Q&A", "Yes.", "products")


def test_json_lines(write_export: WriteExport) -> None:
    lines = [json.dumps(article(title=title)) for title in ("One", "", "Two")]

    planned = plan(write_export("\n".join([*lines, "", ""]), "export.jsonl"))

    assert [one.where for one in planned.articles] == ["line 1", "line 3"]
    assert left_out(planned) == [("line 2", Reason.EMPTY, "")]


TABLE = (
    ("Frage", "Antwort", "Sprache", "Kategorie", "Stichwörter", "Geändert", "Status"),
    (
        "Größe, Farbe?",
        'Steht im "Etikett".\n\nSonst; fragen.',
        "de-DE",
        "Produkte",
        "etikett, größe",
        "5.3.2024",
        "aktiv",
    ),
)


def csv_text(delimiter: str) -> str:
    rows = (delimiter.join('"' + cell.replace('"', '""') + '"' for cell in row) for row in TABLE)
    return "\r\n".join(rows) + "\r\n"


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_tables(write_export: WriteExport, delimiter: str, encoding: str) -> None:
    path = write_export(csv_text(delimiter).encode(encoding), "export.csv")

    found = files(plan(path))["de/groesse-farbe"]

    assert (found.title, found.category, found.updated) == ("Größe, Farbe?", "products", date(2024, 3, 5))
    assert found.body == 'Steht im "Etikett".\n\nSonst; fragen.'
    assert found.questions == ("Größe, Farbe?", "etikett", "größe")


def test_a_table_that_names_its_delimiter(write_export: WriteExport) -> None:
    planned = plan(write_export("sep=;\r\nTitle;Body\r\nA;B\r\n", "export.csv"), language="en")

    assert [(one.where, one.article.body) for one in planned.articles] == [("row 3", "B")]


def test_other_encodings_are_named(write_export: WriteExport) -> None:
    path = write_export("标题,内容\n退货,三十天\n".encode("gb18030"), "export.csv")

    assert files(plan(path, language="zh", encoding="gb18030"))["zh/tui-huo"].body == "三十天"


def test_columns_can_be_named(write_export: WriteExport) -> None:
    path = write_export("Heading,Wording,Title\nReturns,30 days,Mr\n", "export.csv")

    found = files(plan(path, language="en", columns={"title": "Heading", "body": "wording"}))

    assert found["en/returns"].body == "30 days"


# Bad input


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "no articles in it"),
        ({"articles": []}, "no articles in it"),
        ({"tickets": [{"subject": "x"}]}, "no articles in it"),
        ({"articles": [article(), 3]}, "articles[1]: expected an object, not int"),
        ({"articles": [article(title=["a", "b"])]}, "articles[0]: 'title' should be text, not list"),
        ({"articles": [{"body": "x", "language": "en"}]}, "no column is known as the title: there are body, language"),
        ({"articles": [{"title": "x", "body": "y"}]}, "articles[0]: nothing tells its language"),
        ('{"articles": [', ":1: no JSON: Expecting value"),
        ('{"title": "a"}\n{"title" "b"}', ":2: no JSON: Expecting ':' delimiter"),
        ("[" * 100_000, "nested too deeply"),
        ("Colour,Price\nred,3\n", "no column is known as the title: there are Colour, Price"),
        ("title,body\nA,B,C\n", "row 2: 3 cells, but 2 columns"),
        ('title,body\nA,"B\n', ":2: unexpected end of data"),
        (b"\x89PNG\r\n\x1a\n\0\0", "no text in utf-8-sig or cp1252"),
        (b"\x81\x8d", "no text in utf-8-sig or cp1252"),
    ],
)
def test_bad_input_names_the_file_and_the_place(write_export: WriteExport, content: Any, message: str) -> None:
    path = write_export(content)

    with pytest.raises(ExportError) as caught:
        plan(path)

    assert str(caught.value).startswith(f"{path}:")
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"columns": {"title": "Heading"}}, "no 'Heading' in it, but title, body, language"),
        ({"columns": {"colour": "title"}}, "there is no field 'colour'"),
        ({"categories": {"x": "shoes"}}, "there is no category 'shoes'"),
        ({"default_category": "shoes"}, "there is no category 'shoes'"),
        ({"encoding": "klingon"}, "there is no encoding 'klingon'"),
    ],
)
def test_bad_options(write_export: WriteExport, options: dict[str, Any], message: str) -> None:
    with pytest.raises(ExportError, match=re.escape(message)):
        plan(write_export([article()]), **options)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match=r"export\.json: No such file"):
        plan(tmp_path / "export.json")


NAMES = (
    "title",
    "body",
    "language",
    "locale",
    "articles",
    "items",
    "translations",
    "sections",
    "id",
    "category",
    "draft",
)
NAMES += ("updated_at", "seo_data", "meta_description", "html_url", "slug", "label_names", "de", "folder", "answer")
JSON = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8), st.sampled_from(("de", "Returns"))
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=3), inner, max_size=5)
    ),
    max_leaves=20,
)


@settings(max_examples=300, deadline=None)
@given(
    st.one_of(
        JSON.map(lambda value: json.dumps(value).encode()),
        st.binary(),
        st.text(st.characters(exclude_categories=("Cs",))).map(str.encode),
    )
)
def test_whatever_a_file_holds_is_planned_or_an_error(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        export = Path(folder) / "export.json"
        for start in (b"", b"title,body,language\n"):
            export.write_bytes(start + content)
            try:
                plan(export, language="en")
            except ExportError as error:
                assert str(error).startswith(f"{export}:")


# Where articles belong


@pytest.mark.parametrize(
    ("tag", "language"),
    [
        ("en", "en"),
        ("de-DE", "de"),
        ("de_de", "de"),
        ("zh-cn", "zh"),
        ("zh-Hans-CN", "zh"),
        ("EN-US", "en"),
        ("Deutsch", "de"),
        ("german", "de"),
        ("English (US)", "en"),
        ("简体中文", "zh"),
        ("it", None),
        ("fil", None),
        ("", None),
    ],
)
def test_languages(tag: str, language: str | None) -> None:
    assert language_of(tag, LANGUAGES) == language


def test_a_regional_language_that_is_served_comes_first() -> None:
    assert language_of("zh_tw", ("zh", "zh-TW")) == "zh-TW"


@pytest.mark.parametrize(
    ("names", "category"),
    [
        (["Shipping & delivery"], "delivery"),
        (["Bestellungen und Versand"], "orders"),
        (["Rückgabe"], "returns"),
        (["Moyens de paiement"], "payment"),
        (["Guía de tallas"], "products"),
        (["账户与密码"], "account"),
        (["ENVÍOS"], "delivery"),
        (["Getting started", "Sizing"], "products"),
        (["4711", "VIP"], "company"),
        (["Borders"], None),
        ([], None),
    ],
)
def test_categories(names: list[str], category: str | None) -> None:
    assert category_of(names, {"vip": "company"}) == category


@pytest.mark.parametrize(
    ("slug", "url", "title", "expected"),
    [
        ("Return Policy", "https://a.example/x", "y", "return-policy"),
        ("", "https://a.example/hc/en-us/articles/360001-Return-policy", "y", "return-policy"),
        ("", "https://a.example/article/14-return-policy?lang=en#top", "y", "return-policy"),
        ("", "https://a.example/faq/24-7-support.html", "y", "24-7-support"),
        ("", "https://a.example/hc/zh-cn/articles/360001-%E9%80%80%E8%B4%A7", "y", "tui-huo"),
        ("", "https://a.example/support/solutions/articles/43000101", "Returns?", "returns"),
        ("", "https://a.example", "Rückgabe für Größe 42", "rueckgabe-fuer-groesse-42"),
        ("", "http://[", "银行", "yin-hang"),
        ("", "", "🙂", "article-7"),
        ("", "", "word " * 40, "-".join(["word"] * 16)),
    ],
)
def test_slugs(slug: str, url: str, title: str, expected: str) -> None:
    assert slug_of(slug, url, title, "de", otherwise="7") == expected


def test_the_same_slug_twice_is_numbered(write_export: WriteExport) -> None:
    titles = [article(), article(title="Returns!"), article(title="Returns?"), article(language="de")]

    assert list(files(plan(write_export(titles)))) == ["en/returns", "en/returns-2", "en/returns-3", "de/returns"]


def test_an_article_has_the_slug_of_the_catalogue_language_everywhere(write_export: WriteExport) -> None:
    export = [
        article(id=1, language="de", title="Rückgabe"),
        article(id=2, language="de", title="Versand"),
        article(id=1, language="en", title="Returns"),
        article(id=2, language="fr", title="Livraison"),
        article(id=3, language="en", title="Returns"),
        article(id=3, language="de", title="Noch eine Rückgabe"),
    ]

    assert list(files(plan(write_export(export)))) == [
        "de/returns",
        "de/versand",
        "en/returns",
        "fr/versand",
        "en/returns-2",
        "de/returns-2",
    ]


def test_categories_can_be_chosen(write_export: WriteExport) -> None:
    path = write_export(
        [article(title="A", category="Payment"), article(title="B", category="Odds"), article(title="C")]
    )

    planned = plan(path, categories={"payment": "orders", "Nothing": "orders"}, default_category="products")

    assert [one.article.category for one in planned.articles] == ["orders", "products", "products"]
    assert planned.remarks == ("nothing is filed under 'Nothing'", "no category is known for 'Odds': products")


# What articles say


@pytest.mark.parametrize(
    ("fields", "answer"),
    [
        ({"summary": "<b>In</b> short."}, "In short."),
        ({"description": "In short."}, "In short."),
        ({"body": "<h2>One</h2><p>First. Second.</p><h2>Two</h2><p>Third.</p>"}, "First. Second."),
        ({"body": "Choose:\n\n- card\n- cash"}, "Choose: card"),
        ({"body": "```\ncode\n```"}, "Returns"),
    ],
)
def test_answers(write_export: WriteExport, fields: dict[str, Any], answer: str) -> None:
    assert files(plan(write_export([article(**fields)])))["en/returns"].answer == answer


def test_a_column_serves_one_field(write_export: WriteExport) -> None:
    path = write_export("Question,Answer,Title\nHow long?,30 days.,Returns\n", "export.csv")

    found = files(plan(path, language="en"))["en/returns"]

    assert (found.body, found.answer, found.questions) == ("30 days.", "30 days.", ("Returns", "How long?"))


def test_questions(write_export: WriteExport) -> None:
    fields = {
        "questions": ["How long, please? How much?", "RETURNS | can I [return](here) it"],
        "keywords": "send_back, how much; !, money back",
    }

    assert files(plan(write_export([article(**fields)])))["en/returns"].questions == (
        "Returns",
        "How long, please?",
        "How much?",
        "can I return it",
        "send back",
        "money back",
    )


@pytest.mark.parametrize(
    ("updated", "language", "expected"),
    [
        ("2024-03-05T23:30:00Z", "en", date(2024, 3, 5)),
        (1709596800, "en", date(2024, 3, 5)),
        (1709596800000, "en", date(2024, 3, 5)),
        ("2024年3月5日", "zh", date(2024, 3, 5)),
        ("05.03.2024", "de", date(2024, 3, 5)),
        ("5/3/2024", "fr", date(2024, 3, 5)),
        ("3/5/2024", "en", date(2024, 3, 5)),
        (None, "en", TODAY),
        ("soon", "en", TODAY),
        ("2024-13-45", "en", TODAY),
    ],
)
def test_dates(write_export: WriteExport, updated: Any, language: str, expected: date) -> None:
    planned = plan(write_export([article(updated_at=updated, language=language)]))

    assert planned.articles[0].article.updated == expected
    assert bool(planned.remarks) == (expected == TODAY and updated is not None)


def visible(text: str) -> str:
    """What one sees of a text, without spaces."""
    return "".join(c for c in text if unicodedata.category(c)[0] not in "CZ")


# Not HTML: see `test_conversion`.
TEXTS = st.text(st.one_of(st.characters(blacklist_characters="<&"), st.sampled_from("{}%#-*_[]`|!.:' \n")), max_size=80)


@settings(max_examples=300, deadline=None)
@given(TEXTS, TEXTS)
def test_any_text_becomes_an_article_that_says_it(title: str, body: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        export = Path(folder) / "export.json"
        export.write_text(json.dumps([article(), article(title=title, body=body)]), encoding="utf-8")
        planned = plan(export)
        if planned.left_out:
            assert not re.search(r"\w", title) or not re.search(r"\w", body)
            return
        write(planned.articles)
        found = load_article(planned.articles[1].article.path)

    assert found == planned.articles[1].article
    rendered = Renderer(lambda _: {}).render(found, "US")
    assert visible(rendered.title) == visible(title)
    # Either it was Markdown, and stays so but for its headings, or a reader sees it.
    marks = str.maketrans("", "", "#=-")
    as_markdown = visible(rendered.body).translate(marks) == visible(body).translate(marks)
    assert as_markdown or visible(to_text(rendered.body)) == visible(body)


# Writing


def test_what_exists_is_kept_unless_it_shall_be_replaced(write_export: WriteExport, tmp_path: Path) -> None:
    folder = tmp_path / "articles"
    write(plan(write_export([article(id=1, body="Old.")])).articles)
    path = write_export([article(id=1, body="New."), article(id=1, language="de", body="Neu.")])

    planned = plan(path)
    assert list(files(planned)) == ["de/returns"]
    assert left_out(planned) == [("[0]", Reason.EXISTING, str(folder / "en" / "returns.md"))]
    write(planned.articles)
    assert load_article(folder / "en" / "returns.md").body == "Old."

    write(plan(path, overwrite=True).articles)
    assert load_article(folder / "en" / "returns.md").body == "New."
    articles, errors = load_articles(folder)
    assert (len(articles), errors) == (2, [])
    assert sorted(p.name for p in folder.rglob("*") if p.is_file()) == ["returns.md", "returns.md"]


def test_planning_writes_nothing(write_export: WriteExport, tmp_path: Path) -> None:
    plan(write_export([article()]))

    assert not (tmp_path / "articles").exists()


def test_a_failed_write_leaves_nothing_half_written(
    write_export: WriteExport, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(plan(write_export([article(body="Old.")])).articles)
    planned = plan(write_export([article(body="New.")]), overwrite=True)

    def full(self: Path, target: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OSError, match="No space left"):
        write(planned.articles)

    assert [path.name for path in (tmp_path / "articles" / "en").iterdir()] == ["returns.md"]
    assert load_article(tmp_path / "articles" / "en" / "returns.md").body == "Old."
