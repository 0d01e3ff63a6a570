"""Pre-trained sentence encoders: a text as a vector. Without Rasa, as the search uses them too."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cache, cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from bot.languages import configured_pipelines
from bot.nlu.encoder_files import ENCODERS, encoder_folder, files_in, onnx_file

Floats = npt.NDArray[np.float32]

FEATURIZER = "SentenceEncoderFeaturizer"
"""The component of a language's pipeline that names its encoder; see `bot.nlu.encoder`."""

PACKAGES = ("onnxruntime", "sentencepiece", "transformers")
"""Of the extra `encoder`; imported only where an encoder is opened."""

POOLINGS = ("mean", "cls")


class EncoderError(ValueError):
    """An encoder that cannot be used; the message says why, and what to do."""


@dataclass(frozen=True)
class SentenceEncoder:
    """An encoder: a folder with a tokenizer, as `transformers` reads it, and an ONNX file.

    The vectors of a text's tokens are pooled (Reimers and Gurevych, Sentence-BERT, 2019); of an encoder that pools by
    itself its vector is taken. A quantized network rounds by what else is in the batch: a text's vector then differs a
    little from batch to batch. Nothing is opened before the first text; those of the same file share one network.

    Attributes:
        model: the path of a folder, or the id on the hub of an encoder that `aftercare models pull` has fetched.
        folder: where fetched encoders lie. Paths are relative to the working directory.
        file: the ONNX file in the encoder's folder; the first of `bot.nlu.encoder_files.ONNX_FILES` unless given.
        pooling: `mean` of all tokens, or that of the first one (`cls`); the encoder's description says which.
        prefix: what is put before each text, such as the "query: " of E5.
        max_length: how many tokens of a text are read.
        batch_size: how many texts are encoded at once.

    Raises:
        EncoderError: when an option has no value that makes sense.
    """

    model: str | None = None
    folder: str | Path = ENCODERS
    file: str | None = None
    pooling: str = "mean"
    prefix: str = ""
    max_length: int = 128
    batch_size: int = 32

    def __post_init__(self) -> None:
        if not self.model:
            raise EncoderError(f"{FEATURIZER} needs the option `model`: a folder, or an id on the hub.")
        if self.pooling not in POOLINGS:
            raise EncoderError(f"{FEATURIZER}: `pooling` is {' or '.join(POOLINGS)}, not {self.pooling!r}.")
        for option, value in (("max_length", self.max_length), ("batch_size", self.batch_size)):
            if not isinstance(value, int) or value < 1:
                raise EncoderError(f"{FEATURIZER}: `{option}` is a number from 1, not {value!r}.")

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> SentenceEncoder:
        """The encoder of a component's options; those that are not the encoder's do not matter."""
        return cls(**{field.name: options[field.name] for field in fields(cls) if field.name in options})

    def open(self) -> None:
        """Load the encoder now, and see that it works.

        Raises:
            EncoderError: when a package, the folder, or one of its files is missing or cannot be used.
        """
        network = self.network
        try:
            self._encode(network, ["ok", ""])
        except Exception as error:
            # Whatever else the model expects shall be known now, and not at the first message.
            raise EncoderError(f"{network.path} does not work as a sentence encoder: {error}") from error

    def __call__(self, texts: Sequence[str]) -> Floats:
        """Vectors of length 1, of shape (texts, d).

        Raises:
            EncoderError: as `open`.
        """
        return self._encode(self.network, texts)

    @property
    def network(self) -> Network:
        """What runs, opened once in each process."""
        # A forked process opens its own: ONNX Runtime's threads stay behind with the parent.
        return _open(*self._place, os.getpid())

    @cached_property
    def _place(self) -> tuple[Path, str]:
        """The folder, and the name of the ONNX file in it."""
        folder = _find(str(self.model), Path(self.folder))
        file = self.file or onnx_file(files_in(folder))
        if file is None or not (folder / file).is_file():
            raise EncoderError(
                f"{folder} has no ONNX file{f' {file}' if file else ''}. Encoders that can be used have one: "
                f"`aftercare models pull ID` fetches it."
            )
        return folder, file

    def _encode(self, network: Network, texts: Sequence[str]) -> Floats:
        # Texts of like length together need the least padding.
        order = np.argsort([len(text) for text in texts], kind="stable")
        batches = [order[start : start + self.batch_size] for start in range(0, len(order), self.batch_size)]
        parts = [self._encode_batch(network, [self.prefix + texts[i] for i in batch]) for batch in batches]
        vectors: Floats = np.concatenate(parts)[np.argsort(order)]
        return vectors

    def _encode_batch(self, network: Network, texts: list[str]) -> Floats:
        output, mask = network.run(texts, self.max_length)
        vectors: Floats
        if output.ndim == 2:
            vectors = output
        elif self.pooling == "cls":
            vectors = output[:, 0]
        else:
            vectors = (output * mask[..., np.newaxis]).sum(axis=1) / np.maximum(mask.sum(axis=1, keepdims=True), 1)
        vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
        return vectors


