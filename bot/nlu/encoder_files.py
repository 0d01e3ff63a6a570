"""Where pre-trained encoders lie, and which of their files is run; without Rasa, as the command line uses it too."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

ENCODERS = Path("var/encoders")
"""The folder of encoders, a folder each."""

ONNX_FILES = (
    # In 8 bits, a quarter of the size and faster.
    "model_quantized.onnx",
    "model_int8.onnx",
    "onnx/model_quantized.onnx",
    "onnx/model_int8.onnx",
    "onnx/model_quint8_avx2.onnx",
    "model.onnx",
    "onnx/model.onnx",
)
"""What the tools that export encoders call their files, the preferred first."""


def encoder_folder(model: str, folder: Path = ENCODERS) -> Path:
    """Where the encoder of an id of the hub (`owner/name`) lies."""
    return folder / model.replace("/", "--")


def onnx_file(files: Iterable[str]) -> str | None:
    """The preferred one among the paths of an encoder's files, relative to its folder."""
    there = set(files)
    return next((file for file in ONNX_FILES if file in there), None)


def files_in(folder: Path) -> list[str]:
    """The paths of all files, relative to the folder."""
    return [path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()]
