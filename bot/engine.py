"""Import Rasa without the TensorFlow and the clients of other people's services that this assistant does not use.

Rasa imports TensorFlow, Keras and their relatives as soon as any of its modules is imported, because the default
recipe registers every component it ships, the neural ones included. That costs about eleven seconds and
300 MB in each process; another 50 MB are the clients of the messengers and databases that Rasa can speak to. The
pipeline of this project is linear models and rules, and its channels are its own, so `import_rasa` satisfies those
imports with placeholders while Rasa loads, and removes the placeholders afterwards: a later `import tensorflow` is the
real one. A project whose `config.yml` names a neural component passes `neural=True` and gets the real thing; so
does one whose `credentials.yml` names a channel of Rasa's with `channels=True`.

Call `import_rasa` before anything else imports Rasa; once Rasa is loaded it does nothing.
"""

from __future__ import annotations

import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import os
import sys
import warnings
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import yaml

HEAVY = ("tensorflow", "tensorflow_text", "tensorflow_hub", "keras", "jax")
"""Packages that only neural components need."""

CLIENTS = ("boto3", "botocore", "pymongo", "matplotlib")
"""Packages for stores and plots of Rasa's that nothing here can name."""

MESSENGERS = (
    "aiogram",
    "fbmessenger",
    "mattermostwrapper",
    "prompt_toolkit",
    "questionary",
    "rocketchat_API",
    "slack_sdk",
    "twilio",
    "webexteamssdk",
)
"""Packages that only Rasa's own channels need."""

NEURAL_COMPONENTS = (
    "DIETClassifier",
    "ResponseSelector",
    "TEDPolicy",
    "UnexpecTEDIntentPolicy",
    "LanguageModelFeaturizer",
    "ConveRTFeaturizer",
)


class _PlaceholderType(type):
    """Metaclass of placeholders: every attribute of a placeholder is a new placeholder."""

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _placeholder(name)


class _Placeholder(metaclass=_PlaceholderType):
    """Stands for a class, a function or a decorator that is looked at but never used."""

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        # As a decorator, a placeholder leaves the function as it is.
        if len(args) == 1 and callable(args[0]) and not kwargs:
            return args[0]
        return super().__new__(cls)

    def __init__(self, *args: Any, **kwargs: Any) -> None: ...

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return args[0] if args else None


def _placeholder(name: str) -> type:
    return _PlaceholderType(name, (_Placeholder,), {})


class _PlaceholderModule(ModuleType):
    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        value = _placeholder(name)
        setattr(self, name, value)
        return value


class _PlaceholderFinder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds packages and all their submodules, and makes each a placeholder."""

    def __init__(self, packages: Collection[str]) -> None:
        self._packages = packages

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname.partition(".")[0] in self._packages:
            return importlib.machinery.ModuleSpec(fullname, self, is_package=True)
        return None

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        return _PlaceholderModule(spec.name)

    def exec_module(self, module: ModuleType) -> None: ...


@contextmanager
def _placeholders(packages: Iterable[str]) -> Iterator[None]:
    # What is there already costs nothing.
    finder = _PlaceholderFinder({package for package in packages if package not in sys.modules})
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)
        for name, module in list(sys.modules.items()):
            if isinstance(module, _PlaceholderModule):
                del sys.modules[name]


def _import_spacy() -> None:
    """Import spaCy with TensorFlow reported as missing: thinc, on which it rests, would load it for its own use, and
    h5py for neural networks on disk.
    """
    blocked = [name for name in (*HEAVY, "h5py") if name not in sys.modules]
    for name in blocked:
        sys.modules[name] = None  # type: ignore[assignment]
    try:
        importlib.import_module("spacy")
    finally:
        for name in blocked:
            del sys.modules[name]


def needs_neural(config: Path) -> bool:
    """Whether the Rasa configuration at `config` names a component that runs on TensorFlow."""
    names = yaml.load(config.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    return any(component in str(names) for component in NEURAL_COMPONENTS)


def needs_channels(credentials: Path) -> bool:
    """Whether the file of credentials names a channel of Rasa's."""
    return any(
        not name.startswith("connectors.")
        for name in yaml.load(credentials.read_text("utf-8"), Loader=yaml.CSafeLoader) or ()
    )


def import_rasa(*, neural: bool = False, channels: bool = False) -> None:
    """Load Rasa's core, once a process, with TensorFlow only if `neural`, and what Rasa's own channels need only if
    `channels`. Takes seconds.
    """
    if "rasa.core.agent" in sys.modules:
        return
    # Rasa's telemetry calls out; TensorFlow's start-up banner says nothing to an operator.
    os.environ.setdefault("RASA_TELEMETRY_ENABLED", "false")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with warnings.catch_warnings():
        # Rasa's dependencies of 2022 and 2023 meet newer ones here; their deprecation notes are not the operator's.
        warnings.simplefilter("ignore")
        if neural:
            importlib.import_module("rasa.core.agent")
            return
        _import_spacy()
        with _placeholders((*HEAVY, *CLIENTS, *(() if channels else MESSENGERS))):
            importlib.import_module("rasa.core.agent")
            importlib.import_module("rasa.engine.recipes.default_recipe")
            importlib.import_module("rasa.engine.recipes.default_components")
            importlib.import_module("rasa.model_training")
