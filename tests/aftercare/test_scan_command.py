from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from aftercare.cli import app


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty home folder, so that the demonstration shop is made in it."""
    (tmp_path / "articles").mkdir()
    monkeypatch.setenv("AFTERCARE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("AFTERCARE_ARTICLES", str(tmp_path / "articles"))
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.delenv("AFTERCARE_DATABASE", raising=False)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def tracking_number(order: str, carrier: str) -> str:
    found = re.search(rf"{carrier} (\w+)", run("orders", order).output)
    assert found
    return found[1]


def test_a_return_comes_in() -> None:
    number = tracking_number("AC-138265", r"Return RMA.*DHL")
    assert "announced" in run("orders", "AC-138265").output
    first = run("scan", number, "delivered")
    assert first.exit_code == 0
    assert re.search(r"Return RMA-\w{6}  received", first.output)
    assert re.search(r"Refund RF-\w{6}  pending  €109.00 to \w+", first.output)
    assert run("scan", number, "delivered").output == first.output
    assert re.search(r"Refund RF-\w{6}  pending", run("orders", "AC-138265").output)


def test_a_parcel_on_its_way() -> None:
    scanned = run("scan", tracking_number("AC-104233", "SEUR"), "out_for_delivery")
    assert scanned.output == "Order AC-104233  out_for_delivery\n"
    assert "out_for_delivery, Madrid" in run("orders", "AC-104233").output


def test_what_is_no_parcel_or_no_scan() -> None:
    unknown = run("scan", "nobody", "delivered")
    assert unknown.exit_code == 1 and "There is no parcel nobody." in unknown.stderr
    assert run("scan", "nobody", "vanished").exit_code == 2
