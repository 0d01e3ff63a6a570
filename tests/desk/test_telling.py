"""What customers are told while they wait."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.localization import Catalogues
from desk.messages import DOMAIN, LOCALES, Words
from desk.models import Place
from desk.telling import Telling
from shop import Policies
from shop.policies import BUNDLED

NIGHT = datetime(2026, 11, 17, 3, 0, tzinfo=UTC)


def telling(country: str = "US") -> Telling:
    """Says it in English, to customers of a country."""
    policies = Policies.load(BUNDLED)
    policies.language_country["en"] = country
    catalogues = Catalogues(LOCALES, DOMAIN)
    return Telling(policies, lambda language: Words(catalogues, language))


@pytest.mark.parametrize(
    ("wait", "told"),
    [
        (timedelta(seconds=5), "It takes about 1 minute."),
        (timedelta(seconds=125), "It takes about 3 minutes."),
        (timedelta(minutes=11), "It takes about 15 minutes."),
        (timedelta(minutes=58), "It takes about 1 hour."),
        (timedelta(minutes=61), "It takes about 2 hours."),
        (None, "Somebody will answer as soon as possible."),
    ],
)
def test_a_wait_is_rounded_up(wait: timedelta | None, told: str) -> None:
    said = telling().waiting("en", Place(4, wait))
    assert said["text"] == f"You are number 4 in the queue. {told}"


def test_when_the_team_is_back_is_said_by_the_customers_clock_where_it_differs() -> None:
    away = telling("GB")
    assert not away.is_there("en", NIGHT)
    text = away.nobody_there("en", NIGHT, by_mail=True)["text"].replace("\u202f", " ")
    assert text.startswith("Where you are, that is Nov 17, 2026, 7:00 AM. You don't have to wait.")
    assert text.endswith("and in your mailbox.")
    for same_or_unknown in ("NL", "US"):
        assert telling(same_or_unknown).nobody_there("en", NIGHT)["text"].startswith("You don't have to wait.")
