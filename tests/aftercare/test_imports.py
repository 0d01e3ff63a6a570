"""What a server's process must not load: it costs memory in each, and time at each start."""

from __future__ import annotations

import json
import subprocess
import sys

NEVER = {"tensorflow", "keras", "jax", "torch", "transformers", "onnxruntime", "pandas", "h5py"}
CLIENTS = {"boto3", "botocore", "pymongo", "matplotlib", "slack_sdk", "aiogram", "twilio", "prompt_toolkit"}
SERVER = """
from bot.engine import import_rasa
import_rasa()
import aftercare.app, bot.assistant, bot.actions, connectors.channel
"""


def loaded(code: str) -> set[str]:
    """The packages that are loaded after some code has run in a process of its own."""
    report = "import json, sys; print(json.dumps(sorted({name.partition('.')[0] for name in sys.modules})))"
    command = [sys.executable, "-W", "ignore", "-c", f"{code}\n{report}"]
    ended = subprocess.run(command, capture_output=True, text=True, check=True)
    return set(json.loads(ended.stdout.splitlines()[-1]))


def test_a_server_loads_no_neural_networks_and_no_clients_of_others() -> None:
    packages = loaded(SERVER)
    assert {"rasa", "sklearn", "aftercare"} <= packages
    assert not packages & (NEVER | CLIENTS)


def test_the_command_line_loads_nothing_that_learns() -> None:
    packages = loaded("import aftercare.cli")
    assert "aftercare" in packages
    assert not packages & (NEVER | CLIENTS | {"rasa", "spacy", "sklearn", "pkg_resources"})
