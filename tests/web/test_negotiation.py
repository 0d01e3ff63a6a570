"""What browsers ask for."""

import pytest

from web.negotiation import MAX_ENTRIES, accepted, preferred_language


@pytest.mark.parametrize(
    ("header", "entries"),
    [
        ("", []),
        ("de-AT,de;q=0.9,en;q=0.8", ["de-AT", "de", "en"]),
        ("en;q=0.5, fr", ["fr", "en"]),
        ("gzip;q=0, br;q=nonsense, deflate", ["deflate"]),
        (",".join(["de"] * 100), ["de"] * MAX_ENTRIES),
    ],
)
def test_the_most_wanted_come_first(header: str, entries: list[str]) -> None:
    assert accepted(header)[: MAX_ENTRIES + 1] == entries


@pytest.mark.parametrize(
    ("header", "language"), [("pt, de-AT;q=0.8", "de"), ("zh-Hans-CN", "zh"), ("pt", None), ("", None), ("*", None)]
)
def test_the_preferred_language(header: str, language: str | None) -> None:
    assert preferred_language(header, ["en", "de", "zh"]) == language
