from collections.abc import Callable

import pytest

from knowledge_base import WORTH_ADDING, Hit, SearchIndex, load_article
from knowledge_base.search import MAX_QUERY
from knowledge_base.words import Analyzer
from tests.knowledge_base.samples import WriteArticle

Search = Callable[[str], list[Hit]]

RETURNS = "We take things back.\n\n## How long\n\nA month.\n\n## Sale items\n\nReduced goods come back too."


@pytest.fixture
def index(write_article: WriteArticle) -> SearchIndex:
    return SearchIndex(
        "en",
        [
            load_article(write_article(slug, title=title, answer=answer, questions=questions, body=body))
            for slug, title, answer, questions, body in (
                (
                    "return-policy",
                    "Returns",
                    "You have {{ returns.window_days }} days.",
                    ("how long can I return things", "can I bring [shoes](product) back", "return window"),
                    RETURNS,
                ),
                (
                    "password-reset",
                    "Forgotten password",
                    "Ask for a new one.",
                    ("I forgot my password", "reset password", "cannot sign in any more"),
                    "A link comes by e-mail.",
                ),
                (
                    "payment-methods",
                    "Ways to pay",
                    "By card.",
                    ("do you take paypal", "which cards do you accept", "can I pay with klarna"),
                    "## Cards\n\nVisa and Mastercard.\n\n## Wallets\n\nApple Pay.",
                ),
                (
                    "gift-cards",
                    "Gift cards",
                    "They are valid for years.",
                    ("do gift cards expire", "buy a voucher for a friend", "balance of my gift card"),
                    "Redeem them at checkout.",
                ),
            )
        ],
    )


@pytest.mark.parametrize(
    ("query", "slug"),
    [
        ("how long can I return things", "return-policy"),
        ("RETURNING THINGS?!", "return-policy"),
        ("i've forgotten my passwords", "password-reset"),
        ("pasword fogotten", "password-reset"),
        ("pay by páypal", "payment-methods"),
        ("ｋｌａｒｎａ", "payment-methods"),
        ("apple", "payment-methods"),
        ("vouchers", "gift-cards"),
    ],
)
def test_the_right_article_comes_first(index: SearchIndex, query: str, slug: str) -> None:
    assert index.search(query)[0].slug == slug


def test_hits_are_ranked_probabilities(index: SearchIndex) -> None:
    hits = index.search("do you take gift cards", limit=10)

    scores = [hit.score for hit in hits]
    assert scores == sorted(scores, reverse=True)
    assert all(0 < score < 1 for score in scores)
    assert sum(scores) < 1


def test_scores_tell_clear_questions_from_foreign_ones(index: SearchIndex) -> None:
    clear = index.search("do you take paypal")[0].score
    vague = index.search("do you know a joke about cats in the rain")[0].score

    assert clear > 0.9
    assert vague < 0.5


def test_one_word_that_fits_proves_less_than_a_sentence(index: SearchIndex) -> None:
    assert index.search("cards do")[0].score < index.search("which cards do you accept")[0].score


def test_hits_name_the_best_question_and_section(index: SearchIndex) -> None:
    hit = index.search("are reduced sale items ok to return")[0]
    assert (hit.slug, hit.section) == ("return-policy", "Sale items")

    hit = index.search("bring my shoes back?")[0]
    assert hit.question == "can I bring shoes back"


def test_sections_are_ranked(index: SearchIndex) -> None:
    hit = index.search("how long are sale items accepted")[0]

    assert (hit.section, hit.sections[0].heading) == ("Sale items", "Sale items")
    assert {section.heading for section in hit.sections} == {"", "How long", "Sale items"}
    scores = [section.score for section in hit.sections]
    assert scores == sorted(scores, reverse=True)


@pytest.mark.parametrize("query", ["return window", "can I return things", "30 days for returns"])
def test_no_section_where_none_fits_better_than_the_article(index: SearchIndex, query: str) -> None:
    hit = index.search(query)[0]

    assert (hit.slug, hit.section) == ("return-policy", "")


def test_a_word_of_one_section_finds_its_article(index: SearchIndex) -> None:
    hit = index.search("mastercard")[0]

    assert (hit.slug, hit.section) == ("payment-methods", "Cards")


def test_passages_add_to_an_answer(index: SearchIndex) -> None:
    passage = index.passage("reduced goods", "return-policy", "You have 30 days.", RETURNS)

    assert passage is not None
    assert (passage.heading, passage.text) == ("Sale items", "Reduced goods come back too.")
    assert passage.gain >= WORTH_ADDING
    assert index.passage("return window", "return-policy", "You have 30 days to return things.", RETURNS) is None
    assert index.passage("reduced goods", "younger-than-the-index", "Yes.", RETURNS) is not None


