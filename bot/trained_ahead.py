"""What answers and descriptions are read with (`bot.choices`, `bot.symptoms`), trained once and kept in files.

Without it each process would learn that anew, which takes ten seconds of its time and 200 MB. The files are mapped into
memory, so that all processes of a machine share it.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import joblib

from bot import symptoms
from bot.choices import ChoiceReader
from bot.nlu.processes import in_processes
from shop.troubleshooting import Guides


class TrainedAhead:
    """A folder with a file for each language.

    Args:
        folder: it need not be there yet; its name should change with what is learnt from.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def is_there(self, languages: Sequence[str]) -> bool:
        """Whether everything has been trained."""
        return all(self._file(language).exists() for language in languages)

    def train(self, choices: ChoiceReader, guides: Guides, languages: Sequence[str]) -> None:
        """Train everything, in several processes, and keep it.

        Raises:
            bot.nlu.processes.TrainingFailed: when that is not possible.
        """
        self._folder.mkdir(parents=True, exist_ok=True)

        def train(language: str) -> None:
            # A half-written file must never be found by its name.
            unfinished = self._folder / f"{language}.{os.getpid()}"
            joblib.dump((choices.learn(language), symptoms.learn(guides, language)), unfinished)
            unfinished.replace(self._file(language))

        in_processes(train, languages)

    def recall(self, choices: ChoiceReader, guides: Guides, languages: Sequence[str]) -> None:
        """Use what was kept; what was not is trained when it is needed."""
        for language in languages:
            file = self._file(language)
            if file.exists():
                answers, problems = _load(file)
                choices.recall(language, answers)
                symptoms.recall(guides, language, problems)

    def _file(self, language: str) -> Path:
        return self._folder / f"{language}.joblib"


# A test opens many houses in a process.
_load = lru_cache(maxsize=16)(lambda file: joblib.load(file, mmap_mode="r"))
