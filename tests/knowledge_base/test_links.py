import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge_base import anchor, article_url


@pytest.mark.parametrize(
    ("heading", "name"),
    [
        ("How long you have", "how-long-you-have"),
        ("What *isn't* covered?", "what-isn-t-covered"),
        ("Was gilt für Größen", "was-gilt-für-größen"),
        ("À quoi s'attendre ?", "à-quoi-s-attendre"),
        ("什么样的可以退？", "什么样的可以退"),
        ("ＡＢＣ　１２", "abc-12"),
        ("snake_case", "snake-case"),
        ("?!", "section"),
        ("", "section"),
    ],
)
def test_anchors_are_readable(heading: str, name: str) -> None:
    assert anchor(heading) == name


@given(st.text())
def test_anchors_are_ids_and_anchors_of_themselves(heading: str) -> None:
    name = anchor(heading)
    assert name and not re.search(r"[\s_]", name)
    assert anchor(name) == name


def test_an_article_has_an_address() -> None:
    assert article_url("", "de", "warranty") == "/help/de/articles/warranty"
    assert article_url("https://shop.example", "zh", "warranty", "CN", "怎么 退") == (
        "https://shop.example/help/zh/articles/warranty?country=CN#%E6%80%8E%E4%B9%88-%E9%80%80"
    )
