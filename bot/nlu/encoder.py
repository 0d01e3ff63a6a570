"""Sentence features of a pre-trained encoder, as a Rasa dense featurizer. Optional: `config.yml` does not name it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.constants import FEATURIZER_CLASS_ALIAS
from rasa.nlu.featurizers.dense_featurizer.dense_featurizer import DenseFeaturizer
from rasa.shared.exceptions import InvalidConfigException
from rasa.shared.nlu.constants import FEATURE_TYPE_SENTENCE, TEXT
from rasa.shared.nlu.training_data.features import Features
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.nlu.encoder_files import ENCODERS, encoder_folder, files_in, onnx_file

Floats = npt.NDArray[np.float32]

PACKAGES = ("onnxruntime", "sentencepiece", "transformers")
"""Of the extra `encoder`; imported only where an encoder is opened."""

POOLINGS = ("mean", "cls")


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=False)
class SentenceEncoderFeaturizer(DenseFeaturizer, GraphComponent):
    """Sentence features of shape (1, d) and type float32: what a pre-trained encoder makes of a message's text.

    The vectors of a text's tokens are pooled (Reimers and Gurevych, Sentence-BERT, 2019) and brought to length 1; of an
    encoder that pools by itself its vector is taken. It is not trained further. A quantized network rounds by what
    else is in the batch: a text's vector then differs a little between training and use.

    The encoder is a folder with a tokenizer, as `transformers` reads it, and an ONNX file. Languages that name the same
    one share it. It is no part of the trained model, and must be there when the model is loaded.

    Options:
        model: the path of a folder, or the id on the hub of an encoder that `aftercare models pull` has fetched.
        folder: where fetched encoders lie. Paths are relative to the working directory, as those of Rasa are.
        file: the ONNX file in the encoder's folder; the first of `bot.nlu.encoder_files.ONNX_FILES` unless given.
        pooling: `mean` of all tokens, or that of the first one (`cls`); the encoder's description says which.
        prefix: what is put before each text, such as the "query: " of E5.
        max_length: how many tokens of a text are read.
        batch_size: how many texts are encoded at once.
        weight: what the features are multiplied by; each TF-IDF featurizer's have length 1.
    """

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {
            FEATURIZER_CLASS_ALIAS: None,
            "model": None,
            "folder": str(ENCODERS),
            "file": None,
            "pooling": "mean",
            "prefix": "",
            "max_length": 128,
            "batch_size": 32,
            "weight": 1.0,
        }

    @classmethod
    def validate_config(cls, config: dict[str, Any]) -> None:
        """Check what can be checked without the encoder.

        Raises:
            InvalidConfigException: when an option has no value that makes sense.
        """
        if not config["model"]:
            raise InvalidConfigException(f"{cls.__name__} needs the option `model`: a folder, or an id on the hub.")
        if config["pooling"] not in POOLINGS:
            raise InvalidConfigException(
                f"{cls.__name__}: `pooling` is {' or '.join(POOLINGS)}, not {config['pooling']!r}."
            )
        for option in ("max_length", "batch_size"):
            if not isinstance(config[option], int) or config[option] < 1:
                raise InvalidConfigException(f"{cls.__name__}: `{option}` is a number from 1, not {config[option]!r}.")

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> SentenceEncoderFeaturizer:
        """A featurizer whose encoder is loaded and works.

        Raises:
            InvalidConfigException: when an option is wrong, or a package, the folder, or one of its files is missing or
                cannot be used; the message says what to do.
        """
        return cls(config, resource)

    def __init__(self, config: dict[str, Any], resource: Resource) -> None:
        super().__init__(resource.name, config)
        folder = _find(config["model"], Path(config["folder"]))
        file = config["file"] or onnx_file(files_in(folder))
        if file is None or not (folder / file).is_file():
            raise InvalidConfigException(
                f"{folder} has no ONNX file{f' {file}' if file else ''}. Encoders that can be used have one: "
                f"`aftercare models pull ID` fetches it."
            )
        # A forked process opens its own: ONNX Runtime's threads stay behind with the parent.
        self._encoder = _open(folder, file, os.getpid())
        try:
            self._encode(["ok", ""])
        except Exception as error:
            # Whatever else the model expects shall be known now, and not at the first message.
            raise InvalidConfigException(f"{folder / file} does not work as a sentence encoder: {error}") from error

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Add features to the examples."""
        self.process(training_data.intent_examples)
        return training_data

    def process(self, messages: list[Message]) -> list[Message]:
        """Add sentence features to the messages."""
        if messages:
            vectors = self._encode([message.get(TEXT) or "" for message in messages])
            for message, vector in zip(messages, vectors, strict=True):
                message.add_features(Features(vector[np.newaxis], FEATURE_TYPE_SENTENCE, TEXT, self._identifier))
        return messages

    def _encode(self, texts: Sequence[str]) -> Floats:
        """Vectors of the length `weight`, of shape (texts, d)."""
        size = self._config["batch_size"]
        # Texts of like length together need the least padding.
        order = np.argsort([len(text) for text in texts], kind="stable")
        batches = [order[start : start + size] for start in range(0, len(order), size)]
        parts = [self._encode_batch([self._config["prefix"] + texts[i] for i in batch]) for batch in batches]
        vectors: Floats = np.concatenate(parts)[np.argsort(order)]
        return np.float32(self._config["weight"]) * vectors

    def _encode_batch(self, texts: list[str]) -> Floats:
        output, mask = self._encoder.run(texts, self._config["max_length"])
        vectors: Floats
        if output.ndim == 2:
            vectors = output
        elif self._config["pooling"] == "cls":
            vectors = output[:, 0]
        else:
            vectors = (output * mask[..., np.newaxis]).sum(axis=1) / np.maximum(mask.sum(axis=1, keepdims=True), 1)
        vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
        return vectors