class Network:
    """A tokenizer and the network behind it."""

    def __init__(self, folder: Path, file: str) -> None:
        # Its threads gain nothing on short texts, and it warns of them whenever a language's training is forked.
        os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
        # It need not say that there is no PyTorch.
        os.environ.setdefault("TRANSFORMERS_NO_ADVISORY_WARNINGS", "1")
        import onnxruntime
        from transformers import AutoTokenizer

        self.path = folder / file
        self._tokenizing = threading.Lock()  # Fast tokenizers refuse a second thread. ONNX Runtime does not.
        try:
            self._tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
        except Exception as error:
            raise EncoderError(f"{folder} has no tokenizer that can be used: {error}") from error
        if len(self._tokenizer) <= len(self._tokenizer.all_special_ids):
            # Where there is only a config.json, transformers makes up a tokenizer that knows nothing.
            raise EncoderError(
                f"{folder} has no tokenizer (tokenizer.json or sentencepiece.bpe.model). "
                f"`aftercare models pull ID` fetches it with the encoder."
            )
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3  # errors: what it warns of is how the file was made
        # Waiting threads leave the cores to others: to the rest of the server, to the other languages' training.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            self._session = onnxruntime.InferenceSession(self.path, options, providers=["CPUExecutionProvider"])
        except Exception as error:
            raise EncoderError(f"{self.path} is no model that ONNX Runtime can run: {error}") from error
        self._inputs = [declared.name for declared in self._session.get_inputs()]
        outputs = [declared.name for declared in self._session.get_outputs()]
        self._output = "sentence_embedding" if "sentence_embedding" in outputs else outputs[0]

    def run(self, texts: list[str], max_length: int) -> tuple[Floats, Floats]:
        """What the network says, of shape (texts, tokens, d) or (texts, d), and the mask of shape (texts, tokens)."""
        with self._tokenizing:
            tokens = self._tokenizer(
                texts,
                padding=True,
                truncation=True,
                max_length=min(max_length, self._tokenizer.model_max_length),
                return_attention_mask=True,
                return_tensors="np",
            )
        # An XLM-R tokenizer has no segments, but BERT networks that are used with one want them.
        given = {"token_type_ids": np.zeros_like(tokens["input_ids"]), **tokens}
        unknown = [name for name in self._inputs if name not in given]
        if unknown:
            raise ValueError(f"it wants the input {', '.join(unknown)}")
        output = self._session.run([self._output], {name: given[name] for name in self._inputs})[0]
        if output.ndim not in (2, 3):
            raise ValueError(f"its output {self._output} has {output.ndim} dimensions")
        return output.astype(np.float32), tokens["attention_mask"].astype(np.float32)


def configured_encoders(config: Mapping[str, Any]) -> dict[str, SentenceEncoder]:
    """The encoder of each language whose pipeline names one, in Rasa's configuration.

    Raises:
        EncoderError: when an option has no value that makes sense.
    """
    return {
        language: SentenceEncoder.of(component)
        for language, components in configured_pipelines(config).items()
        for component in components or []
        if component.get("name", "").rpartition(".")[2] == FEATURIZER
    }


@cache
def _open(folder: Path, file: str, process: int) -> Network:
    missing = [package for package in PACKAGES if find_spec(package) is None]
    if missing:
        raise EncoderError(f"{FEATURIZER} needs {', '.join(missing)}: `uv sync --extra encoder` installs it.")
    return Network(folder, file)


def _find(model: str, folder: Path) -> Path:
    for candidate in (Path(model), encoder_folder(model, folder)):
        if candidate.is_dir():
            return candidate.resolve()
    raise EncoderError(
        f"There is no encoder {model}: neither a folder {model} nor {encoder_folder(model, folder)}. "
        f"`aftercare models pull {model}` fetches the one of that id from the hub."
    )
