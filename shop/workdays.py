"""Counting in workdays: Monday to Friday, as the policies count them. Public holidays are workdays."""

from datetime import date, timedelta

_SATURDAY = 5


def is_workday(day: date) -> bool:
    """Whether the day is one of Monday to Friday."""
    return day.weekday() < _SATURDAY


def add_workdays(day: date, count: int) -> date:
    """The workday that lies `count` workdays after `day`; with 0, `day` itself or the workday after it."""
    while not is_workday(day):
        day += timedelta(days=1)
    for _ in range(count):
        day += timedelta(days=1)
        while not is_workday(day):
            day += timedelta(days=1)
    return day
