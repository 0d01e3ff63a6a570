"""Tables as comma-separated values (RFC 4180), for spreadsheets."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from io import StringIO

Cell = str | int | float | None

_BEGINS_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What begins with one of these is run as a formula by a spreadsheet."""


def to_csv(header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """A table as UTF-8, with the mark by which spreadsheets know it. Numbers have a point, and no other signs.

    A text that a spreadsheet would take for a formula gets an apostrophe before it, which spreadsheets do not show.
    """
    written = StringIO()
    writer = csv.writer(written, lineterminator="\r\n")
    writer.writerow(map(_harmless, header))
    writer.writerows(map(_harmless, row) for row in rows)
    return written.getvalue().encode("utf-8-sig")


def _harmless(cell: Cell) -> Cell:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_BEGINS_FORMULA) else cell
