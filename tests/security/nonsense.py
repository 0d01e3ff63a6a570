"""Nonsense for parsers of what strangers send."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

FEW = settings(
    max_examples=60,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
"""The same examples every time: what is found once is found by everybody."""

SPECIAL = (
    "",
    "\0",
    "\ud800",
    "\u202e",
    "\U0010ffff",
    "a" * 5000,
    "٣",
    "²",
    "-0",
    "1e999",
    "/",
    "{",
    "<",
    "'--",
    "%s",
    "\n",
)

TEXTS = st.sampled_from(SPECIAL) | st.text(st.characters(), max_size=20)
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False)
    | st.sampled_from([0, -1, 2**31, 2**63, 10**30, 253402300800, 1e308])
    | TEXTS
)
JSON: st.SearchStrategy[Any] = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3), max_leaves=6
)


@st.composite
def damaged(draw: st.DrawFn, whole: Any) -> Any:
    """A JSON value of which one or two things are something else, or missing, or there twice."""
    value = copy.deepcopy(draw(whole) if isinstance(whole, st.SearchStrategy) else whole)
    for _ in range(draw(st.integers(1, 2))):
        places = list(_places(value))
        if not places:
            return draw(JSON)
        holder, key = draw(st.sampled_from(places))
        match draw(st.sampled_from(["other", "gone", "listed", "text"])):
            case "gone":
                del holder[key]
            case "listed":
                holder[key] = [holder[key], holder[key]]
            case "text" if isinstance(holder[key], str):
                holder[key] = draw(TEXTS) + holder[key]
            case _:
                holder[key] = draw(JSON)
    return value


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Whatever can be replaced: what holds it, and under which key."""
    keys = list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for key in keys:
        yield value, key
        yield from _places(value[key])


@st.composite
def altered(draw: st.DrawFn, whole: bytes) -> bytes:
    """Bytes of which a part is missing, is something else, or comes twice."""
    begin = draw(st.integers(0, len(whole)))
    end = min(len(whole), begin + draw(st.integers(0, 40)))
    return whole[:begin] + draw(st.binary(max_size=20) | st.just(whole[begin:end] * 2)) + whole[end:]
