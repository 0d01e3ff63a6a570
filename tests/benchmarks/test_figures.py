import pytest

from benchmarks.figures import Latency, around, percentile


def test_percentiles_do_not_depend_on_the_order() -> None:
    values = [float(value) for value in range(100, 0, -1)]
    assert percentile(values, 0.5) == 51
    assert percentile(values, 0.99) == 100
    assert Latency.of(values) == Latency(100, 51, 96, 100)


def test_the_percentile_of_one_value_is_that_value() -> None:
    assert Latency.of([7.0]) == Latency(1, 7.0, 7.0, 7.0)


@pytest.mark.parametrize(
    ("number", "found"), [(1, 1.0), (10, 10.0), (100, 100.0), (200, 195.0), (201, None), (0, None)]
)
def test_what_is_around_a_number(number: int, found: float | None) -> None:
    # At the end, there is nothing on the other side.
    assert around([float(value) for value in range(1, 201)], number) == found


def test_one_slow_turn_is_no_matter() -> None:
    values = [5.0] * 200
    values[99] = 500.0
    assert around(values, 100) == 5.0
