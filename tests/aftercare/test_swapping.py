"""A new model in the place of the old one."""

from __future__ import annotations

import asyncio
import gc
import os
import weakref
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from structlog.testing import capture_logs

from aftercare import swapping
from aftercare.settings import ROOT, Settings
from aftercare.swapping import Answering, Swap
from aftercare.training import model_path


class Stub:
    """An assistant that says the name of its model, once it is let."""

    def __init__(self, model: str) -> None:
        self.model = model
        self.go_on = asyncio.Event()

    async def reply(self, *arguments: Any) -> Any:
        await self.go_on.wait()
        return self.model

    async def parse(self, text: str) -> dict[str, Any]:
        if self.model.startswith("deaf"):
            raise RuntimeError("nothing can be made of it")
        return {}


class Project:
    """A project with a folder of models; `question` is what its one article has."""

    def __init__(self, home: Path) -> None:
        self.settings = Settings.load(home=home, project=ROOT)
        self.settings.models.mkdir()
        self.articles: list[Any] = []
        self.knowledge_base = SimpleNamespace(refresh=lambda: False)

    def ask(self, question: str) -> Path:
        """Change the state of the project; returns where the model of the new one has to lie."""
        self.articles = [SimpleNamespace(language="en", slug="lamps", examples=(question,))]
        return model_path(self.settings, self.articles)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def load(ground: Any, model: Path) -> Any:
    return Stub(model.read_text() or model.name)


def swap(project: Any, answering: Answering) -> Swap:
    return Swap(project, answering, load=load)


def old() -> Any:
    return Stub("old.tar.gz")


def test_the_model_of_the_present_state_is_taken_over_as_soon_as_it_is_there(project: Project) -> None:
    answering = Answering(old())
    swapping = swap(project, answering)
    target = project.ask("does it glow")
    (target.parent / "other.tar.gz").touch()
    assert not swapping.look()
    target.touch()
    assert swapping.look()
    assert answering.model == target.name
    assert not swapping.look()


def test_a_model_that_was_trained_anew_is_taken_over_under_the_same_name(project: Project) -> None:
    target = project.ask("does it glow")
    target.touch()
    looking = swap(project, Answering(load(project, target)))
    assert not looking.look()
    os.utime(target, ns=(1, 1))
    assert looking.look()
    assert not looking.look()


async def test_a_turn_ends_with_the_model_that_it_began_with_and_then_that_is_let_go(project: Project) -> None:
    first = old()
    answering = Answering(first)
    turn: asyncio.Task[Any] = asyncio.create_task(answering.reply())
    await asyncio.sleep(0)
    project.ask("does it glow").touch()
    # In a thread, as in the server.
    assert await asyncio.to_thread(swap(project, answering).look)
    first.go_on.set()
    assert await turn == "old.tar.gz"
    gone = weakref.ref(first)
    del first, turn
    gc.collect()
    assert gone() is None


@pytest.mark.parametrize("content", ["deaf", "broken"])
def test_a_model_that_cannot_be_used_changes_nothing_and_is_tried_once(project: Project, content: str) -> None:
    tried = []

    def open_model(ground: Any, model: Path) -> Any:
        tried.append(model)
        if model.read_text() == "broken":
            raise ValueError("no archive")
        return load(ground, model)

    answering = Answering(old())
    swapping = Swap(project, answering, load=open_model)  # type: ignore[arg-type]
    target = project.ask("does it glow")
    target.write_text(content)
    with capture_logs() as logs:
        assert not swapping.look() and not swapping.look()
    assert [log["event"] for log in logs] == ["model.not_loaded"]
    assert answering.model == "old.tar.gz"
    swapping.look_now()
    swapping.look()
    assert tried == [target, target]


def test_a_model_for_other_code_waits_for_a_restart(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    answering = Answering(old())
    looking = swap(project, answering)
    monkeypatch.setattr(swapping, "code_digest", lambda settings: "another")
    project.ask("does it glow").touch()
    with capture_logs() as logs:
        assert not looking.look() and not looking.look()
    assert [log["event"] for log in logs] == ["model.needs_restart"]
    assert answering.model == "old.tar.gz"
