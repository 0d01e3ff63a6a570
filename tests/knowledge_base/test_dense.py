import logging
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge_base import Article, SearchIndex, load_article
from knowledge_base.dense import DenseIndex, VectorCache, fused, texts_of
from tests.knowledge_base.encoders import Encoder
from tests.knowledge_base.samples import WriteArticle

TEXTS = ["where is my parcel", "bring back", "where is my parcel"]


@pytest.fixture
def articles(write_article: WriteArticle) -> list[Article]:
    return [
        load_article(write_article(slug, title=title, questions=questions, answer="{{ shop.name }} says.", body=body))
        for slug, title, questions, body in (
            ("return-policy", "Return", ("how long can I return", "bring back"), "## Trousers\n\nAll of them."),
            ("payment-methods", "Pay", ("how do I pay", "send money"), "By card."),
            ("password-reset", "Password", ("lost password", "cannot login"), "A link."),
        )
    ]


def dense(articles: list[Article], encoder: Encoder | None = None) -> DenseIndex:
    encoder = encoder or Encoder()
    return DenseIndex(articles, encoder([text for article in articles for text in texts_of(article)]), encoder)


def test_what_is_encoded_of_an_article(articles: list[Article]) -> None:
    assert texts_of(articles[0]) == [
        "how long can I return",
        "bring back",
        "Return",
        "says.",
        "Trousers\nAll of them.",
    ]


def test_the_closest_text_of_an_article_counts(articles: list[Article]) -> None:
    index = dense(articles)

    assert index.chances("slacks").argmax() == 0  # only a section has them
    assert index.chances("cost").argmax() == 1
    assert index.chances("login").argmax() == 2


def test_chances_are_probabilities(articles: list[Article]) -> None:
    index = dense(articles)

    sure, unsure = index.chances("money"), index.chances("something else altogether")
    for chances in (sure, unsure):
        assert (chances > 0).all()
        assert chances.sum() < 1
    assert sure.max() > 0.5 > unsure.max()


def test_an_encoder_that_leaves_no_doubt(write_article: WriteArticle) -> None:
    articles = [
        load_article(write_article(slug, title=slug, answer=slug, questions=(slug, f"{slug} now"), body=slug))
        for slug in ("pay", "return", "password")
    ]
    chances = dense(articles, Encoder(others=0.01)).chances("pay")

    np.testing.assert_allclose(chances, [1, 0, 0], atol=0.5)
    assert chances.sum() <= 1


def test_articles_without_questions(write_article: WriteArticle) -> None:
    articles = [load_article(write_article(slug, title=slug, questions=())) for slug in ("pay", "return")]

    assert dense(articles).chances("money").argmax() == 0


def test_words_and_meaning_are_fused(articles: list[Article]) -> None:
    index = SearchIndex("en", articles)

    assert index.search("slacks") == []
    hits = index.search("slacks", dense=dense(articles))
    assert hits[0].slug == "return-policy"
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    assert sum(hit.score for hit in hits) < 1

    both = index.search("lost password", dense=dense(articles))[0]
    assert both.slug == "password-reset"
    assert both.score > 0.5
    assert index.search("?!", dense=dense(articles)) == []


probabilities = st.lists(st.floats(0.001, 1), min_size=2, max_size=8).map(
    lambda odds: np.array(odds) / sum([*odds, 0.5])
)


@given(probabilities)
def test_what_both_rankings_say_stands(chances: np.ndarray) -> None:
    np.testing.assert_allclose(fused(chances, chances), chances)


@given(st.integers(2, 8).flatmap(lambda n: st.tuples(*[st.lists(st.floats(0, 1), min_size=n, max_size=n)] * 2)))
def test_fused_chances_are_probabilities(odds: tuple[list[float], list[float]]) -> None:
    lexical, other = (np.array(of) / (sum(of) + 0.1) for of in odds)
    result = fused(lexical, other)

    assert (result >= 0).all()
    assert result.sum() <= 1 + 1e-9


def test_the_order_is_by_reciprocal_rank() -> None:
    lexical = np.array([0.5, 0.3, 0.1, 0.05])  # ranks 1, 2, 3, 4
    other = np.array([0.01, 0.2, 0.3, 0.4])  # ranks 4, 3, 2, 1
    # 1/61 + 1/64 is more than 1/62 + 1/63, whatever the probabilities are.
    order = np.argsort(-fused(lexical, other))

    assert set(order[:2]) == {0, 3}


