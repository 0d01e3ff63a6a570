"""A new model in the place of the old one, while the server runs."""

from __future__ import annotations

import asyncio
import gc
import hashlib
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog

from aftercare.background import SWITCH_SECONDS, Background
from aftercare.house import Ground, load_assistant
from aftercare.settings import Settings
from aftercare.training import model_path, trained_already

if TYPE_CHECKING:
    from bot.assistant import Assistant
    from bot.reply import Reply

logger = structlog.get_logger()

SECONDS = 15.0
"""Between two looks for a new model."""

PROBE = "?"
"""What a new model has to make something of before customers get to it."""


class Answering:
    """The assistant that answers at present (`conversations.Bot`). It may be another one in the next turn; a turn is
    answered by the one that it began with.
    """

    def __init__(self, assistant: Assistant) -> None:
        self._assistant = assistant

    @property
    def model(self) -> str:
        """The name of its model."""
        return self._assistant.model

    def become(self, assistant: Assistant) -> None:
        """From the next turn on, another one answers."""
        self._assistant = assistant

    async def reply(self, *arguments: Any, **options: Any) -> Reply:
        """See `conversations.Bot.reply`."""
        return await self._assistant.reply(*arguments, **options)


class Swap(Background):
    """Takes over the model of the project's present state as soon as it is there, in a thread of its own.

    That is the model with which the server would start anew (`training.model_path`). It looks every few seconds, since
    it may come from another machine or a volume that tells nobody of changes, and when `look_now` is called. A model
    that cannot be loaded changes nothing. Nor does one for code that has changed since the process started: it needs
    the new code.

    Args:
        load: makes an assistant of a model.
    """

    def __init__(
        self,
        ground: Ground,
        answering: Answering,
        seconds: float = SECONDS,
        load: Callable[[Ground, Path], Assistant] = load_assistant,
    ) -> None:
        super().__init__("swap")
        self._ground = ground
        self._answering = answering
        self._seconds = seconds
        self._load = load
        self._asked = threading.Event()
        self._code = code_digest(ground.settings)
        present = self._present()
        self._used = present if present and present[0].name == answering.model else None
        self._refused: tuple[Path, int] | None = None
        self._problem = ""

    def look_now(self) -> None:
        """Look at once, also at a model that could not be loaded before."""
        self._refused = None
        self._asked.set()

    def stop(self, patience: float = 1.0) -> None:
        """See `Background.stop`."""
        self._stopping.set()
        self._asked.set()
        super().stop(patience)

    def _run(self) -> None:
        while True:
            self._asked.wait(self._seconds)
            self._asked.clear()
            if self._stopping.is_set():
                return
            try:
                self.look()
                self._problem = ""
            except Exception as error:
                if self._problem != (problem := f"{type(error).__name__}: {error}"):
                    self._problem = problem
                    logger.error("model.not_looked_for", exc_info=error)

    def look(self) -> bool:
        """Take over a new model if there is one; returns whether it did."""
        # What a new model was trained with comes with it, and may be here already.
        self._ground.knowledge_base.refresh()
        present = self._present()
        if present is None or present in (self._used, self._refused):
            return False
        found = present[0]
        if code_digest(self._ground.settings) != self._code:
            logger.error("model.needs_restart", model=found.name, reason="the code has changed as well")
            self._refused = present
            return False
        started = time.monotonic()
        try:
            assistant = self._try(found)
        except Exception as error:
            self._refused = present
            logger.error("model.not_loaded", model=found.name, used=self._answering.model, exc_info=error)
            return False
        self._answering.become(assistant)
        self._used = present
        # What was there when the process started is looked at again: the old model is among it.
        gc.unfreeze()
        gc.collect()
        gc.freeze()
        logger.info("model.loaded", model=found.name, seconds=round(time.monotonic() - started, 1))
        return True

    def _present(self) -> tuple[Path, int] | None:
        """The model of the present state, and when its file was written; None where there is none yet."""
        settings = self._ground.settings
        found = trained_already(settings, model_path(settings, self._ground.articles))
        return (found, found.stat().st_mtime_ns) if found else None

    def _try(self, model: Path) -> Assistant:
        usual = sys.getswitchinterval()
        # Customers' turns come in between.
        sys.setswitchinterval(SWITCH_SECONDS)
        try:
            assistant = self._load(self._ground, model)
            asyncio.run(assistant.parse(PROBE))
            return assistant
        finally:
            sys.setswitchinterval(usual)


def code_digest(settings: Settings) -> str:
    """A hash of the code that models are made for and used by."""
    digest = hashlib.sha256()
    for path in sorted((settings.project / "bot").rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()
