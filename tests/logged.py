"""What was logged while the tests ran, and whether anything personal is in it."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import structlog

from aftercare.logs import without_personal_data
from shop.demo.customers import load_customers

SERVERS = "**/server-*.log"
"""The logs of servers that tests have started, wherever they put them."""

LEAST_CHARACTERS = 16
"""Of what customers wrote: what is shorter may be a word of ours as well."""

CREDENTIALS = re.compile(
    r"/documents/[\w.-]{40,}"  # links to documents
    r"|\beyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]{10,}"  # tokens that vouch for customers
    r"|\bacd_[\w-]{20,}"  # tokens of programs
    r"|\bEAA[0-9a-f]{40,}"  # access tokens of platforms
    r"|\bgAAAAA[\w-]{40,}"  # encrypted values
)


def log_as_the_server_does() -> None:
    """Let structlog write what the server would, to whatever standard output is then."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.stdlib.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            without_personal_data,
            structlog.dev.ConsoleRenderer(colors=False),
        ]
    )


@dataclass
class Logged:
    """What this process of the tests has logged.

    Attributes:
        of_tests: by the names of tests.
    """

    of_tests: dict[str, str] = field(default_factory=dict)

    def add(self, test: str, sections: Iterable[tuple[str, str]]) -> None:
        """Note what a test has logged, of all that was captured of it."""
        logged = [text for name, text in sections if name.startswith("Captured log") or _LINE.search(text)]
        if logged:
            self.of_tests[test] = "\n".join(logged)

    def personal(self, folder: Path) -> list[str]:
        """What personal data is in the logs, and where; servers' logs and databases are looked for in a folder."""
        written = dict(self.of_tests)
        for log in folder.glob(SERVERS):
            written[str(log)] = log.read_text(encoding="utf-8", errors="replace")
        words = {*personal_data(), *_said(folder)}
        return [
            f"{where}: {found!r}"
            for where, text in written.items()
            for found in [*(word for word in words if word in text), *CREDENTIALS.findall(text)]
        ]


_LINE = re.compile(r"\[(debug|info|warning|error|critical) *\]")


@cache
def personal_data() -> frozenset[str]:
    """What identifies the demonstration's customers."""
    found = set()
    for customer in load_customers():
        found |= {customer.email, customer.address.street}
        # Of some Chinese names the two characters are words, too.
        found |= {customer.name} if len(customer.name) > 2 else set()
        if customer.phone:
            found |= {customer.phone, re.sub(r"\D", "", customer.phone)}
    return frozenset(found)


def _said(folder: Path) -> Iterator[str]:
    """What customers wrote in all conversations of SQLite files in a folder."""
    for path in folder.glob("**/*.db"):
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
            try:
                rows = connection.execute(
                    "SELECT content FROM conversation_messages WHERE author = 'customer'"
                ).fetchall()
            except sqlite3.Error:
                # Another kind of database, or one that a test has damaged.
                continue
        for (content,) in rows:
            text = str(json.loads(content).get("text") or "")
            if len(text) >= LEAST_CHARACTERS and not text.startswith("/"):
                yield text
