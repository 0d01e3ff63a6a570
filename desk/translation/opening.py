"""From settings to a translator."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from desk.translation.libre import TIMEOUT_SECONDS, LibreTranslator
from desk.translation.local import BEAM, LocalTranslator
from desk.translation.port import Translator, TranslatorError


def open_translator(
    models: Sequence[str] = (),
    *,
    fetched: Path = Path("var/translators"),
    threads: int = 1,
    beam: int = BEAM,
    url: str = "",
    key: str = "",
    timeout: float = TIMEOUT_SECONDS,
) -> Translator | None:
    """The translator that is configured; None where none is. Neither a file nor a server is touched yet.

    Args:
        models: local ones; folders, or ids of the hub (`desk.translation.folders.find_models`).
        fetched: where models of the hub are put.
        threads: how many of the processor's cores a local translation takes.
        beam: how many translations a local model follows at once.
        url: a LibreTranslate server's, instead of local models.
        key: that server's API key, where it wants one.
        timeout: of a request to it, in seconds.

    Raises:
        TranslatorError: when both are configured, or one wrongly.
    """
    if models and url:
        raise TranslatorError("Translate by local models or by a LibreTranslate server, not by both.")
    if url:
        return LibreTranslator(url, key, timeout=timeout)
    if models:
        return LocalTranslator(models, fetched, threads=threads, beam=beam)
    return None
