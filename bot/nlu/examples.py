"""Counting training examples without loading Rasa."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import yaml


def count_examples(folder: Path) -> dict[str, int]:
    """How many examples of each intent the files of a folder hold."""
    counts: Counter[str] = Counter()
    for path in sorted(folder.glob("*.yml")):
        content = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader) or {}
        for block in content.get("nlu", []):
            if "intent" in block:
                counts[block["intent"]] += sum(1 for line in block["examples"].splitlines() if line.strip())
    return dict(counts)
