"""The name under which lies what answers are read with."""

from __future__ import annotations

from pathlib import Path

import pytest

from aftercare.readers import readers_name
from aftercare.settings import Settings

FILES = ("bot/data/choices/en.yml", "bot/data/nlu/en/deny.yml", "shop/troubleshooting/audio.yml", "bot/symptoms.py")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name in (*FILES, "bot/domain.yml", "config.yml", "shop/policies.yml", "knowledge_base/articles/en/a.md"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("one", encoding="utf-8")
    return tmp_path


def name(project: Path) -> str:
    return readers_name(Settings.load(project=project, home=project / "var"))


@pytest.mark.parametrize("changed", FILES)
def test_it_changes_with_what_is_learnt_from(project: Path, changed: str) -> None:
    before = name(project)
    (project / changed).write_text("other", encoding="utf-8")
    assert name(project) != before


def test_it_stays_with_everything_else(project: Path) -> None:
    before = name(project)
    (project / "bot/domain.yml").write_text("other", encoding="utf-8")
    assert name(project) == before
