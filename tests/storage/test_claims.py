"""When what failed is tried again."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from storage import pause

FIRST, LONGEST = timedelta(seconds=1), timedelta(hours=6)


@given(st.integers(1, 100_000))
def test_pauses_grow_and_end_at_the_longest(attempts: int) -> None:
    assert FIRST <= pause(attempts, FIRST, LONGEST) <= pause(attempts + 1, FIRST, LONGEST) <= LONGEST


@given(st.integers(1, 100_000))
def test_jitter_takes_away_half_at_most(attempts: int) -> None:
    whole = pause(attempts, FIRST, LONGEST)
    assert whole / 2 <= pause(attempts, FIRST, LONGEST, jitter=True) <= whole
