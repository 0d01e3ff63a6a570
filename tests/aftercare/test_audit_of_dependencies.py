"""What counts as a finding when the pinned packages are looked up (`.ci/audit`)."""

import datetime
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml

CI = Path(__file__).parents[2] / ".ci"
DAY = datetime.date(2026, 12, 1)


@pytest.fixture(scope="module")
def audit() -> ModuleType:
    loader = SourceFileLoader("audit", str(CI / "audit"))
    spec = spec_from_loader("audit", loader)
    assert spec
    module = module_from_spec(spec)
    loader.exec_module(module)
    return module


def report(version: str, *ids: str) -> dict[str, Any]:
    return {"dependencies": [{"name": "old", "version": version, "vulns": [{"id": each} for each in ids]}]}


def test_what_is_new_or_was_not_looked_at_again_is_a_finding(audit: ModuleType) -> None:
    reviewed = [{"package": "old", "version": "1.0", "reason": "It is not used.", "until": datetime.date(2027, 1, 1)}]
    assert audit.judge(report("1.0"), [], DAY) == []
    assert audit.judge(report("1.0", "PYSEC-1"), reviewed, DAY) == []
    assert audit.judge(report("1.0", "PYSEC-1"), [], DAY) == ["old 1.0: PYSEC-1"]
    assert audit.judge(report("1.1", "PYSEC-1"), reviewed, DAY) == ["old 1.1: PYSEC-1"]
    assert "look at it again" in audit.judge(report("1.0", "PYSEC-1"), reviewed, datetime.date(2027, 1, 2))[0]


def test_every_exception_is_of_a_package_that_is_pinned_and_says_why() -> None:
    lock = (CI.parent / "uv.lock").read_text(encoding="utf-8")
    for each in yaml.safe_load((CI / "audit-exceptions.yml").read_text(encoding="utf-8")):
        assert f'name = "{each["package"]}"\nversion = "{each["version"]}"' in lock, each
        assert each["reason"] and each["until"]
