from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from documents import Grant, Kind, LinkExpired, LinkInvalid, Links

KEY = b"a key of thirty-two bytes or more"
ADDRESS = "https://shop.example/support"
DAY = timedelta(days=1)


class Clock:
    def __init__(self) -> None:
        self.time = datetime(2026, 3, 4, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.time


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def links(clock: Clock) -> Links:
    return Links(KEY, ADDRESS, clock)


def token(url: str) -> str:
    return url.removeprefix(f"{ADDRESS}/documents/")


@given(kind=st.sampled_from(Kind), subject=st.text(max_size=60), language=st.sampled_from(["en", "zh"]))
def test_a_link_grants_what_it_was_made_for(kind: Kind, subject: str, language: str) -> None:
    links = Links(KEY, ADDRESS, Clock())
    part = token(links.url(kind, subject, language=language, valid=DAY))
    assert links.read(part) == Grant(kind, subject, language)
    # It stands in a path as it is.
    assert set(part) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.")


def test_a_link_expires(links: Links, clock: Clock) -> None:
    part = token(links.url("label", "RMA-1", language="de", valid=DAY))
    clock.time += DAY - timedelta(seconds=1)
    links.read(part)
    clock.time += timedelta(seconds=1)
    with pytest.raises(LinkExpired) as caught:
        links.read(part)
    assert caught.value.grant == Grant(Kind.LABEL, "RMA-1", "de")


def test_any_change_is_noticed(links: Links) -> None:
    part = token(links.url("label", "RMA-1", language="de", valid=DAY))
    for place in range(len(part)):
        changed = part[:place] + ("A" if part[place] != "A" else "B") + part[place + 1 :]
        with pytest.raises(LinkInvalid):
            links.read(changed)


@pytest.mark.parametrize(
    "forge",
    [
        lambda part, other: part.rpartition(".")[0],
        lambda part, other: part.rpartition(".")[0] + "." + other.rpartition(".")[2],
        lambda part, other: "",
        lambda part, other: "Zm9v.YmFy",
        lambda part, other: "." * 10_000,
    ],
)
def test_a_forged_link_is_invalid(links: Links, forge: Callable[[str, str], str]) -> None:
    label = token(links.url("label", "RMA-1", language="de", valid=DAY))
    invoice = token(links.url("invoice", "AC-1", language="de", valid=DAY))
    with pytest.raises(LinkInvalid):
        links.read(forge(label, invoice))


def test_another_key_makes_other_links(links: Links) -> None:
    others = Links(KEY + b"!", ADDRESS)
    with pytest.raises(LinkInvalid):
        links.read(token(others.url("label", "RMA-1", language="de", valid=DAY)))


def test_there_are_no_other_kinds(links: Links) -> None:
    with pytest.raises(ValueError, match="passport"):
        links.url("passport", "1", language="de", valid=DAY)
