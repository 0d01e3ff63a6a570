"""Charts: what is drawn where, and what is told to those who do not see it."""

import re
from collections.abc import Callable
from xml.etree import ElementTree

import pytest
from markupsafe import Markup

from desk.reports.charts import BOTTOM, HEIGHT, LEFT, TOP, WIDTH, Chart, Scale, Series, bars, lines, stacked

SVG = "{http://www.w3.org/2000/svg}"


def chart(*series: Series, labels: tuple[str, ...] = ("Mon", "Tue"), title: str = "Contacts") -> Chart:
    return Chart("chart_volume", title, "Two days.", labels, series, lambda value: f"{value:g}")


def drawn(svg: Markup) -> ElementTree.Element:
    """The chart as a browser reads it."""
    return ElementTree.fromstring(str(svg).replace("<svg", f'<svg xmlns="{SVG[1:-1]}"', 1))


def numbers(element: ElementTree.Element, *names: str) -> tuple[float, ...]:
    return tuple(float(element.attrib[name]) for name in names)


@pytest.mark.parametrize(
    ("most", "values"),
    [
        (0, [0, 1]),
        (1, [0, 0.2, 0.4, 0.6, 0.8, 1]),
        (4, [0, 1, 2, 3, 4]),
        (17, [0, 5, 10, 15, 20]),
        (100, [0, 20, 40, 60, 80, 100]),
        (101, [0, 50, 100, 150]),
        (23_000, [0, 5000, 10_000, 15_000, 20_000, 25_000]),
    ],
)
def test_a_scale_goes_up_to_a_round_value(most: float, values: list[float]) -> None:
    assert Scale.to(most).values == pytest.approx(values)


def test_columns_stand_on_each_other() -> None:
    found = drawn(stacked(chart(Series("Bot", [3, 0]), Series("People", [1, 2]))))
    one, two, three = found.iter(f"{SVG}rect")
    floor, height = HEIGHT - BOTTOM, HEIGHT - BOTTOM - TOP
    # The scale goes to four.
    assert numbers(one, "y", "height") == pytest.approx((floor - 0.75 * height, 0.75 * height), abs=0.1)
    assert numbers(two, "y", "height") == pytest.approx((TOP, height / 4), abs=0.1)
    assert numbers(two, "x", "width") == numbers(one, "x", "width")
    assert numbers(three, "y", "height") == pytest.approx((floor - height / 2, height / 2), abs=0.1)
    assert [each.attrib["class"] for each in (one, two, three)] == ["s1", "s2", "s2"]
    assert numbers(three, "x")[0] > numbers(one, "x")[0] + numbers(one, "width")[0]


def test_a_line_is_interrupted_where_nothing_is_known() -> None:
    labels = tuple("abcde")
    found = drawn(lines(chart(Series("Median", [1, 2, None, 4, 5]), labels=labels)))
    (line,) = (path for path in found.iter(f"{SVG}path") if path.attrib["class"] == "line s1")
    assert re.sub(r"[^ML]", "", line.attrib["d"]) == "MLML"
    xs = [numbers(dot, "cx")[0] for dot in found.iter(f"{SVG}circle")]
    assert xs == sorted(xs) and len(xs) == 4
    assert min(xs) > LEFT and max(xs) < WIDTH


def test_bars_are_as_long_as_their_values() -> None:
    found = drawn(bars(chart(Series("Bot", [10, 5]), Series("People", [10, 0]))))
    one, two, three = (numbers(bar, "x", "width") for bar in found.iter(f"{SVG}rect"))
    assert two[0] == pytest.approx(one[0] + one[1], abs=0.1)
    assert one[1] == pytest.approx(2 * three[1], abs=0.1)
    assert [text.text for text in found.iter(f"{SVG}text")] == ["Mon", "20", "Tue", "5"]


def test_there_are_as_many_labels_as_there_is_room_for() -> None:
    labels = tuple(str(day) for day in range(1, 32))
    found = drawn(stacked(chart(Series("Bot", [1.0] * 31), labels=labels)))
    shown = [text.text for text in found.iter(f"{SVG}text") if text.attrib["class"] == "axis middle"]
    assert shown == ["1", "7", "13", "19", "25", "31"]
    assert len(list(found.iter(f"{SVG}rect"))) == 31


@pytest.mark.parametrize("draw", [stacked, lines, bars])
def test_a_chart_says_what_it_is(draw: Callable[[Chart], Markup]) -> None:
    found = drawn(draw(chart(Series("A & B", [1, 2]), title="<Contacts>")))
    assert found.attrib["role"] == "img"
    names = {element.attrib["id"]: element.text for element in found if "id" in element.attrib}
    assert [names[name] for name in found.attrib["aria-labelledby"].split()] == ["<Contacts>", "Two days."]
    hints = [element.text for element in found.iter(f"{SVG}title") if "id" not in element.attrib]
    assert hints == ["Mon\nA & B: 1", "Tue\nA & B: 2"]


@pytest.mark.parametrize("draw", [stacked, lines, bars])
def test_a_chart_of_nothing_can_be_drawn_and_has_no_styles_of_its_own(draw: Callable[[Chart], Markup]) -> None:
    assert drawn(draw(chart(Series("None", []), labels=()))).attrib["viewBox"]
    assert "style" not in draw(chart(Series("Bot", [1, None])))
