"""Why something was not delivered is told in one way, whatever the messenger."""

from __future__ import annotations

from collections import Counter

import pytest

from connectors.reasons import KINDS, NOT_DELIVERED, REFUSED, UNREACHABLE, WINDOW_CLOSED, kind_of, reason
from connectors.rendering.phrases import FILE
from connectors.wechat import failures as wechat
from connectors.whatsapp import failures as whatsapp
from tests.rendering.phrasing import ENGLISH


@pytest.mark.parametrize(
    ("kind", "detail", "expected"),
    [
        (WINDOW_CLOSED, None, "window_closed"),
        (UNREACHABLE, 131026, "unreachable:131026"),
        (REFUSED, 0, "refused:0"),
        (NOT_DELIVERED, "no_answer", "not_delivered:no_answer"),
    ],
)
def test_a_reason_is_a_kind_and_perhaps_a_detail(kind: str, detail: str | int | None, expected: str) -> None:
    assert reason(kind, detail) == expected
    assert kind_of(expected) == kind


@pytest.mark.parametrize("told", [None, "", "RuntimeError", "window", "other:window_closed", ":refused"])
def test_what_no_channel_gave_is_of_no_kind(told: str | None) -> None:
    assert kind_of(told) is None


@pytest.mark.parametrize("kind", KINDS)
def test_agents_are_told_of_every_kind(kind: str) -> None:
    assert ENGLISH.text(kind).startswith("Not sent")


CODES = [-1, 0, 1, 100, 190, 40003, 43004, 45002, 45009, 45015, 45047, 48001, 87014, 131026, 131047, 132001, 999999]


@pytest.mark.parametrize("code", CODES)
def test_every_messenger_keeps_to_the_kinds(code: int) -> None:
    for error in (wechat.failure(code), whatsapp.failure(400, code), whatsapp.failure(502, None)):
        assert kind_of(str(error)) in KINDS


def test_no_phrase_stands_twice() -> None:
    lines = FILE.read_text(encoding="utf-8").splitlines()
    keys = Counter(line.partition(":")[0] for line in lines if line and not line.startswith("#"))
    assert [key for key, times in keys.items() if times > 1] == []
