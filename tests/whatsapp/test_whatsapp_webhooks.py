"""What is read from webhooks."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs

from connectors.whatsapp.webhooks import OLDEST, BadWebhook, read
from conversations import Notice
from conversations.inbox import MESSAGES, STATUSES
from tests.whatsapp.recorded import (
    CUSTOMER,
    OTHER_CUSTOMER,
    PHONE_NUMBER_ID,
    RECORDED_AT,
    USER_ID,
    body,
    message,
    recorded,
)

NOW = RECORDED_AT + timedelta(hours=1)


def notices(webhook: Any) -> list[Notice]:
    return read(body(webhook), PHONE_NUMBER_ID, NOW)


def test_a_message_is_told_with_who_sent_it() -> None:
    (notice,) = notices(recorded("text"))
    assert notice.key == message(recorded("text"))["id"]
    assert notice.conversation_id == f"whatsapp:{CUSTOMER}"
    assert notice.lane == MESSAGES
    assert notice.content["message"]["text"] == {"body": "Where is my parcel?"}
    assert notice.content["contact"]["profile"] == {"name": "First Customer"}


def test_a_batch_is_told_in_its_order() -> None:
    told = notices(recorded("batch"))
    assert [(each.conversation_id.partition(":")[2], each.lane) for each in told] == [
        (CUSTOMER, MESSAGES),
        (OTHER_CUSTOMER, MESSAGES),
        (CUSTOMER, STATUSES),
        (CUSTOMER, MESSAGES),
    ]
    names = [each.content["contact"]["profile"]["name"] for each in told if each.lane == MESSAGES]
    assert names == ["First Customer", "Second Customer", "First Customer"]


def test_each_status_of_a_message_is_told_once_and_without_what_nobody_needs() -> None:
    told = [notices(recorded(f"status_{state}"))[0] for state in ("sent", "delivered", "read", "failed")]
    assert len({each.key for each in told}) == 4
    assert {each.lane for each in told} == {STATUSES}
    assert set(told[0].content["status"]) == {"id", "status", "timestamp"}
    assert told[3].content["status"]["errors"][0]["code"] == 131047


def test_a_customer_who_hides_the_number_is_known_by_the_user_id() -> None:
    (said,), (delivered,) = notices(recorded("user_name_only")), notices(recorded("status_of_user_name"))
    assert said.conversation_id == delivered.conversation_id == f"whatsapp:{USER_ID}"
    assert said.content["contact"]["profile"]["name"] == "First Customer"


def test_a_message_of_an_unknown_type_is_kept() -> None:
    (notice,) = notices(recorded("unknown_type"))
    assert notice.content["message"]["type"] == "hologram"


def test_members_that_are_not_documented_are_passed_over() -> None:
    webhook = recorded("text")
    webhook["new"] = webhook["entry"][0]["new"] = webhook["entry"][0]["changes"][0]["value"]["new"] = {"x": [1]}
    assert len(notices(webhook)) == 1


@pytest.mark.parametrize(
    ("name", "event"),
    [
        ("other_number", "whatsapp.other_number"),
        ("account_update", "whatsapp.field_ignored"),
        ("group", "whatsapp.group_ignored"),
        ("platform_error", "whatsapp.platform_error"),
    ],
)
def test_what_is_not_for_us_is_logged_and_passed_over(name: str, event: str) -> None:
    with capture_logs() as logs:
        assert notices(recorded(name)) == []
    assert [entry["event"] for entry in logs] == [event]


def test_a_message_from_before_the_platform_would_repeat_it_is_passed_over() -> None:
    at = NOW - OLDEST - timedelta(minutes=1)
    with capture_logs() as logs:
        assert notices(recorded("text", at)) == []
    assert [entry["event"] for entry in logs] == ["whatsapp.stale"]
    assert len(notices(recorded("text", at + timedelta(minutes=2)))) == 1


def test_a_message_from_the_future_is_told() -> None:
    assert len(notices(recorded("text", NOW + timedelta(days=400)))) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"id": None},
        {"id": ""},
        {"id": "wamid. with spaces"},
        {"id": "w" * 231},
        {"timestamp": "yesterday"},
        {"timestamp": str(2**40)},
        {"type": None},
        {"from": None},
        {"from": "+49 176"},
        {"from": "../../etc"},
        {"from": "١٢٣٤٥٦٧"},
        {"from": ["4917604069042"]},
    ],
)
def test_of_a_batch_only_what_nobody_could_answer_is_passed_over(change: dict[str, Any]) -> None:
    webhook = recorded("batch")
    message(webhook).update(change)
    with capture_logs() as logs:
        assert len(notices(webhook)) == 3
    assert len(logs) == 1
    assert CUSTOMER not in str(logs)


def test_texts_are_fit_to_be_stored() -> None:
    webhook = recorded("text")
    message(webhook)["text"]["body"] = "a\x00b\ud800c"
    (notice,) = notices(webhook)
    assert notice.content["message"]["text"]["body"] == "a\ufffdb\ufffdc"


@pytest.mark.parametrize(
    "broken",
    [
        b"",
        b"{",
        body(recorded("text"))[:-20],
        b"\xff\xfe",
        b"[]",
        b"null",
        b'"text"',
        b"{}",
        b'{"object": "page", "entry": []}',
        b'{"object": "whatsapp_business_account"}',
        b'{"object": "whatsapp_business_account", "entry": {}}',
        b'{"object": "whatsapp_business_account", "entry": [{"changes": [{"field": "messages", "value": []}]}]}',
        b'{"object": "whatsapp_business_account", "entry": [{"changes": [{"field": "messages", "value": {}}]}]}',
        b'{"object": "whatsapp_business_account", "entry": [], "n": NaN}',
        b"[" * 100_000,
        b"[" * 700 + b"]" * 700,
        b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
        b"1" * 5000,
    ],
)
def test_what_is_no_webhook_is_refused(broken: bytes) -> None:
    with pytest.raises(BadWebhook):
        read(broken, PHONE_NUMBER_ID, NOW)


def test_the_refusal_says_where_it_is_wrong_and_nothing_of_what_is_there() -> None:
    webhook = recorded("text")
    webhook["entry"][0]["changes"][0]["value"]["messages"] = "a secret"
    with pytest.raises(BadWebhook, match="messages") as refused:
        notices(webhook)
    assert "secret" not in str(refused.value)
    assert json.dumps(webhook)
