"""Which tests stay with one worker, where there are several."""

from __future__ import annotations

from xdist.scheduler import LoadFileScheduling

TOGETHER = {
    "tests/app/": "server",
    "tests/shop/test_medusa.py": "medusa",
    "tests/shop/test_port.py": "medusa",
}
"""Files, by how their names begin, that share something which takes long to start."""


class TogetherScheduling(LoadFileScheduling):
    """The tests of a file are one worker's, and those of files that share something."""

    def _split_scope(self, nodeid: str) -> str:
        file: str = super()._split_scope(nodeid)
        return next((name for beginning, name in TOGETHER.items() if file.startswith(beginning)), file)
