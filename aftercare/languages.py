"""Which languages are served: those that have a pipeline in `config.yml`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from aftercare.errors import ConfigurationError
from bot.languages import pipeline_languages


def served_languages(config_file: Path) -> list[str]:
    """The codes of the languages of `LanguagePipelines`, in the order of the file.

    Raises:
        ConfigurationError: when the file cannot be read or has no such component.
    """
    languages = pipeline_languages(read_yaml(config_file))
    if not languages:
        raise ConfigurationError(f"{config_file}: no component of the pipeline has 'languages'")
    return languages


def read_yaml(path: Path) -> dict[str, Any]:
    """The mapping in a YAML file; empty where the file is.

    Raises:
        ConfigurationError: naming the file, and the line where there is one.
    """
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    except OSError as error:
        raise ConfigurationError(f"{path}: {error.strerror}") from error
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ConfigurationError(f"{path}:{line}: {error.problem}") from error
    if content is not None and not isinstance(content, dict):
        raise ConfigurationError(f"{path}:1: expected a mapping")
    return content or {}
