"""The knowledge base, kept up with the folder of its articles while the server runs."""

from __future__ import annotations

import threading

import structlog

from knowledge_base import KnowledgeBase

logger = structlog.get_logger()

SECONDS = 5.0
"""Between two looks at the folder. Looking takes a tenth of a second for ten thousand articles."""


class Refresher:
    """Takes over what changes in the folder of the articles, in a thread of its own.

    It looks at the files every few seconds, because notifications of changes do not come from network mounts, nor from
    the volumes of all containers. An error is logged once, when it comes up, and does not end it.
    """

    def __init__(self, knowledge_base: KnowledgeBase, seconds: float = SECONDS) -> None:
        self._knowledge_base = knowledge_base
        self._seconds = seconds
        self._stopping = threading.Event()
        # A refresh may take long where texts have to be encoded: the process need not wait for it to end.
        self._thread = threading.Thread(target=self._run, name="refresher", daemon=True)

    def start(self) -> None:
        """Begin to look; once."""
        self._thread.start()

    def stop(self, patience: float = 1.0) -> None:
        """Look no more. A refresh that is under way has so many seconds to end."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(patience)

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
