"""The knowledge base, kept up with the folder of its articles while the server runs."""

from __future__ import annotations

import structlog

from aftercare.background import Background
from knowledge_base import KnowledgeBase

logger = structlog.get_logger()

SECONDS = 5.0
"""Between two looks at the folder. Looking takes a tenth of a second for ten thousand articles."""


class Refresher(Background):
    """Takes over what changes in the folder of the articles, in a thread of its own.

    It looks at the files every few seconds, because notifications of changes do not come from network mounts, nor from
    the volumes of all containers. An error is logged once, when it comes up, and does not end it.
    """

    def __init__(self, knowledge_base: KnowledgeBase, seconds: float = SECONDS) -> None:
        super().__init__("refresher")
        self._knowledge_base = knowledge_base
        self._seconds = seconds

    def _run(self) -> None:
        problem = ""
        while not self._stopping.wait(self._seconds):
            try:
                if self._knowledge_base.refresh():
                    errors = [str(error) for error in self._knowledge_base.errors]
                    logger.info("articles.refreshed", errors=errors)
                problem = ""
            except Exception as error:
                if problem != (problem := f"{type(error).__name__}: {error}"):
                    logger.error("articles.not_refreshed", exc_info=error)
