"""Where local models lie, and which languages they translate: the files of a folder, without what runs them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from desk.translation.languages import canonical
from desk.translation.port import TranslationUnavailable, TranslatorError

MODEL = "model.bin"

SOURCE_PIECES = ("source.spm", "sentencepiece.bpe.model", "sentencepiece.model", "spiece.model")
"""What the tokenizer of the source is called, by those who publish models; SentencePiece all of them."""

TARGET_PIECES = ("target.spm", *SOURCE_PIECES[1:])

VOCABULARIES = ("shared_vocabulary.json", "source_vocabulary.json", "shared_vocabulary.txt", "source_vocabulary.txt")

FETCHED = ("*.json", "*vocabulary*", "*.spm", "*.model", MODEL)

# How models name languages: M2M-100 `__de__`, NLLB `deu_Latn`, MADLAD-400 `<2de>`, OPUS-MT `>>deu<<`.
_AROUND = re.compile(r"__([a-z]{2,3})__|([a-z]{3}_[A-Z][a-z]{3})")
_BEFORE = re.compile(r"<2([a-z]{2,3}(?:_[A-Z][a-z]{3})?)>|>>([a-z]{2,3}(?:_[A-Z][a-z]{3})?)<<")

_PAIR = re.compile(r"([a-z]{2,3}(?:_[A-Z][a-z]{3})?)-([a-z]{2,3}(?:_[A-Z][a-z]{3})?)")
_NAMED = re.compile(rf"({_PAIR.pattern})=(.+)")
_HUB_ID = re.compile(r"[\w.-]+/[\w.-]+")


@dataclass(frozen=True)
class ModelFolder:
    """A folder with a CTranslate2 model and its tokenizers.

    Attributes:
        path: the folder.
        pair: the two languages of a model for one pair, canonical; None where the model knows languages by itself.
    """

    path: Path
    pair: tuple[str, str] | None

    @property
    def source_pieces(self) -> Path:
        """The tokenizer of the source."""
        return self._first(SOURCE_PIECES)

    @property
    def target_pieces(self) -> Path:
        """The tokenizer of the target."""
        return self._first(TARGET_PIECES)

    @cached_property
    def config(self) -> Mapping[str, Any]:
        """What the converter wrote down of the model."""
        file = self.path / "config.json"
        try:
            return dict(json.loads(file.read_text("utf-8"))) if file.is_file() else {}
        except ValueError as error:
            raise TranslatorError(f"{file} is no JSON object: {error}") from error

    @cached_property
    def around(self) -> dict[str, str]:
        """The tokens of languages where the source's is put before the source, and the target's before the target."""
        return _tags(_AROUND, self._vocabulary)

    @cached_property
    def before(self) -> dict[str, str]:
        """The tokens of languages where the target's is put before the source."""
        return _tags(_BEFORE, self._vocabulary)

    def supports(self, source: str, target: str) -> bool:
        """Whether it translates between two canonical languages."""
        if self.pair:
            return (source, target) == self.pair
        known = self.around or self.before
        return source != target and source in known and target in known

    def check(self) -> None:
        """See that all files are there, and that it is known what they translate. Raises `TranslatorError`."""
        self.source_pieces, self.target_pieces, self.config  # noqa: B018, each raises
        if not self.pair and not self.around and not any(tag.startswith("<2") for tag in self.before.values()):
            raise TranslatorError(
                f"{self.path}: nothing says which languages it translates. Call the folder <source>-<target>, such as "
                f"de-en, or write de-en={self.path}."
            )

    @cached_property
    def _vocabulary(self) -> Sequence[str]:
        file = self._first(VOCABULARIES)
        text = file.read_text("utf-8")
        try:
            return list(json.loads(text)) if file.suffix == ".json" else text.split("\n")
        except ValueError as error:
            raise TranslatorError(f"{file} is no JSON: {error}") from error

    def _first(self, names: Sequence[str]) -> Path:
        for name in names:
            if (self.path / name).is_file():
                return self.path / name
        raise TranslatorError(f"{self.path} has no {', '.join(names[:-1])} or {names[-1]}.")


def find_models(named: Sequence[str], fetched: Path) -> list[ModelFolder]:
    """The folders of models, those for one pair first.

    Args:
        named: each the path of a model's folder or of a folder of such folders, or an id on the hub (owner/name), which
            is fetched once; a pair may stand before it (`de-en=owner/name`), else it is the folder's name.
        fetched: where models of the hub are put.

    Raises:
        TranslatorError: when there is no such model, or it lacks something.
        TranslationUnavailable: when the hub cannot be reached.
    """
    found = [model for name in named for model in _find(name, fetched)]
    for model in found:
        model.check()
    return sorted(found, key=lambda model: model.pair is None)


def _find(name: str, fetched: Path) -> Iterator[ModelFolder]:
    given = _NAMED.fullmatch(name)
    pair, place = (given[1], given[4]) if given else (None, name)
    path = Path(place).expanduser()
    if not path.is_dir():
        if not _HUB_ID.fullmatch(place):
            raise TranslatorError(f"There is no folder {place}, and it is no id of the hub, such as owner/name.")
        path = _fetch(place, fetched)
    folders = [path] if (path / MODEL).is_file() else sorted(file.parent for file in path.glob(f"*/{MODEL}"))
    if not folders:
        raise TranslatorError(f"{path} has no CTranslate2 model ({MODEL}), nor has any folder in it.")
    if pair and len(folders) > 1:
        raise TranslatorError(f"{name}: there are several models, of which {pair} can only be one.")
    for folder in folders:
        yield ModelFolder(folder.resolve(), _pair(pair or folder.name))


def _fetch(model: str, fetched: Path) -> Path:
    """The folder of a model of the hub; the network is asked only where it is not there yet."""
    path = fetched / model.replace("/", "--")
    done = path / ".fetched"
    if done.is_file():
        return path
    try:
        from huggingface_hub import snapshot_download
        from huggingface_hub.errors import HFValidationError, RepositoryNotFoundError
    except ImportError:
        raise TranslatorError(f"{model} cannot be fetched: `uv sync --extra translator` installs what does.") from None
    try:
        snapshot_download(model, local_dir=path, allow_patterns=list(FETCHED))
    except (RepositoryNotFoundError, HFValidationError) as error:
        raise TranslatorError(f"There is no folder {model}, and the hub shows no such model.") from error
    except Exception as error:  # what a broken connection raises depends on the hub client's version
        raise TranslationUnavailable(f"{model} could not be fetched from the hub: {type(error).__name__}") from error
    done.touch()
    return path


def _pair(name: str) -> tuple[str, str] | None:
    named = _PAIR.fullmatch(name)
    languages = [canonical(code) for code in named.groups()] if named else []
    match languages:
        case [str(source), str(target)]:
            return source, target
    return None


def _tags(pattern: re.Pattern[str], vocabulary: Sequence[str]) -> dict[str, str]:
    """The tokens that name a language, by the language."""
    named = ((token, pattern.fullmatch(token)) for token in vocabulary)
    codes = [(token, next(filter(None, found.groups()))) for token, found in named if found]
    # OPUS-MT may have `>>cmn<<` and `>>cmn_Hans<<`: the one that names the script comes first.
    codes.sort(key=lambda each: "_" not in each[1])
    tags: dict[str, str] = {}
    for token, code in codes:
        if language := canonical(code):
            tags.setdefault(language, token)
    return tags
