import json
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from benchmarks.plots import draw
from benchmarks.report import as_json, as_markdown, ratios
from tests.benchmarks.reports import whole_report

ROOT = Path(__file__).parent.parent.parent


def test_ratios_compare_the_same_turn() -> None:
    found = ratios(whole_report())
    assert found["throughput at turn 1, × stock Rasa's"] == pytest.approx(160 / 40)
    assert found["throughput at turn 100, × stock Rasa's"] == pytest.approx(160 * (25 + 2 * 99) / 1000)
    assert found["time of turn 10, stock Rasa's ×"] == pytest.approx(43 / 5)
    assert found["p50 of a question, stock Rasa's ×"] == pytest.approx(5)
    assert "p50 of a tracking, stock Rasa's ×" not in found
    assert found["turn 500 over turn 5, rest"] == 1
    assert found["2 workers over 1, 64 conversations at once"] == pytest.approx(1.8)


def test_the_json_object_has_the_documented_fields() -> None:
    found = json.loads(json.dumps(as_json(whole_report())))
    documented = (
        (ROOT / "docs" / "performance.md").read_text(encoding="utf-8").split("## The JSON object")[1].split("\n## ")[0]
    )
    fields = {name for row in documented.splitlines() if row.startswith("| `") for name in _names(row)}
    assert set(found) == fields
    assert found["memory"][1]["workers"] == 2
    assert found["memory"][1]["processes"][2] == {"rss": 515.0, "pss": 255.0, "private": 85.0}
    assert found["throughput"][0]["latency"]["p99"] == 14.0
    assert found["stock"]["epochs"]["DIET"] == {"done": 3.5, "of": 100}
    assert len(found["doors"]["rest"]["walk"]["milliseconds"]) == 500


def _names(row: str) -> list[str]:
    return [name.strip("` ") for name in row.split("|")[1].split(",")]


def test_the_markdown_tables_are_whole() -> None:
    text = as_markdown(whole_report())
    for line in (
        "| training | 50.0 | 80.0 |",
        "| stock Rasa: start to ready | 25.0 | 30.0 |",
        "| SQLite, 1 worker | 1 | 550 | 540 | 530 |",
        "|  | 3 | 515 | 255 | 85 |",
        "| rest: tracking | 200 | 7.5 | 9.0 | 20.0 |",
        "| rest | 5.0 | 5.0 | 5.0 | 5.0 |",
        "| stock Rasa | 25.0 | 43.0 | 223.0 |  |",
        "| PostgreSQL and Redis, 2 workers | 64 | 275.4 | 6.0 | 9.0 | 14.0 | 5.5 |",
        "* Stock Rasa's DIET was stopped after 3.5 of 100 epochs.",
    ):
        assert line in text.splitlines()
    tables = [block for block in text.split("\n\n") if block.startswith("|")]
    assert all(len({row.count("|") for row in table.splitlines()}) == 1 for table in tables)


def test_what_was_left_out_has_no_table() -> None:
    report = replace(whole_report(), stock=None, throughput=[], training=None, memory=[])
    text = as_markdown(report)
    assert "stock Rasa |" not in text
    assert "**Throughput**" not in text
    assert as_json(report)["stock"] is None


def test_pictures_are_drawn_of_what_there_is(tmp_path: Path) -> None:
    drawn = draw(whole_report(), tmp_path / "pictures")
    assert [path.name for path in drawn] == ["latency.png", "side-by-side.png", "throughput.png", "memory.png"]
    for path in drawn:
        with Image.open(path) as picture:
            assert picture.size == (1200, 675)
            assert len(picture.convert("RGB").getcolors(1 << 20)) > 20
    assert [path.name for path in draw(replace(whole_report(), throughput=[], stock=None, doors={}), tmp_path)] == [
        "memory.png"
    ]
