"""Translators that are small enough to be built in a test: real models, which translate a few words."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
import sentencepiece
from ctranslate2.specs import TransformerSpec

POSITIONS = 256
"""So many tokens a text may have at most."""

SHARP = 60.0
"""How much louder the word that is looked at is than the others."""

Floats = npt.NDArray[np.float32]


def build_translator(
    folder: Path, words: Mapping[str, str], tags: Iterable[str] = (), *, prefixed: bool = False
) -> Path:
    """Write a model that translates word by word, as a converted OPUS-MT, M2M-100 or NLLB lies in its folder.

    It is a transformer of one layer whose weights are not learned but written down: at each step the decoder looks at
    the source's token in the same place, and says that token's translation.

    Args:
        folder: is made.
        words: each word's translation; of a model that knows languages, words of all of them.
        tags: the tokens that name languages, in the way of the model's family.
        prefixed: whether the language is named before the source only, so that the decoder looks one token further.
    """
    folder.mkdir(parents=True)
    _write_pieces(folder, words)
    pieces = {f"▁{word}": f"▁{translation}" for word, translation in words.items()}
    tokens = ["<unk>", "<s>", "</s>", *tags, *dict.fromkeys([*pieces, *pieces.values()])]
    spec = _transformer(tokens, [tokens.index(pieces.get(token, token)) for token in tokens], int(prefixed))
    spec.validate()
    spec.optimize()
    spec.save(str(folder))
    return folder


def _write_pieces(folder: Path, words: Mapping[str, str]) -> None:
    """The tokenizer: each word is a token."""
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter([*words, *words.values()]),
        model_writer=model,
        model_type="word",
        vocab_size=len({*words, *words.values()}) + 3,
        hard_vocab_limit=False,
        normalization_rule_name="identity",
        minloglevel=2,
    )
    for name in ("source.spm", "target.spm"):
        (folder / name).write_bytes(model.getvalue())


def _transformer(tokens: list[str], translations: list[int], shift: int) -> TransformerSpec:
    """The model. The first dimensions of its vectors are for the tokens, the others for the positions."""
    words = len(tokens)
    depth = words + POSITIONS
    token_vectors = _part(words, depth, 0)
    position_vectors = _part(POSITIONS, depth, words)
    spec = TransformerSpec.from_config(1, 1, pre_norm=True)
    for side in (spec.encoder, spec.decoder):
        side.scale_embeddings = False
        side.position_encodings.encodings = position_vectors
        _norm(side.layer_norm, depth)
        for layer in side.layer:
            _silence(layer.self_attention, depth)
            _silence(layer.ffn, depth)
    spec.encoder.embeddings[0].weight = token_vectors
    spec.decoder.embeddings.weight = np.zeros((words, depth), np.float32)
    look = spec.decoder.layer[0].attention
    _norm(look.layer_norm, depth)
    positions, content = np.zeros((2, depth, depth), np.float32)
    positions[words:, words:] = np.eye(POSITIONS) * SHARP
    content[:words, :words] = np.eye(words) * SHARP
    ahead = np.zeros((depth, depth), np.float32)
    ahead[words:, words:] = np.eye(POSITIONS, k=-shift)
    # Queries; keys and values as one; what is said of them.
    _linear(look.linear[0], ahead)
    _linear(look.linear[1], np.concatenate([positions, content]))
    _linear(look.linear[2], np.eye(depth, dtype=np.float32))
    said = np.zeros((words, depth), np.float32)
    for token, translation in enumerate(translations):
        said[translation, token] = 1
    _linear(spec.decoder.projection, said)
    spec.register_source_vocabulary(tokens)
    spec.register_target_vocabulary(tokens)
    return spec


def _part(rows: int, depth: int, start: int) -> Floats:
    vectors = np.zeros((rows, depth), np.float32)
    vectors[np.arange(rows), start + np.arange(rows)] = 1
    return vectors


def _silence(layer: object, depth: int) -> None:
    """A layer that adds nothing."""
    _norm(layer.layer_norm, depth)  # type: ignore[attr-defined]
    linears = getattr(layer, "linear", None) or [layer.linear_0, layer.linear_1]  # type: ignore[attr-defined]
    for place, linear in enumerate(linears):
        rows = 3 * depth if hasattr(layer, "linear") and place == 0 else depth
        _linear(linear, np.zeros((rows, depth), np.float32))


def _norm(norm: object, depth: int) -> None:
    norm.gamma = np.ones(depth, np.float32)  # type: ignore[attr-defined]
    norm.beta = np.zeros(depth, np.float32)  # type: ignore[attr-defined]


def _linear(linear: object, weight: Floats) -> None:
    linear.weight = weight  # type: ignore[attr-defined]
    linear.bias = np.zeros(len(weight), np.float32)  # type: ignore[attr-defined]
