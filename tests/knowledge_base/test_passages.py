import pytest

from knowledge_base import Section
from knowledge_base.passages import WORTH_ADDING, Passages, blocks, sections_of
from knowledge_base.words import Analyzer

ENGLISH = Passages(Analyzer("en"))

ANSWER = "You have 30 days to return something."

BODY = """\
Every return is **checked**.

## How long

The 30 days begin with the *delivery*. What counts is the day on which you post it.

## What you need

These must come with it:

- **The receipt:** a [photo](https://shop.example/receipt) will do;
- the `tags`, if they were there;

A torn box does no harm.

| Goods | Fee |
| --- | --- |
| Furniture | $20 |
| All others | none |
"""


def weigh(word: str) -> float:
    """What words tell that every article has: nothing."""
    return 0.0 if word in {"do", "i", "the", "a", "what", "is", "how", "you", "of", "to", "for", "it", "my"} else 1.0


def passage(question: str, answer: str = ANSWER, body: str = BODY) -> str | None:
    found = ENGLISH.best(question, answer, body, weigh)
    return found.text if found and found.gain >= WORTH_ADDING else None


def ranking(question: str, whole: str = f"Returns\n{ANSWER}", body: str = BODY) -> list[str]:
    return [section.heading for section in ENGLISH.sections(question, whole, sections_of(body), weigh)]


def test_blocks_are_plain_text() -> None:
    assert [(block.heading, block.text) for block in blocks(BODY)] == [
        ("", "Every return is checked."),
        ("How long", "The 30 days begin with the delivery. What counts is the day on which you post it."),
        ("What you need", "These must come with it: The receipt: a photo will do"),
        ("What you need", "These must come with it: the tags, if they were there"),
        ("What you need", "A torn box does no harm."),
        ("What you need", "Goods: Furniture; Fee: $20"),
        ("What you need", "Goods: All others; Fee: none"),
    ]


@pytest.mark.parametrize(
    ("body", "texts"),
    [
        ("", []),
        ("## A heading alone", []),
        ("one\ntwo\n\n    code\n\nthree", ["one two", "three"]),
        ("1. first\n2. second:\n   - a\n   - b", ["first", "second: a", "second: b"]),
        ("> Quoted & <b>raw</b>", ["Quoted & <b>raw</b>"]),
        ("下面这些可以退：\n\n- 拆过包装；\n- 试穿过。", ["下面这些可以退：拆过包装", "下面这些可以退：试穿过。"]),
        ("### A small heading\n\ntext", ["text"]),
    ],
)
def test_blocks_of_all_kinds(body: str, texts: list[str]) -> None:
    assert [block.text for block in blocks(body)] == texts


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("do I need the receipt?", "These must come with it: The receipt: a photo will do"),
        ("is a torn box a problem", "A torn box does no harm."),
        ("BOXES TORN", "A torn box does no harm."),
        ("fee for furniture", "Goods: Furniture; Fee: $20"),
        ("return for furnitures", "Goods: Furniture; Fee: $20"),
    ],
)
def test_the_passage_that_answers_what_the_answer_leaves_out(question: str, text: str) -> None:
    assert passage(question) == text


@pytest.mark.parametrize(
    "question",
    [
        "how do I return it",  # is answered
        "return 30 days",
        "what do you do",  # tells nothing
        "is the moon made of green cheese and a box",  # most of it is about something else
        "https shop example",  # the address of a link is no text
        "strong em",
        "",
    ],
)
def test_rather_none_than_a_wrong_one(question: str) -> None:
    assert passage(question) is None


def test_the_gain_is_what_the_answer_has_not() -> None:
    left_out = ENGLISH.best("torn box", ANSWER, BODY, weigh)
    half = ENGLISH.best("torn box", "A box is no problem.", BODY, weigh)

    assert left_out is not None and half is not None
    assert 0 < half.gain < left_out.gain <= 1
    assert half.gain == pytest.approx(left_out.gain / 2)
    assert ENGLISH.best("torn box", "A torn box is no problem.", BODY, weigh) is None


def test_what_all_passages_have_leads_to_none() -> None:
    body = "\n\n".join(f"The parcel number {word}." for word in ("one", "two", "three"))

    assert passage("parcel", "", body) is None
    assert passage("number three", "", body) == "The parcel number three."


def test_a_word_inside_a_compound_counts_less() -> None:
    german = Passages(Analyzer("de"))
    body = "Das Rücksendeetikett kommt per E-Mail.\n\nEine Abholung ist möglich."
    whole, part = (german.best(word, "", body, lambda _: 1.0) for word in ("Rücksendeetikett", "Etikett"))

    assert whole is not None and part is not None
    assert whole.text == part.text
    assert whole.gain > part.gain > 0


def test_chinese() -> None:
    chinese = Passages(Analyzer("zh"))
    body = "## 条件\n\n商品要完好。\n\n## 凭证\n\n发票丢了不要紧，有订单号就行。"
    found = chinese.best("发票丢了怎么办", "签收后 15 天内都可以退。", body, lambda word: float(word not in "了怎么办"))

    assert found is not None
    assert (found.heading, found.text) == ("凭证", "发票丢了不要紧，有订单号就行。")
    assert found.gain >= WORTH_ADDING


def test_sections_are_ranked() -> None:
    assert ranking("do I need the receipt?")[0] == "What you need"
    assert ranking("day of delivery")[0] == "How long"
    assert ranking("how long is the box")[:2] == ["How long", "What you need"]

    scores = [section.score for section in ENGLISH.sections("torn box", "", sections_of(BODY), weigh)]
    assert scores == sorted(scores, reverse=True)
    assert all(0 < score <= 1 for score in scores)


@pytest.mark.parametrize("question", ["return something", "what do you do", "green cheese", "is it checked", ""])
def test_the_article_as_a_whole_where_no_section_fits_better(question: str) -> None:
    assert ranking(question)[0] == ""


def test_an_article_without_sections_is_one_as_a_whole() -> None:
    assert ranking("anything", body="") == [""]


def test_sections_of_a_body() -> None:
    assert sections_of("Before.\n\n## A **bold** one\n\nOne.\n\nTwo.\n\n## Empty") == [
        Section("", "Before."),
        Section("A bold one", "One.\nTwo."),
    ]
