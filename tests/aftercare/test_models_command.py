from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import huggingface_hub
import pytest
from huggingface_hub.errors import RepositoryNotFoundError, RevisionNotFoundError
from typer.testing import CliRunner, Result

from aftercare.cli import app
from aftercare.errors import ConfigurationError

FILES = [
    "README.md",
    "config.json",
    "model.safetensors",
    "onnx/model.onnx",
    "onnx/model.onnx_data",
    "onnx/model_O4.onnx",
    "onnx/tokenizer.json",
    "sentencepiece.bpe.model",
    "tokenizer.json",
    "tokenizer_config.json",
]


class Hub:
    """What the hub has, and what was asked of it."""

    def __init__(self) -> None:
        self.files = FILES
        self.error: Exception | None = None
        self.revisions: list[str | None] = []

    def list_repo_files(self, model: str, revision: str | None) -> list[str]:
        if self.error:
            raise self.error
        self.revisions.append(revision)
        return self.files

    def snapshot_download(self, model: str, revision: str | None, local_dir: Path, allow_patterns: list[str]) -> None:
        self.revisions.append(revision)
        for name in huggingface_hub.utils.filter_repo_objects(self.files, allow_patterns=allow_patterns):
            path = local_dir / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"\0" * 3_000_000)


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Hub:
    hub = Hub()
    monkeypatch.setattr(huggingface_hub, "HfApi", lambda: hub)
    monkeypatch.setattr(huggingface_hub, "snapshot_download", hub.snapshot_download)
    return hub


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("AFTERCARE_HOME", str(tmp_path))
    return tmp_path


def models(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["models", *arguments])


def files_in(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_pull_fetches_the_tokenizer_and_one_network(hub: Hub, home: Path) -> None:
    result = models("pull", "owner/name")
    assert result.exit_code == 0, result.output
    folder = home / "encoders" / "owner--name"
    assert files_in(folder) == {
        "config.json",
        "onnx/model.onnx",
        "onnx/model.onnx_data",
        "sentencepiece.bpe.model",
        "tokenizer.json",
        "tokenizer_config.json",
    }


def test_pull_says_what_to_write_into_the_configuration(hub: Hub, home: Path) -> None:
    lines = models("pull", "owner/name").output
    assert "- name: bot.nlu.encoder.SentenceEncoderFeaturizer\n      model: owner/name\n" in lines
    assert f"folder: {home / 'encoders'}\n" in lines
    assert "file:" not in lines


def test_pull_fetches_another_file_into_another_folder(hub: Hub, tmp_path: Path) -> None:
    folder = tmp_path / "elsewhere"
    result = models("pull", "owner/name", "--folder", str(folder), "--file", "onnx/model_O4.onnx", "--revision", "v2")
    assert f"folder: {folder}\n      file: onnx/model_O4.onnx\n" in result.output
    assert "onnx/model_O4.onnx" in files_in(folder / "owner--name")
    assert "onnx/model.onnx" not in files_in(folder / "owner--name")
    assert hub.revisions == ["v2", "v2"]


def test_pull_prefers_a_quantized_network(hub: Hub, home: Path) -> None:
    hub.files = [*FILES, "onnx/model_quantized.onnx"]
    models("pull", "owner/name")
    assert "onnx/model_quantized.onnx" in files_in(home / "encoders" / "owner--name")
    assert "onnx/model.onnx" not in files_in(home / "encoders" / "owner--name")


RESPONSE: Any = SimpleNamespace(headers={}, request=None)


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (RepositoryNotFoundError("404", response=RESPONSE), "no model owner/name"),
        (RevisionNotFoundError("404", response=RESPONSE), "owner/name has no revision v2"),
        (ConnectionError("Name or service not known\nand more"), "could not be fetched.*: Name or service not known$"),
    ],
)
def test_pull_says_what_the_hub_refuses(hub: Hub, error: Exception, message: str) -> None:
    hub.error = error
    result = models("pull", "owner/name", "--revision", "v2")
    assert isinstance(result.exception, ConfigurationError)
    with pytest.raises(ConfigurationError, match=message):
        raise result.exception


def test_pull_names_the_onnx_files_that_there_are(hub: Hub) -> None:
    hub.files = ["config.json", "onnx/model_O4.onnx"]
    result = models("pull", "owner/name")
    assert isinstance(result.exception, ConfigurationError)
    assert "onnx/model_O4.onnx" in str(result.exception)


def test_pull_knows_what_is_no_id() -> None:
    result = models("pull", "../etc")
    assert isinstance(result.exception, ConfigurationError)
    assert "owner/name" in str(result.exception)


def test_list_shows_what_was_fetched(hub: Hub) -> None:
    models("pull", "owner/name")
    assert models("list").output.splitlines()[1].split() == ["owner/name", "onnx/model.onnx", "3", "MB"]


def test_list_says_that_there_is_none(home: Path) -> None:
    result = models("list")
    assert result.exit_code == 0
    assert str(home / "encoders") in result.output