def test_vectors_are_kept(tmp_path: Path) -> None:
    first, second = Encoder(), Encoder()
    vectors = VectorCache(tmp_path / "vectors").vectors("en", TEXTS, first)
    again = VectorCache(tmp_path / "vectors").vectors("en", TEXTS, second)

    np.testing.assert_array_equal(vectors, Encoder()(TEXTS))
    np.testing.assert_array_equal(again, vectors)
    assert set(TEXTS) <= set(first.texts)
    assert not set(TEXTS) & set(second.texts)


def test_only_new_texts_are_encoded(tmp_path: Path) -> None:
    cache, encoder = VectorCache(tmp_path), Encoder()
    cache.vectors("en", TEXTS, encoder)
    encoder.texts.clear()
    vectors = cache.vectors("en", ["pay", TEXTS[1]], encoder)

    np.testing.assert_array_equal(vectors, Encoder()(["pay", TEXTS[1]]))
    assert [text for text in encoder.texts if len(text) < 100] == ["pay"]
    encoder.texts.clear()
    cache.vectors("en", TEXTS[:1], encoder)  # was not kept any longer
    assert TEXTS[0] in encoder.texts


@pytest.mark.parametrize("kept", [True, False])
def test_encoding_is_announced_and_reported(tmp_path: Path, kept: bool, caplog: pytest.LogCaptureFixture) -> None:
    cache, encoder = VectorCache(tmp_path if kept else None), Encoder()

    def encode(texts: Sequence[str]) -> np.ndarray:
        said.append(len(caplog.messages))
        return encoder(texts)

    said: list[int] = []
    with caplog.at_level(logging.INFO):
        cache.vectors("en", TEXTS[:2], encode)

    assert said[-1] == 1  # one line before, the other after
    assert [message[:16] for message in caplog.messages] == ["Encoding 2 texts", "Encoded 2 texts "]


def test_what_is_known_is_not_announced(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    VectorCache(tmp_path).vectors("en", TEXTS, Encoder())
    with caplog.at_level(logging.INFO):
        VectorCache(tmp_path).vectors("en", TEXTS, Encoder())

    assert caplog.messages == []


def test_encoders_and_languages_do_not_mix(tmp_path: Path) -> None:
    cache, other = VectorCache(tmp_path), Encoder(others=0.7)
    cache.vectors("en", TEXTS, Encoder())

    np.testing.assert_array_equal(cache.vectors("en", TEXTS, other), Encoder(others=0.7)(TEXTS))
    german = Encoder()
    cache.vectors("de", TEXTS, german)
    assert set(TEXTS) <= set(german.texts)
    assert len(list(tmp_path.iterdir())) == 3


@pytest.mark.parametrize("damage", ["empty", "cut", "foreign", "shape"])
def test_a_broken_file_is_computed_anew(tmp_path: Path, damage: str, caplog: pytest.LogCaptureFixture) -> None:
    cache, expected = VectorCache(tmp_path), Encoder()(TEXTS)
    cache.vectors("en", TEXTS, Encoder())
    (file,) = tmp_path.iterdir()
    if damage == "shape":
        np.savez(file, keys=np.array(["a", "b"]), vectors=np.zeros((2, 3), np.float32))
    else:
        file.write_bytes({"empty": b"", "cut": file.read_bytes()[:200], "foreign": b"<html>"}[damage])
    with caplog.at_level(logging.WARNING):
        np.testing.assert_array_equal(cache.vectors("en", TEXTS, Encoder()), expected)

    assert "is broken" in caplog.text
    encoder = Encoder()
    cache.vectors("en", TEXTS, encoder)
    assert not set(TEXTS) & set(encoder.texts)


def test_a_folder_that_cannot_be_written_costs_only_time(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "file").write_text("")
    with caplog.at_level(logging.WARNING):
        vectors = VectorCache(tmp_path / "file" / "vectors").vectors("en", TEXTS, Encoder())

    np.testing.assert_array_equal(vectors, Encoder()(TEXTS))
    assert "cannot be written" in caplog.text


def test_nothing_half_written_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: object, **kwargs: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(np, "savez", fail)
    VectorCache(tmp_path).vectors("en", TEXTS, Encoder())
    assert list(tmp_path.iterdir()) == []
