"""Actions on a server of their own."""

import subprocess
import time
from collections.abc import Iterator

import httpx
import pytest

from aftercare.settings import ROOT
from tests.app.conftest import COMMAND, Server, free_port
from tests.forks import environment

TRACKER = {
    "sender_id": "u1",
    "slots": {"order_number": "104233", "email": "lucia.fernandez@correo.example", "language": "en"},
    "latest_message": {"intent": {"name": "track_order"}, "entities": [], "text": "where is it"},
    "events": [],
    "paused": False,
    "latest_input_channel": "rest",
    "followup_action": None,
    "active_loop": {},
    "latest_action_name": None,
}


@pytest.fixture(scope="module")
def action_server(server: Server) -> Iterator[str]:
    url = f"http://127.0.0.1:{(port := free_port())}"
    command = [*COMMAND, "actions", "--host", "127.0.0.1", "--port", str(port)]
    process = subprocess.Popen(command, cwd=ROOT, env=environment(server.home), stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            httpx.get(f"{url}/health")
            break
        except httpx.TransportError:
            with pytest.raises(subprocess.TimeoutExpired):
                process.wait(0.1)
    yield url
    process.terminate()
    process.wait(10)


def test_an_action_answers_as_rasa_expects(action_server: str) -> None:
    call = {"next_action": "action_track_order", "sender_id": "u1", "tracker": TRACKER, "domain": {}}
    answer = httpx.post(f"{action_server}/webhook", json=call).json()
    assert answer["responses"][0]["response"] == "utter_order_status"
    assert "AC-104233" in str(answer["responses"][0]["details"])
    assert {event["name"] for event in answer["events"]} == {"last_case", "case", "settled"}


def test_an_unknown_action_is_not_found(action_server: str) -> None:
    call = {"next_action": "action_unknown", "sender_id": "u1", "tracker": TRACKER}
    assert httpx.post(f"{action_server}/webhook", json=call).status_code == 404


def test_an_action_that_fails_apologises(action_server: str) -> None:
    call = {"next_action": "action_clarify", "sender_id": "u1", "tracker": {**TRACKER, "latest_message": {}}}
    answer = httpx.post(f"{action_server}/webhook", json=call).json()
    (said,) = answer["responses"]
    assert (said["response"], said["custom"]["reason"]) == ("utter_action_failed", "failed")