def test_what_all_questions_of_an_article_have_tells_less(write_article: WriteArticle) -> None:
    questions = ("do you repair shoes", "what does a repair cost", "repair or replace", "repair shop")
    article = load_article(write_article("repairs", questions=questions))
    other = load_article(write_article("warranty", questions=("what is the guarantee",)))
    index = SearchIndex("en", [article, other])
    body = "We repair.\n\nWe stitch shoes."

    topic = index.passage("repair", "repairs", "", body)
    detail = index.passage("shoes", "repairs", "", body)
    assert detail is not None
    assert topic is None or topic.gain < detail.gain


def test_an_updated_index_searches_as_a_new_one(write_article: WriteArticle, index: SearchIndex) -> None:
    kept = list(index._articles)
    mended = load_article(write_article("gift-cards", title="Vouchers", questions=("are vouchers valid for long",)))
    added = load_article(write_article("warranty", title="Warranty", questions=("does the warranty cover shoes",)))
    articles = [added, kept[2], mended, kept[0]]
    updated, new = index.updated(articles), SearchIndex("en", articles)

    for query in ("voucher", "return shoes", "which cards", "forgot my password", "warranty", "apple pay"):
        found, expected = updated.search(query, 4), new.search(query, 4)
        assert [hit._replace(score=0) for hit in found] == [hit._replace(score=0) for hit in expected]
        assert [hit.score for hit in found] == pytest.approx([hit.score for hit in expected], rel=1e-4)


def test_an_updated_index_of_other_articles_alone(write_article: WriteArticle, index: SearchIndex) -> None:
    article = load_article(write_article("warranty", title="Warranty", questions=()))

    assert [hit.slug for hit in index.updated([article]).search("warranty")] == ["warranty"]
    with pytest.raises(ValueError, match="no articles to index in 'en'"):
        index.updated([])


def test_what_is_in_template_tags_is_not_searched(index: SearchIndex) -> None:
    assert index.search("window_days") == index.search("window days")
    assert [hit.slug for hit in index.search("window")] == ["return-policy"]


@pytest.mark.parametrize("query", ["", "   ", "?!…", "🎉🎉", "\x00\x07", "xqzvw", "退货"])
def test_nothing_in_common_is_no_hit(index: SearchIndex, query: str) -> None:
    assert index.search(query) == []


def test_only_the_beginning_of_a_long_query_counts(index: SearchIndex) -> None:
    start = "reset password ".ljust(MAX_QUERY)

    assert index.search(start + "gift card " * 10_000) == index.search(start)


def test_limit(index: SearchIndex) -> None:
    assert len(index.search("can I do it", limit=2)) == 2
    assert index.search("can I do it", limit=0) == []


def test_an_article_without_questions_or_words_is_no_trouble(write_article: WriteArticle) -> None:
    article = load_article(write_article(title="'{{ shop.name }}'", body="{{ country }}", questions=()))
    assert article.questions == ()

    assert SearchIndex("en", [article]).search("days") != []


def test_no_articles_no_index() -> None:
    with pytest.raises(ValueError, match="no articles to index in 'en'"):
        SearchIndex("en", [])


def test_chinese(write_article: WriteArticle) -> None:
    articles = [
        load_article(write_article(slug, "zh", title=title, questions=questions, answer="好的。", body="可以。"))
        for slug, title, questions in (
            ("return-policy", "退货", ("几天之内可以退货", "拆了包装还能退吗")),
            ("shipping-costs", "运费", ("运费多少钱", "满多少包邮")),
            ("payment-methods", "付款方式", ("可以用支付宝吗", "支持微信付款吗")),
        )
    ]
    index = SearchIndex("zh", articles)

    assert index.search("还能退货吗")[0].slug == "return-policy"
    assert index.search("包邮的门槛")[0].slug == "shipping-costs"
    assert index.search("微信行吗")[0] == index.search("微信行吗", limit=1)[0]
    assert index.search("微信行吗")[0].question == "支持微信付款吗"


@pytest.mark.parametrize(
    ("language", "one", "other"),
    [
        ("en", "Returned", "returns"),
        ("de", "Rückgabe", "rueckgabe"),
        ("de", "Rücksendungen", "rücksendung"),
        ("es", "devolución", "DEVOLUCIONES"),
        ("es", "envío", "envio"),
        ("fr", "délais", "delai"),
        ("pt", "Cartão", "cartao"),
    ],
)
def test_words_meet_in_their_stems(language: str, one: str, other: str) -> None:
    assert Analyzer(language).stems(one) == Analyzer(language).stems(other)


def test_features() -> None:
    english, chinese = Analyzer("en"), Analyzer("zh")

    assert english.stems("How long?") == ["how", "long", " how", "how long"]
    assert english.ngrams("a Café") == [" a ", " caf", "cafe", "afe "]
    assert english.words("How long?") == english.parts("How long?") == ["how", "long"]
    assert chinese.ngrams("退货 ok") == ["退", "货", "退货", "o", "k", "ok"]
    assert "支付宝" in chinese.stems("可以用支付宝吗")
    assert chinese.words("支付宝") == ["支付宝"]
    assert chinese.parts("支付宝") == ["支付", "支付宝"]
