"""What answers and descriptions are read with, trained once for each state of what it is learnt from.

It lies beside the models, and is not part of them: it takes seconds to train, and a new answer to choose needs no new
model.
"""

from __future__ import annotations

import hashlib
import shutil
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from aftercare.errors import ConfigurationError
from aftercare.settings import Settings

if TYPE_CHECKING:
    from aftercare.house import Ground

LIBRARIES = ("scikit-learn", "numpy", "joblib", "murmurhash", "jieba", "PyStemmer")
"""Packages whose version it depends on."""

CODE = (
    "bot/choices/*.py",
    "bot/symptoms.py",
    "bot/text_classifier.py",
    "bot/trained_ahead.py",
    "bot/nlu/terms.py",
    "bot/nlu/text.py",
    "knowledge_base/words.py",
    "shop/troubleshooting/*.py",
)

KEPT = 2


def readers_name(settings: Settings) -> str:
    """The name of the folder in which lies what is trained from the present state of the project."""
    sources = [
        *(settings.training_data / "choices").glob("*.yml"),
        *(settings.training_data / "nlu").rglob("*.yml"),
        *settings.troubleshooting.glob("*.yml"),
        *(path for pattern in CODE for path in settings.project.glob(pattern)),
    ]
    digest = hashlib.sha256()
    for path in sorted(sources):
        digest.update(f"{path.relative_to(settings.project)}\0".encode())
        digest.update(path.read_bytes())
    for package in LIBRARIES:
        digest.update(f"{package}=={version(package)}\0".encode())
    return f"readers-{digest.hexdigest()[:16]}"


def train_readers(ground: Ground) -> bool:
    """Train what is not there yet; returns whether anything was not.

    Raises:
        ConfigurationError: when that is not possible.
    """
    from bot.nlu.processes import TrainingFailed
    from bot.trained_ahead import TrainedAhead

    name = readers_name(ground.settings)
    if any(TrainedAhead(folder / name).is_there(ground.languages) for folder in _folders(ground.settings)):
        return False
    try:
        TrainedAhead(ground.settings.models / name).train(ground.choices, ground.guides, ground.languages)
    except TrainingFailed as error:
        raise ConfigurationError(str(error)) from error
    old = sorted(ground.settings.models.glob("readers-*"), key=lambda path: path.stat().st_mtime, reverse=True)
    for folder in old[KEPT:]:
        shutil.rmtree(folder, ignore_errors=True)
    return True


def recall_readers(ground: Ground, *beside: Path) -> None:
    """Take up what was trained, from the folders of models, or from those given."""
    from bot.trained_ahead import TrainedAhead

    name = readers_name(ground.settings)
    for folder in (*beside, *_folders(ground.settings)):
        ahead = TrainedAhead(folder / name)
        if ahead.is_there(ground.languages):
            ahead.recall(ground.choices, ground.guides, ground.languages)
            return


def _folders(settings: Settings) -> list[Path]:
    return [settings.models, *([settings.trained_models] if settings.trained_models else [])]
