"""What the tests write articles with."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

WriteArticle = Callable[..., Path]

ARTICLE = """\
---
title: {title}
category: {category}
updated: 2026-11-20
answer: >-
{answer}
questions:
{questions}
---
{body}
"""


@dataclass(frozen=True)
class Money:
    amount: Decimal
    currency: str
