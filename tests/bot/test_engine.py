"""Which of Rasa's dependencies a project needs."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.engine import needs_channels, needs_neural


@pytest.mark.parametrize(
    ("credentials", "expected"),
    [
        ("connectors.rest.RestChannel:\n  max_message_length: 4000\n", False),
        ("connectors.rest.RestChannel:\nrasa.core.channels.slack.SlackInput:\n  slack_token: t\n", True),
        ("slack:\n  slack_token: t\n", True),
        ("", False),
    ],
)
def test_clients_of_messengers_are_for_channels_of_rasa(tmp_path: Path, credentials: str, expected: bool) -> None:
    file = tmp_path / "credentials.yml"
    file.write_text(credentials, encoding="utf-8")
    assert needs_channels(file) is expected


@pytest.mark.parametrize(("component", "expected"), [("DIETClassifier", True), ("KeywordIntentClassifier", False)])
def test_tensorflow_is_for_neural_components(tmp_path: Path, component: str, expected: bool) -> None:
    file = tmp_path / "config.yml"
    file.write_text(f"pipeline:\n- name: {component}\n", encoding="utf-8")
    assert needs_neural(file) is expected