class _Encoder:
    """A tokenizer and the network behind it."""

    def __init__(self, folder: Path, file: str) -> None:
        # Its threads gain nothing on short texts, and it warns of them whenever a language's training is forked.
        os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
        # It need not say that there is no PyTorch.
        os.environ.setdefault("TRANSFORMERS_NO_ADVISORY_WARNINGS", "1")
        import onnxruntime
        from transformers import AutoTokenizer

        try:
            self._tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
        except Exception as error:
            raise InvalidConfigException(f"{folder} has no tokenizer that can be used: {error}") from error
        if len(self._tokenizer) <= len(self._tokenizer.all_special_ids):
            # Where there is only a config.json, transformers makes up a tokenizer that knows nothing.
            raise InvalidConfigException(
                f"{folder} has no tokenizer (tokenizer.json or sentencepiece.bpe.model). "
                f"`aftercare models pull ID` fetches it with the encoder."
            )
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3  # errors: what it warns of is how the file was made
        # Waiting threads leave the cores to others: to the rest of the server, to the other languages' training.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            self._session = onnxruntime.InferenceSession(folder / file, options, providers=["CPUExecutionProvider"])
        except Exception as error:
            raise InvalidConfigException(f"{folder / file} is no model that ONNX Runtime can run: {error}") from error
        self._inputs = [declared.name for declared in self._session.get_inputs()]
        outputs = [declared.name for declared in self._session.get_outputs()]
        self._output = "sentence_embedding" if "sentence_embedding" in outputs else outputs[0]

    def run(self, texts: list[str], max_length: int) -> tuple[Floats, Floats]:
        """What the network says, of shape (texts, tokens, d) or (texts, d), and the mask of shape (texts, tokens)."""
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


@cache
def _open(folder: Path, file: str, process: int) -> _Encoder:
    """The encoder, opened once in each process."""
    missing = [package for package in PACKAGES if find_spec(package) is None]
    if missing:
        raise InvalidConfigException(
            f"{SentenceEncoderFeaturizer.__name__} needs {', '.join(missing)}: `uv sync --extra encoder` installs it."
        )
    return _Encoder(folder, file)


def _find(model: str, folder: Path) -> Path:
    for candidate in (Path(model), encoder_folder(model, folder)):
        if candidate.is_dir():
            return candidate.resolve()
    raise InvalidConfigException(
        f"There is no encoder {model}: neither a folder {model} nor {encoder_folder(model, folder)}. "
        f"`aftercare models pull {model}` fetches the one of that id from the hub."
    )
