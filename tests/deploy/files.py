"""The files of `deploy/`."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from aftercare.settings import PREFIX, ROOT, Settings

DEPLOY = ROOT / "deploy"
KUBERNETES = DEPLOY / "kubernetes"

SETTINGS = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields}
"""The variables that the server reads."""

SECRETS = {
    f"{PREFIX}{name.upper()}" for name, field in Settings.model_fields.items() if "Secret" in str(field.annotation)
}
"""Those of them that nobody else may know."""


def load(path: Path) -> Any:
    """What is in a YAML file."""
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def load_all(path: Path) -> list[dict[str, Any]]:
    """The documents in a YAML file."""
    return list(yaml.safe_load_all(path.read_text(encoding="utf-8")))


def variables(path: Path) -> dict[str, str]:
    """The variables of an `.env` file, with their values."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def instructions(dockerfile: str) -> Iterator[tuple[str, str]]:
    """The instructions of a Dockerfile, each in one line."""
    lines = "\n".join(line for line in dockerfile.splitlines() if not line.startswith("#"))
    for line in re.sub(r"\\\n\s*", "", lines).splitlines():
        if line.strip():
            name, _, rest = line.partition(" ")
            yield name, rest.strip()
