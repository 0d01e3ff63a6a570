"""`aftercare models`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from aftercare.cli.console import errors, out
from aftercare.errors import ConfigurationError
from aftercare.settings import Settings
from bot.nlu.encoder_files import ENCODERS, encoder_folder, files_in, onnx_file

TOKENIZER_FILES = ("*.json", "*.model", "vocab.txt", "merges.txt")
"""At the top of a model's folder: its configuration, and all that tokenizers are stored in."""

app = typer.Typer(help="Pre-trained encoders (docs/nlu.md).", no_args_is_help=True)

Folder = Annotated[
    Path | None, typer.Option(help="The folder of encoders; `encoders` in the home folder unless given.")
]


@app.callback()
def models() -> None:
    """Pre-trained encoders (docs/nlu.md)."""


@app.command()
def pull(
    model: Annotated[
        str, typer.Argument(help="An id on the Hugging Face hub, such as intfloat/multilingual-e5-small.")
    ],
    folder: Folder = None,
    revision: Annotated[str | None, typer.Option(help="A branch, tag or commit; the newest unless given.")] = None,
    file: Annotated[
        str | None, typer.Option(help="The ONNX file; a quantized one, if there is one, unless given.")
    ] = None,
) -> None:
    """Fetch an encoder: its tokenizer and one ONNX file."""
    folder = folder or _encoders()
    target = encoder_folder(model, folder)
    with errors.status(f"Fetching {model} …"):
        fetched = fetch(model, target, revision, file)
    out.print(f"{target}: the tokenizer and {fetched}, {_megabytes(target / fetched)}", highlight=False, soft_wrap=True)
    out.print("To use it, add to the languages' pipelines in config.yml, before the classifier:\n")
    out.print("    - name: bot.nlu.encoder.SentenceEncoderFeaturizer", highlight=False)
    out.print(f"      model: {model}", highlight=False)
    if folder != ENCODERS:
        out.print(f"      folder: {folder}", markup=False, highlight=False, soft_wrap=True)
    if file:
        out.print(f"      file: {file}", markup=False, highlight=False, soft_wrap=True)


@app.command("list")
def list_models(folder: Folder = None) -> None:
    """List the encoders that are there."""
    folder = folder or _encoders()
    found = sorted(path for path in folder.glob("*") if path.is_dir())
    if not found:
        out.print(
            f"There are none in {folder}; `aftercare models pull ID` fetches one.", highlight=False, soft_wrap=True
        )
        return
    table = Table("Encoder", "ONNX file", "Size", box=None)
    for path in found:
        file = onnx_file(files_in(path))
        table.add_row(path.name.replace("--", "/", 1), file or "none", _megabytes(path / file) if file else "")
    out.print(table)


def fetch(model: str, target: Path, revision: str | None = None, file: str | None = None) -> str:
    """Fetch an encoder from the hub into a folder; returns the path of its ONNX file there.

    Raises:
        ConfigurationError: when there is no such model, it has no such file, or the hub cannot be reached.
    """
    try:
        from huggingface_hub import HfApi, snapshot_download
        from huggingface_hub.errors import HFValidationError, RepositoryNotFoundError, RevisionNotFoundError
        from huggingface_hub.utils import logging
    except ImportError:
        raise ConfigurationError("Encoders need some packages more: `uv sync --extra encoder` installs them.") from None
    # It reports every attempt; what became of the last one is enough.
    logging.set_verbosity_error()
    try:
        files = HfApi().list_repo_files(model, revision=revision)
        chosen = onnx_file(files) if file is None else file
        if chosen is None or chosen not in files:
            there = ", ".join(name for name in files if name.endswith(".onnx")) or "none"
            raise ConfigurationError(
                f"{model} has no ONNX file{f' {file}' if file else ' of a usual name'} (it has: {there}). "
                f"Choose one with --file."
            )
        # Large networks keep their weights in a second file, whose name begins like the first's.
        patterns = [*(name for name in files if _is_tokenizer(name)), f"{chosen}*"]
        snapshot_download(model, revision=revision, local_dir=target, allow_patterns=patterns)
    except RevisionNotFoundError:
        raise ConfigurationError(f"{model} has no revision {revision}.") from None
    except RepositoryNotFoundError:
        raise ConfigurationError(f"The hub has no model {model}, or does not show it to everybody.") from None
    except HFValidationError:
        raise ConfigurationError(f"{model!r} is no id of a model; they look like owner/name.") from None
    except ConfigurationError:
        raise
    except Exception as error:  # what a broken connection raises depends on the hub client's version
        reason = str(error).strip().partition("\n")[0] or type(error).__name__
        raise ConfigurationError(f"{model} could not be fetched from the hub: {reason}") from error
    return chosen


def _is_tokenizer(file: str) -> bool:
    return "/" not in file and any(Path(file).match(pattern) for pattern in TOKENIZER_FILES)


def _encoders() -> Path:
    return Settings.load().home / "encoders"


def _megabytes(path: Path) -> str:
    return f"{path.stat().st_size / 1e6:.0f} MB"
