"""`aftercare benchmark`, with real servers and very little patience."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from aftercare.cli.benchmark import benchmark as measuring
from aftercare.errors import ConfigurationError

MODELS = os.environ.get("AFTERCARE_TEST_MODELS", "")


def benchmark(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "aftercare", "benchmark", *arguments],
        env={**os.environ, "AFTERCARE_HOME": str(home)},
        capture_output=True,
        text=True,
        timeout=400,
    )


@pytest.mark.skipif(not MODELS, reason="no trained model (AFTERCARE_TEST_MODELS)")
def test_a_short_run_measures_turns_and_a_return(tmp_path: Path) -> None:
    (tmp_path / "models").symlink_to(MODELS)
    parts = ("--only", "rest", "--only", "widget", "--only", "return")
    ran = benchmark(tmp_path, *parts, "--seconds", "0.2", "--turns", "6", "--json")
    assert ran.returncode == 0, ran.stderr
    found = json.loads(ran.stdout)
    assert found["start"]["seconds"] > 0
    assert found["memory"][0]["processes"][0]["rss"] > 100
    for door in ("rest", "widget"):
        assert set(found["doors"][door]["kinds"]) == {"question", "tracking", "button"}
        assert all(each > 0 for each in found["doors"][door]["walk"]["milliseconds"])
    assert found["whole_return"]["turns"] == 6
    assert found["stock"] is None
    # What was measured is gone, and nothing came into the home folder of the installation.
    assert {path.name for path in tmp_path.iterdir()} == {"models"}


def test_a_part_that_there_is_not_is_named() -> None:
    with pytest.raises(ConfigurationError, match="there is no speed"):
        measuring(only=["speed"])
