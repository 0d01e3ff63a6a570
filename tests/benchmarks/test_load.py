"""Many at once: a real server, open chats and a messenger's webhooks, for some seconds."""

import asyncio
import os
from pathlib import Path

import pytest

from benchmarks.load import Load, bear, started
from benchmarks.servers import free_port

MODELS = os.environ.get("AFTERCARE_TEST_MODELS", "")

SECONDS = 8


@pytest.mark.skipif(not MODELS, reason="no trained model (AFTERCARE_TEST_MODELS)")
def test_everybody_is_answered_and_nothing_goes_wrong(tmp_path: Path) -> None:
    port = free_port()
    load = Load(sockets=200, every=0.9 * SECONDS, webhooks=20, seconds=SECONDS, platform_seconds=0.02)
    with started(tmp_path, Path(MODELS), port) as server:
        seen, use = asyncio.run(bear(server, load, port))
    assert not seen.errors
    assert len(seen.welcomed) == 200
    assert len(seen.acknowledged) == len(seen.answered) == 20 * SECONDS
    assert len(seen.chats) >= 200
    assert use.cores > 0
