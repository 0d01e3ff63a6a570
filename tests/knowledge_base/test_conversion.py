import html
import re
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge_base.imports.conversion import literal, to_line, to_markdown, to_text
from knowledge_base.imports.sentences import first_sentences, sentences

MARKS = "ab*_`#>|[]()!<&;~+-=.:\\{}%1 \n"
TEXTS = st.text(st.one_of(st.characters(), st.sampled_from(MARKS)), max_size=60)
BLOCKS = st.tuples(st.sampled_from(["p", "div", "li", "h2", "h4", "blockquote", "td"]), TEXTS, TEXTS, TEXTS)


def visible(text: str) -> str:
    """What one sees of a text, without spaces."""
    return "".join(c for c in text if unicodedata.category(c)[0] not in "CZ")


@pytest.mark.parametrize(
    ("source", "markdown"),
    [
        ("<p>One<br>two</p><p>&nbsp;</p><p>Three</p>", "One  \ntwo\n\nThree"),
        ("<p>One<br><br>two<br></p>", "One\n\ntwo"),
        ("<ul><li>a<ul><li>b</li></ul></li><li>c</li></ul><ol><li>d</li></ol>", "- a\n  - b\n- c\n\n1. d"),
        ("<p><b>3</b><strong>0</strong> days, <i>or</i> more</p>", "**30** days, *or* more"),
        ("<p><strong>注意：</strong>请看</p>", "**注意**：请看"),
        ("<b id='docs-internal-guid'><p>From a word processor</p></b>", "From a word processor"),
        ("<dl><dt>Term</dt><dd>What it means</dd></dl>", "Term\n\nWhat it means"),
        ("<details><summary>Why?</summary>So.</details>", "Why?\n\nSo."),
        ("<p>1. no list, # no heading, a_b</p><p># nor this</p>", "1\\. no list, # no heading, a_b\n\n\\# nor this"),
        (
            "<table><tr><td>Fee</td><td>a|b</td></tr><tr><td>4</td><td>5</td></tr></table>",
            "| Fee | a\\|b |\n| --- | --- |\n| 4 | 5 |",
        ),
        (
            "<style>p{}</style><p>Text<script>x()</script></p><iframe src='x'></iframe><!-- c --><img src='https://a/b.png'>",
            "Text",
        ),
        ("<p><img src='https://a/b c.png' alt='The [label]'></p>", "![The \\[label\\]](https://a/bc.png)"),
        ("<p><img src='data:image/png;base64,AA' alt='The label'> it is</p>", "The label it is"),
        (
            "<a href='https://a/b(c)'>x]</a> <a href='javascript:y()'>y</a> <a href='#z'>z</a>",
            "[x\\]](https://a/b%28c%29) y z",
        ),
        ("<p>_under_ __init__ a_b</p>", "\\_under\\_ \\_\\_init\\_\\_ a_b"),
        ("<pre>a\n  {{ b }}</pre>", "```\na\n  {{ b }}\n```"),
    ],
)
def test_html_becomes_markdown(source: str, markdown: str) -> None:
    assert to_markdown(source) == markdown


@pytest.mark.parametrize(
    ("source", "markdown"),
    [
        ("One line.\nAnother.", "One line.\n\nAnother."),
        ("One\nparagraph.\n\nAnother.", "One\nparagraph.\n\nAnother."),
        ("2 * 3 * 4 [sic] &amp; a < b", "2 \\* 3 \\* 4 \\[sic\\] & a < b"),
        ("    indented", "indented"),
        ("Steps:\n\n1. Pack\n2. Send **soon**", "Steps:\n\n1. Pack\n2. Send **soon**"),
    ],
)
def test_plain_text_becomes_paragraphs_and_markdown_stays(source: str, markdown: str) -> None:
    assert to_markdown(source) == markdown


@pytest.mark.parametrize(
    ("source", "headings"),
    [
        ("<h1>A</h1><p>x</p><h2>B</h2><h6>C</h6>", ["## A", "### B", "###### C"]),
        ("<h3>A</h3><h4>B</h4><h3>C</h3>", ["## A", "### B", "## C"]),
        ("<h1>Returns</h1><h3><b>A</b></h3><h3>&nbsp;</h3><p>x</p>", ["## A"]),
        ("A\n=\n\nB\n-\n\n```\n# no heading\n```", ["## A", "### B", "# no heading"]),
    ],
)
def test_sections_have_headings_of_the_second_level(source: str, headings: list[str]) -> None:
    assert re.findall("^#.*", to_markdown(source, title="returns"), re.MULTILINE) == headings


@settings(max_examples=300)
@given(st.lists(BLOCKS, min_size=1, max_size=4))
def test_a_reader_sees_the_text_of_html(blocks: list[tuple[str, str, str, str]]) -> None:
    source = ""
    for tag, *texts in blocks:
        first, middle, last = map(html.escape, texts)
        inner = f"a{first} <b>{middle}</b> {last}"
        source += f"<table><tr><td>{inner}</td></tr></table>" if tag == "td" else f"<{tag}>{inner}</{tag}>"

    expected = "".join(visible("a" + "".join(texts)) for _, *texts in blocks)
    assert visible(to_text(to_markdown(source))) == expected


@given(st.text(st.sampled_from("{}%#-+' \nab"), max_size=30))
def test_a_literal_template_holds_no_tags(text: str) -> None:
    assert not re.search(r"\{%|\{#|%\}$", literal(text), re.MULTILINE)


@pytest.mark.parametrize(
    ("source", "line"),
    [
        ("<b>Hin</b>weis &amp; <i>mehr</i>", "Hinweis & mehr"),
        ("Q&amp;A\n a < b", "Q&A a < b"),
        ("60\xa0€  und\tmehr", "60\xa0€ und mehr"),
    ],
)
def test_lines_are_plain_text(source: str, line: str) -> None:
    assert to_line(source) == line


@pytest.mark.parametrize(
    ("language", "parts"),
    [
        ("en", ["It costs 3.5 euros, e.g. for shoes. ", "Write to us! ", "“Why?” ", "See No. 4."]),
        ("de", ["Das gilt z. B. am 3. Mai bzw. danach. ", "Dr. B. Muster hilft. ", "Gut so!"]),
        ("es", ["Vale p. ej. en EE. UU. y Canadá. ", "¿Seguro? ", "Sí."]),
        ("fr", ["M. Dupont, p. ex., répond en 2 h env. chez vous. ", "Et après ? ", "Rien."]),
        ("zh", ["可以退货。", "“要保留包装吗？”", "要！", "运费3.5元"]),
    ],
)
def test_sentences_end_where_they_end(language: str, parts: list[str]) -> None:
    assert list(sentences("".join(parts), language)) == parts


@given(TEXTS, st.sampled_from(["en", "de", "zh", "xx"]))
def test_sentences_lose_nothing(text: str, language: str) -> None:
    assert "".join(sentences(text, language)) == text


@pytest.mark.parametrize(
    ("paragraphs", "quoted"),
    [
        (["One. Two.", "Three. Four."], "One. Two. Three."),
        (["一。二！", "三？四。"], "一。二！三？"),
        (["One.", "An item of a list", "Two."], "One."),
        (["An item of a list", "Two."], "An item of a list"),
        (["x" * 290 + ".", "And more."], "x" * 290 + "."),
        (["word " * 100], "word " * 58 + "word…"),
        (["字" * 400], "字" * 299 + "…"),
        ([], ""),
    ],
)
def test_first_sentences_are_quoted_whole(paragraphs: list[str], quoted: str) -> None:
    assert first_sentences(paragraphs, "en") == quoted
