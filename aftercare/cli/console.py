"""What the commands write on."""

from __future__ import annotations

from rich.console import Console

out = Console()
"""For results."""

errors = Console(stderr=True)
"""For progress and errors, so that results can be piped."""
