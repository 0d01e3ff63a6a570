import pytest

from help_centre.collation import country_names, sort_key


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("de", ["Ägypten", "Belgien", "Österreich", "Portugal"]),
        ("fr", ["cote", "coté", "côte", "Espagne", "États-Unis", "Finlande"]),
        ("es", ["nube", "nunca", "ñandú", "océano"]),
        ("zh", ["奥地利", "德国", "法国", "美国", "中国"]),
    ],
)
def test_words_stand_in_the_order_of_the_alphabet(language: str, words: list[str]) -> None:
    rotated = words[1:] + words[:1]
    assert sorted(rotated, key=lambda word: sort_key(word, language)) == words


def test_countries_have_the_names_of_the_language() -> None:
    assert country_names(("US", "AT", "DE"), "de") == (
        ("DE", "Deutschland"),
        ("AT", "Österreich"),
        ("US", "Vereinigte Staaten"),
    )
