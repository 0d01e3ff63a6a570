"""Local models, run by CTranslate2: OPUS-MT for a pair of languages, or M2M-100, NLLB and MADLAD-400 for many.

Nothing of the extra `translator` is imported before the first translation.
"""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from desk.translation.folders import ModelFolder, find_models
from desk.translation.keeping import translate_keeping
from desk.translation.languages import canonical
from desk.translation.port import TranslationUnavailable, TranslatorError
from desk.translation.resting import Rest
from desk.translation.sentences import Piece, join, split

PACKAGES = ("ctranslate2", "sentencepiece", "sentencex")
"""Of the extra `translator`."""

BEAM = 2

LONGEST_SENTENCE = 200
"""In tokens; what is longer is translated in parts. Models are trained on less than 512."""

BATCH_TOKENS = 1024
"""So many tokens are translated at once, with what pads them: bounds the memory that a long text takes."""

FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=1)
"""So long the hub is not asked again when a model could not be fetched."""


class LocalTranslator:
    """Translates with models on this machine's processor.

    Args:
        models: folders or ids of the hub; see `desk.translation.folders.find_models`. Each is loaded when it is used
            first, and stays.
        fetched: where models of the hub are put.
        threads: how many of the processor's cores a translation takes.
        beam: how many translations are followed at once; 1 is the fastest, and a little worse.
        clock: seconds that only grow.

    Raises:
        TranslatorError: when a number makes no sense, or a package is missing.
    """

    def __init__(
        self,
        models: Sequence[str],
        fetched: Path,
        *,
        threads: int = 1,
        beam: int = BEAM,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        if threads < 1 or beam < 1:
            raise TranslatorError(f"Threads and beam are numbers from 1, not {threads} and {beam}.")
        if missing := [package for package in PACKAGES if find_spec(package) is None]:
            raise TranslatorError(f"Local translators need {', '.join(missing)}: `uv sync --extra translator`.")
        self.name = "CTranslate2"
        self._named = tuple(models)
        self._fetched = fetched
        self._threads = threads
        self._beam = beam
        self._folders: list[ModelFolder] = []
        self._models: dict[tuple[Path, int], _Model] = {}
        self._loading = threading.Lock()
        self._opening = asyncio.Lock()
        self._rest = Rest(FIRST_PAUSE, LONGEST_PAUSE, clock)

    async def open(self) -> None:
        """See `Translator.open`. Models that are named by ids of the hub are fetched where they are not there yet."""
        async with self._opening:
            if self._folders:
                return
            if self._rest.lasts:
                raise TranslationUnavailable("The hub is left alone for a while: a model could not be fetched.")
            try:
                self._folders = await asyncio.to_thread(find_models, self._named, self._fetched)
            except TranslationUnavailable:
                self._rest.begin()
                raise

    def supports(self, source: str, target: str) -> bool:
        """See `Translator.supports`."""
        return self._folder(source, target) is not None

    async def translate(self, texts: Sequence[str], source: str, target: str) -> list[str]:
        """See `Translator.translate`."""
        await self.open()
        folder = self._folder(source, target)
        if folder is None:
            raise TranslationUnavailable(f"There is no model from {source} into {target}.")
        split_texts = await asyncio.to_thread(lambda: [split(text, source) for text in texts])
        sentences = [piece.text for pieces in split_texts for piece in pieces if not piece.stays]
        if not sentences:
            return list(texts)

        async def translate(these: list[str]) -> list[str]:
            return await asyncio.to_thread(self._run, folder, these, source, target)

        translated = iter(await translate_keeping(sentences, translate, target))
        return [join([_said(piece, translated) for piece in pieces], target) for pieces in split_texts]

    async def close(self) -> None:
        """See `Translator.close`."""
        with self._loading:
            self._models.clear()
        self._folders = []

    def _folder(self, source: str, target: str) -> ModelFolder | None:
        languages = canonical(source), canonical(target)
        match languages:
            case (str(given), str(wanted)):
                return next((folder for folder in self._folders if folder.supports(given, wanted)), None)
        return None

    def _run(self, folder: ModelFolder, sentences: list[str], source: str, target: str) -> list[str]:
        try:
            return self._model(folder).translate(sentences, canonical(source) or "", canonical(target) or "")
        except (RuntimeError, ValueError, OSError) as error:  # what CTranslate2 and SentencePiece raise
            raise TranslationUnavailable(f"{folder.path} does not work: {error}") from error

    def _model(self, folder: ModelFolder) -> _Model:
        # A forked process loads its own: CTranslate2's threads stay behind with the parent.
        key = folder.path, os.getpid()
        with self._loading:
            if key not in self._models:
                self._models[key] = _Model(folder, self._threads, self._beam)
            return self._models[key]


class _Model:
    """A loaded model. Threads may use it at the same time; CTranslate2 lets them wait for each other."""

    def __init__(self, folder: ModelFolder, threads: int, beam: int) -> None:
        import ctranslate2
        from sentencepiece import SentencePieceProcessor

        self._folder = folder
        self._beam = beam
        self._source: Any = SentencePieceProcessor(model_file=str(folder.source_pieces))
        self._target: Any = SentencePieceProcessor(model_file=str(folder.target_pieces))
        self._translator: Any = ctranslate2.Translator(str(folder.path), device="cpu", intra_threads=threads)
        self._end = [] if folder.config.get("add_source_eos") else [folder.config.get("eos_token") or "</s>"]

    def translate(self, sentences: Sequence[str], source: str, target: str) -> list[str]:
        """Translate sentences from one canonical language into another."""
        around, before = self._folder.around, self._folder.before
        first = [tag] if (tag := around.get(source) or before.get(target)) else []
        prefix = [tag] if (tag := around.get(target)) else []
        parts = [_parts(self._source.encode(sentence, out_type=str)) for sentence in sentences]
        tokens = [[*first, *part, *self._end] for of_sentence in parts for part in of_sentence]
        found = self._translator.translate_batch(
            tokens,
            target_prefix=[prefix] * len(tokens) if prefix else None,
            beam_size=self._beam,
            max_batch_size=BATCH_TOKENS,
            batch_type="tokens",
            max_input_length=0,
            # A model that stumbles repeats itself without end.
            max_decoding_length=3 * max(map(len, tokens)) + 10,
            # An emoji that it does not know stays one.
            replace_unknowns=True,
        )
        said = iter([result.hypotheses[0][len(prefix) :] for result in found])
        return [self._decode([token for _ in of_sentence for token in next(said)]) for of_sentence in parts]

    def _decode(self, tokens: list[str]) -> str:
        # The target's tokenizer may not know what was taken over from the source, and leaves its mark of a space there.
        return str(self._target.decode_pieces(tokens)).replace("▁", " ").strip()


def _parts(tokens: list[str]) -> list[list[str]]:
    """The tokens of a sentence in as few parts as may be, of about the same length."""
    count = max(-(-len(tokens) // LONGEST_SENTENCE), 1)
    length = -(-len(tokens) // count)
    return [tokens[start : start + length] for start in range(0, len(tokens), max(length, 1))] or [[]]


def _said(piece: Piece, translated: Any) -> str:
    return piece.text if piece.stays else str(next(translated))
