"""When people are there: by the policies, on the clock of the warehouse."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.actions.handoff import team_back
from shop import Policies
from shop.policies import BUNDLED

POLICIES = Policies.load(BUNDLED)


@pytest.mark.parametrize(
    ("country", "now", "back"),
    [
        ("DE", "2026-11-23T12:00+01:00", None),
        ("DE", "2026-11-23T08:00+01:00", None),
        ("DE", "2026-11-23T20:00+01:00", "2026-11-24T08:00+01:00"),
        ("DE", "2026-11-23T07:59+01:00", "2026-11-23T08:00+01:00"),
        # In the night in which summer time ends, and over the end of a year.
        ("DE", "2026-10-24T23:00+02:00", "2026-10-25T08:00+01:00"),
        ("DE", "2026-12-31T21:00+01:00", "2027-01-01T08:00+01:00"),
        ("US", "2026-11-23T07:00+00:00", "2026-11-23T08:00-05:00"),
        ("US", "2026-11-23T20:00+00:00", None),
        ("CN", "2026-11-23T20:30+08:00", None),
        ("CN", "2026-11-23T08:30+08:00", "2026-11-23T09:00+08:00"),
    ],
)
def test_they_are_back_when_the_policies_say(country: str, now: str, back: str | None) -> None:
    support = POLICIES.for_country(country).support
    expected = datetime.fromisoformat(back) if back else None
    assert team_back(support, datetime.fromisoformat(now)) == expected


@given(st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC)))
def test_whoever_comes_back_then_finds_them(now: datetime) -> None:
    for country in ("DE", "US", "CN"):
        support = POLICIES.for_country(country).support
        back = team_back(support, now)
        if back:
            assert now < back and (back - now).total_seconds() <= 14 * 3600
            assert team_back(support, back) is None
            assert f"{back.astimezone(ZoneInfo(support.time_zone)):%H:%M}" == support.opens
