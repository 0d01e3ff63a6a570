"""The secret of a shop's servers."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from tempfile import NamedTemporaryFile

from aftercare.errors import ConfigurationError
from aftercare.settings import SECRET_LENGTH, Settings


def load_secret(settings: Settings) -> bytes:
    """The secret of the settings, or else that in the home folder, which is made where there is none yet.

    It is never used itself: who needs a key derives it from the secret and a purpose of its own.

    Raises:
        ConfigurationError: when the file in the home folder cannot be one.
    """
    secret = settings.secret.get_secret_value()
    if not secret:
        path = settings.secret_file
        if not path.exists():
            _make(path)
        secret = path.read_text(encoding="utf-8").strip()
        if len(secret) < SECRET_LENGTH:
            raise ConfigurationError(f"{path}: a secret has at least {SECRET_LENGTH} characters")
    return secret.encode()


def _make(path: Path) -> None:
    """Write a new secret, all at once: of several processes that start together, the first one's holds."""
    # A temporary file can be read by its owner alone, and so can what is linked to it.
    with NamedTemporaryFile("w", dir=path.parent, prefix=".secret-", encoding="utf-8") as file:
        file.write(secrets.token_hex(SECRET_LENGTH) + "\n")
        file.flush()
        try:
            os.link(file.name, path)
        except FileExistsError:
            return
