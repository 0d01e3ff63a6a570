"""Structured logs, without personal data."""

from __future__ import annotations

import hashlib
import hmac
import logging
import re
import secrets
import sys
import warnings
from collections.abc import Mapping, MutableMapping
from typing import Any

import structlog

PERSONAL = re.compile(
    r"[\w.%+-]+[@＠][\w-]+(?:\.[\w-]+)+"  # e-mail addresses
    r"|(?<![A-Za-z0-9-])(?:\+\d{1,3}\s?\(?\d|\d)(?:[\s./()-]{0,3}\d){8,}(?![A-Za-z0-9-])"  # phone and card numbers
)
"""What is cut out of every text that is logged, should a message or an address have slipped into it."""


NAMES = frozenset({"conversation_id", "message_id"})
"""What says of whom it is: on messengers, the name of a conversation has the customer's number in it, and so have the
platform's names of messages. In the log, a pseudonym stands for each.
"""

_KEY = secrets.token_bytes(16)
"""Of the pseudonyms, so that nobody finds a number by trying: they are the same as long as the server runs."""


def configure(level: str, style: str) -> None:
    """Send structlog's and the standard library's logs to standard error. Call it before Rasa is loaded.

    Args:
        level: the least severe level that is logged.
        style: `console`, `json`, or `auto`: console on a terminal, JSON elsewhere.
    """
    # Rasa says this whenever it loads a domain, whatever is in it.
    warnings.filterwarnings("ignore", message="Slot auto-fill has been removed")
    number = logging.getLevelNamesMapping()[level.upper()]
    as_json = style == "json" or (style == "auto" and not sys.stderr.isatty())
    processors: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        without_personal_data,
    ]
    renderer = structlog.processors.JSONRenderer() if as_json else structlog.dev.ConsoleRenderer()
    structlog.configure(
        processors=[*processors, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=processors,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(max(number, logging.INFO))
    # These tell of every turn, with what the customer wrote.
    for name in ("rasa", "rasa_sdk", "asyncio", "aiosqlite", "httpx", "sanic", "sqlalchemy", "alembic", "matplotlib"):
        logging.getLogger(name).setLevel(max(number, logging.WARNING))
        logging.getLogger(name).handlers = []
        logging.getLogger(name).propagate = True


def without_personal_data(logger: Any, method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Replace what looks like an e-mail address or a long number in every text of a log entry, and names of
    conversations and messages.
    """
    for key, value in event.items():
        if key in NAMES and isinstance(value, str):
            event[key] = pseudonym(value)
        elif key != "timestamp":
            event[key] = _clean(value)
    return event


def pseudonym(name: str) -> str:
    """What stands for a name in the log: 12 hexadecimal digits, the same for the same name."""
    return hmac.digest(_KEY, name.encode(errors="replace"), hashlib.sha256).hex()[:12]


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return PERSONAL.sub("[removed]", value)
    if isinstance(value, Mapping):
        return {key: _clean(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple | set):
        return [_clean(entry) for entry in value]
    if isinstance(value, BaseException):
        return PERSONAL.sub("[removed]", repr(value))
    return value
