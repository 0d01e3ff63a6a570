"""What the tests that start servers have in common."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock

from tests.faults.ledger import Ledger

LONGEST_ANSWER = 20.0
"""So many seconds it takes at most to say that there is no answer."""

SORRY = "Unser Kundenservice kann gerade nicht antworten. Bitte versuchen Sie es gleich noch einmal."


@contextmanager
def lent_models(home: Path) -> Iterator[None]:
    """Begin with the model that `AFTERCARE_TEST_MODELS` names, or leave there what is trained; see `tests.app`."""
    models = os.environ.get("AFTERCARE_TEST_MODELS")
    if not models:
        yield
        return
    with FileLock(f"{models}.lock"):
        if Path(models).exists():
            shutil.copytree(models, home / "models")
        yield
        if not Path(models).exists():
            shutil.copytree(home / "models", models)


def check_honesty(ledger: Ledger) -> None:
    """Whether everybody who could not be answered was told so, soon, and in words that help."""
    for refusal in ledger.refusals:
        assert refusal.status == 503
        assert refusal.seconds < LONGEST_ANSWER
        if refusal.said.startswith("{"):
            said = json.loads(refusal.said)
            assert (said["error"], said["message"]) == ("unavailable", SORRY)
        else:
            # The window has the words for it.
            assert refusal.said == "unavailable"
