"""The conversations of tests/conversations/, spoken with the trained model through the REST channel."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.app.conftest import Server

FOLDER = Path(__file__).parent.parent / "conversations"


def cases() -> Iterator[Any]:
    for path in sorted(FOLDER.glob("*.yml")):
        for case in yaml.safe_load_all(path.read_text(encoding="utf-8")):
            for language, turns in case["turns"].items():
                yield pytest.param(turns, id=f"{path.stem}: {case['name']} [{language}]")


@pytest.mark.parametrize("turns", cases())
def test_conversation(server: Server, sender: str, turns: list[dict[str, Any]]) -> None:
    for turn in turns:
        answer = server.say(sender, turn["customer"])
        text = "\n".join(said.get("text", "") for said in answer)
        payloads = [button["payload"] for said in answer for button in said.get("buttons", [])]
        assert text, turn
        for expected in turn.get("says", []):
            assert expected in text, (turn, text)
        for unwanted in turn.get("not", []):
            assert unwanted not in text, (turn, text)
        for expected in turn.get("buttons", []):
            assert any(payload.startswith(expected) for payload in payloads), (turn, answer)
