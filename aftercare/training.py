"""Training the model, once for each state of what it is made of."""

from __future__ import annotations

import contextlib
import hashlib
import io
import logging
import os
import warnings
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

from aftercare.errors import ConfigurationError
from aftercare.settings import Settings
from knowledge_base import Article

ENGINES = ("rasa", "scikit-learn", "numpy", "murmurhash", "spacy", "jieba", "python-crfsuite", "symspellpy", "pypinyin")
"""Packages whose version a trained model depends on."""

KEPT_MODELS = 3


def model_path(settings: Settings, articles: list[Article]) -> Path:
    """Where the model lies that is trained from the present state of the project, whether it is there or not."""
    return settings.models / f"{fingerprint(settings, articles)}.tar.gz"


def trained_already(settings: Settings, target: Path) -> Path | None:
    """The model for `target`, from there or from the folder of models that were trained elsewhere."""
    folders = [target.parent, *([settings.trained_models] if settings.trained_models else [])]
    return next((folder / target.name for folder in folders if (folder / target.name).exists()), None)


def fingerprint(settings: Settings, articles: list[Article]) -> str:
    """A hash of all that a model is made of: configuration, domain, rules, examples, code, the engine's versions.

    Of the articles only the questions count: a new answer needs no training. What customers choose among is trained
    apart, see `aftercare.readers`.
    """
    digest = hashlib.sha256()
    bot = settings.project / "bot"
    files = [settings.config_file, settings.domain_file, *settings.training_data.rglob("*"), *bot.glob("nlu/*.py")]
    not_trained_on = settings.training_data / "choices"
    for path in sorted(file for file in files if file.is_file() and not_trained_on not in file.parents):
        digest.update(f"{path.relative_to(settings.project)}\0".encode())
        digest.update(path.read_bytes())
    for article in sorted(articles, key=lambda article: (article.language, article.slug)):
        digest.update("\0".join((article.language, article.slug, *article.examples)).encode())
    for package in ENGINES:
        digest.update(f"{package}=={version(package)}\0".encode())
    return digest.hexdigest()[:16]


def train(settings: Settings, target: Path) -> Path:
    """Train a model and put it at `target`. Rasa must be loaded (`bot.engine.import_rasa`).

    Whoever wants to see the progress listens with `bot.nlu.progress.listening`.

    Raises:
        ConfigurationError: when the project's data cannot be trained on; the message names file and line where it can.
    """
    from rasa.model_training import train as rasa_train
    from rasa.shared.exceptions import RasaException

    target.parent.mkdir(parents=True, exist_ok=True)
    # A half-written model must never be found by its name.
    unfinished = f"training-{os.getpid()}"
    try:
        with _quiet():
            result = rasa_train(
                domain=str(settings.domain_file),
                config=str(settings.config_file),
                training_files=None,
                output=str(target.parent),
                fixed_model_name=unfinished,
                force_training=True,
                # Rasa hands these to the importer, where `config.yml` could name the folder too.
                core_additional_arguments={"articles": str(settings.articles.resolve())},
            )
    except RasaException as error:
        raise ConfigurationError(_root_cause(error)) from error
    if result.model is None:
        raise ConfigurationError("There is nothing to train on: no examples under bot/data.")
    Path(result.model).replace(target)
    _remove_old(target)
    return target


def _remove_old(newest: Path) -> None:
    models = sorted(newest.parent.glob("*.tar.gz"), key=lambda path: path.stat().st_mtime, reverse=True)
    for model in models[KEPT_MODELS:]:
        model.unlink(missing_ok=True)


def _root_cause(error: BaseException) -> str:
    """The message that names a file, or else the innermost: Rasa wraps what its components raise."""
    from bot.nlu.importer import TrainingDataError

    while error.__cause__ is not None and not isinstance(error, TrainingDataError):
        error = error.__cause__
    return str(error) or type(error).__name__


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep what Rasa prints and warns of while training from the operator; errors are raised in any case."""
    # Its cache would be a second copy of every model, outside of the home folder.
    os.environ["RASA_MAX_CACHE_SIZE"] = "0"
    # No progress bars of its own.
    os.environ["LOG_LEVEL"] = "ERROR"
    logging.getLogger("rasa").setLevel(logging.CRITICAL)
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        yield
