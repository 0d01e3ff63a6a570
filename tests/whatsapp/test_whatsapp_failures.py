"""What errors of the platform mean for a message."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from connectors.reasons import KINDS, kind_of
from connectors.whatsapp.failures import ACCOUNT_PAUSE, LONGEST_PAUSE, failure, reason_of
from conversations import NotNow, NotSent, Uncertain


@pytest.mark.parametrize(
    ("status", "code", "seconds"),
    [
        (429, 130429, 5.0),
        (400, 131056, 6.0),
        (400, 80007, 300.0),
        (400, 4, 300.0),
        (400, 613, 300.0),
        (400, 131048, 900.0),
        (500, 131000, None),
        (503, 131016, None),
        (400, 1, None),
        (503, 2, None),
        (401, 190, ACCOUNT_PAUSE),
        (401, 0, ACCOUNT_PAUSE),
        (403, 131031, ACCOUNT_PAUSE),
        (403, 200, ACCOUNT_PAUSE),
        (500, 999999, None),
        (401, None, ACCOUNT_PAUSE),
        (429, None, None),
        (503, None, None),
    ],
)
def test_what_passes_is_tried_again(status: int, code: int | None, seconds: float | None) -> None:
    error = failure(status, code)
    assert isinstance(error, NotNow)
    assert error.seconds == seconds
    assert str(error).startswith("not_delivered:")


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (131047, "window_closed"),
        (131026, "unreachable:131026"),
        (131051, "refused:131051"),
        (131053, "refused:131053"),
        (131008, "refused:131008"),
        (100, "refused:100"),
        (132000, "refused:132000"),
        (132001, "refused:132001"),
        (132015, "refused:132015"),
    ],
)
def test_what_does_not_pass_is_given_up_with_a_reason(code: int, reason: str) -> None:
    error = failure(400, code)
    assert isinstance(error, NotSent)
    assert str(error) == reason_of(code) == reason
    assert kind_of(reason) in KINDS


@pytest.mark.parametrize("status", [500, 502, 504])
def test_an_answer_that_is_not_the_platforms_leaves_it_uncertain(status: int) -> None:
    assert isinstance(failure(status, None), Uncertain)


def test_a_page_that_is_not_there_is_a_refusal() -> None:
    assert isinstance(failure(404, None), NotSent)


@pytest.mark.parametrize(("header", "seconds"), [("17", 17.0), ("-3", 0.0), ("99999999", LONGEST_PAUSE)])
def test_the_platform_says_how_long_to_wait(header: str, seconds: float) -> None:
    error = failure(429, None, header)
    assert isinstance(error, NotNow)
    assert error.seconds == seconds


def test_the_platform_says_until_when_to_wait() -> None:
    error = failure(429, 130429, format_datetime(datetime.now(UTC) + timedelta(minutes=2), usegmt=True))
    assert isinstance(error, NotNow)
    assert error.seconds is not None
    assert 110 < error.seconds <= 120


@pytest.mark.parametrize("header", ["soon", "", "Mon, 99 Nov 2026 00:00:00 GMT"])
def test_a_header_that_says_nothing_changes_nothing(header: str) -> None:
    error = failure(429, 130429, header)
    assert isinstance(error, NotNow)
    assert error.seconds == 5.0
