"""What each feature of the intents is worth, and what others would add.

    $ uv run --with spacy-lookups-data==1.0.5 python benchmarks/features.py --save /tmp/ablation.json

Trains the pipeline of each language in `config.yml` once for each variant of its components, and prints a table in
Markdown: the intent accuracy as configured, and below it the differences to that, in points. Figures are means over the
languages that a variant is for; McNemar's test is over all of their messages together. The language of a message is
given, and no article is searched for. SentencePiece comes with the extra `encoder`. With `--save`, what that file has
already is not measured again. Takes a quarter of an hour on one core.
"""

# ruff: noqa: E402  (Rasa is to be imported without TensorFlow, before anything that needs it)

from __future__ import annotations

import argparse
import gzip
import importlib.util
import io
import json
import os
import sys
from abc import abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cache, partial
from pathlib import Path
from statistics import mean
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from bot.engine import import_rasa

import_rasa()

import sentencepiece
import Stemmer
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.shared.nlu.constants import INTENT, INTENT_RESPONSE_KEY
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from sklearn.feature_extraction.text import TfidfVectorizer

from aftercare.cli.evaluate import TYPING_SEED
from aftercare.evaluation import Sample, compare, read_samples
from aftercare.typing_errors import with_typing_error
from bot.languages import configured_pipelines
from bot.nlu.attributes import LANGUAGE
from bot.nlu.featurizers import _TfidfFeaturizer
from bot.nlu.importer import MultilingualImporter
from bot.nlu.pipelines import of_language
from bot.nlu.spelling import normalized
from bot.nlu.tokenizers import tokenize
from bot.nlu.trial import Guess, classify, without_entities

Component = dict[str, Any]

CONVERSATION = frozenset(
    [
        "affirm",
        "bot_challenge",
        "change_language",
        "complain",
        "deny",
        "goodbye",
        "greet",
        "help",
        "human_handoff",
        "inform",
        "out_of_scope",
        "stop",
        "thank",
    ]
)
"""The intents that carry the conversation on; the others are matters of the shop."""

STEMMERS = {"de": "german", "en": "english", "es": "spanish", "fr": "french"}

CLUSTER_BITS = (6, 10, 16)
"""The lengths of the prefixes of a cluster's path: the shorter, the more words share it."""

_featurizer = DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=True)


class _SequenceFeaturizer(_TfidfFeaturizer):
    """Runs of what stands for the words of a message."""

    def _make_vectorizer(self) -> TfidfVectorizer:
        return self._terms(str.split)

    def _texts(self, messages: Iterable[Message]) -> list[str]:
        return [" ".join(self._units(normalized(message))) for message in messages]

    @abstractmethod
    def _units(self, text: str) -> Iterable[str]:
        """The terms of a text, in their order; none has a space in it."""

    def _words(self, text: str) -> list[str]:
        return tokenize(text, self._config[LANGUAGE])


@_featurizer
class StemTfidfFeaturizer(_SequenceFeaturizer):
    """Stems and pairs of them."""

    def _units(self, text: str) -> Iterable[str]:
        stems: list[str] = _stemmer(self._config[LANGUAGE]).stemWords(self._words(text))
        return stems


@_featurizer
class LemmaTfidfFeaturizer(_SequenceFeaturizer):
    """Lemmas and pairs of them, from a table."""

    def _units(self, text: str) -> Iterable[str]:
        lemmas = _table(self._config[LANGUAGE], "lemma_lookup")
        return [lemmas.get(word, word) for word in self._words(text)]


@_featurizer
class ClusterTfidfFeaturizer(_SequenceFeaturizer):
    """Brown clusters of words, at three widths, and pairs of them: words that stand among the same others."""

    def _units(self, text: str) -> Iterable[str]:
        clusters = _table(self._config[LANGUAGE], "lexeme_cluster")
        words = self._words(text)
        for bits in CLUSTER_BITS:
            for word in words:
                cluster = clusters.get(word)
                # The path from the root begins at the lowest bit.
                yield f"{bits}:{cluster % 2**bits}" if cluster else "?"
            yield "|"


@_featurizer
class PieceTfidfFeaturizer(_SequenceFeaturizer):
    """Pieces of words and pairs of them, as a SentencePiece unigram model of the examples cuts them."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {**_TfidfFeaturizer.get_default_config(), "vocabulary": 4000}

    def _prepare(self, examples: list[Message]) -> None:
        model = io.BytesIO()
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter([normalized(example) for example in examples]),
            model_writer=model,
            vocab_size=self._config["vocabulary"],
            hard_vocab_limit=False,
            character_coverage=1.0,
            num_threads=1,
            minloglevel=2,
        )
        self._model = model.getvalue()
        self._load_pieces()

    def _load_pieces(self) -> None:
        self._pieces = sentencepiece.SentencePieceProcessor(model_proto=self._model)

    def _learnt(self) -> Any:
        return self._model, self._tfidf

    def _recall(self, learnt: Any) -> None:
        self._model, self._tfidf = learnt
        self._load_pieces()

    def _units(self, text: str) -> Iterable[str]:
        pieces: list[str] = self._pieces.encode(text, out_type=str)
        return pieces


@_featurizer
class SkipBigramTfidfFeaturizer(_SequenceFeaturizer):
    """Pairs of words with one or two others between them."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {**_TfidfFeaturizer.get_default_config(), "max_ngram": 1, "min_df": 2}

    def _units(self, text: str) -> Iterable[str]:
        words = ["^", *self._words(text), "$"]
        for distance in (2, 3):
            for first, second in zip(words, words[distance:], strict=False):
                yield f"{first}…{second}"


@cache
def _stemmer(language: str) -> Any:
    return Stemmer.Stemmer(STEMMERS[language])


@cache
def _table(language: str, name: str) -> dict[str, Any]:
    """A table of spacy-lookups-data by the words as they are compared; a word in small letters wins over its others."""
    with gzip.open(_lookups() / f"{language}_{name}.json.gz", "rt", encoding="utf-8") as file:
        entries = json.load(file)
    # Some tables give a word several lemmas; a word without a cluster has 0.
    entries = {word: value[0] if isinstance(value, list) else value for word, value in entries.items() if value}
    folded = {word.casefold(): value.casefold() if isinstance(value, str) else value for word, value in entries.items()}
    return folded | {word: value for word, value in entries.items() if word in folded}


def _lookups() -> Path:
    spec = importlib.util.find_spec("spacy_lookups_data")
    if spec is None or spec.origin is None:
        raise SystemExit("spacy-lookups-data is missing; the first lines of this file say how to run it.")
    return Path(spec.origin).with_name("data")


Solved = tuple[list[str], float]
"""The intents of texts, and how many seconds of a core the training took."""

Solve = Callable[[str, Sequence[Component], TrainingData, Sequence[str]], Solved]
"""Trains a language's components on the examples and says the intents of texts."""


def _trained(
    language: str, components: Sequence[Component], data: TrainingData, texts: Sequence[str]
) -> tuple[list[Guess], float]:
    start, seconds = _processor_seconds(), 0.0

    def after_training() -> Iterator[str]:
        nonlocal seconds
        seconds = _processor_seconds() - start
        yield from texts

    return classify(language, components, data, after_training()), seconds


def _processor_seconds() -> float:
    """What this process and those that it has started have taken of a core, whatever else the machine does."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def _once(language: str, components: Sequence[Component], data: TrainingData, texts: Sequence[str]) -> Solved:
    guesses, seconds = _trained(language, components, data, texts)
    return [guess.intent for guess in guesses], seconds


@dataclass(frozen=True)
class _Stages:
    """What two classifiers after one another make of texts."""

    first: list[Guess]
    """`conversation` or `shop`."""
    second: dict[str, list[Guess]]
    """The intent, if it is of the conversation, and if it is of the shop."""
    seconds: float


_stages: dict[str, _Stages] = {}
"""By the language: two variants decide from the same guesses."""


def _staged(weigh: bool) -> Solve:
    """First whether a message carries the conversation on or is a matter of the shop, then which of these.

    With `weigh`, the product of both decisions' confidences decides, and not the first one alone.
    """

    def solve(language: str, components: Sequence[Component], data: TrainingData, texts: Sequence[str]) -> Solved:
        if language not in _stages:
            _stages[language] = _train_stages(language, components, data, texts)
        stages = _stages[language]
        intents = []
        for i, stage in enumerate(stages.first):
            shares = {part: stage.confidence if part == stage.label else 1 - stage.confidence for part in stages.second}
            if weigh:
                shares = {part: share * stages.second[part][i].confidence for part, share in shares.items()}
            intents.append(stages.second[max(shares, key=lambda part: shares[part])][i].intent)
        return intents, stages.seconds

    return solve


def _train_stages(language: str, components: Sequence[Component], data: TrainingData, texts: Sequence[str]) -> _Stages:
    parts: dict[str, list[Message]] = {"conversation": [], "shop": []}
    examples = []
    for example in data.training_examples:
        part = "conversation" if example.get(INTENT) in CONVERSATION else "shop"
        parts[part].append(example)
        fields = {key: value for key, value in example.data.items() if key != INTENT_RESPONSE_KEY}
        examples.append(Message(data={**fields, INTENT: part}))
    components = _changed(components, "LinearIntentClassifier", unfamiliar=1.0)
    first, seconds = _trained(language, components, TrainingData(examples, lookup_tables=data.lookup_tables), texts)
    second = {}
    for part, own in parts.items():
        own_data = TrainingData(own, lookup_tables=data.lookup_tables)
        second[part], more = _trained(language, components, own_data, texts)
        seconds += more
    return _Stages(first, second, seconds)


@dataclass(frozen=True)
class Variant:
    """A change of the components, and how the intents are found with them."""

    title: str
    change: Callable[[list[Component]], list[Component]] = list
    languages: frozenset[str] | None = None
    """Those that it is for, where not for all."""
    solve: Solve = _once


def _is(entry: Component, name: str) -> bool:
    return str(entry["name"]).endswith(f".{name}")


def _changed(components: Iterable[Component], name: str, /, **options: Any) -> list[Component]:
    return [{**entry, **options} if _is(entry, name) else entry for entry in components]


def _without(name: str, languages: frozenset[str] | None = None) -> Variant:
    return Variant(f"without `{name}`", lambda components: [e for e in components if not _is(e, name)], languages)


def _with(title: str, featurizer: type[_TfidfFeaturizer], languages: Iterable[str] | None = None) -> Variant:
    addition = {"name": featurizer.__name__}
    known = None if languages is None else frozenset(languages)
    # The classifier is the last one.
    return Variant(f"with {title}", lambda components: [*components[:-1], addition, components[-1]], known)


SPACED = frozenset(STEMMERS)

CONFIGURED = Variant("as configured")

VARIANTS = (
    CONFIGURED,
    _without("SpellingCorrector", SPACED),
    _without("LexiconMatcher"),
    _without("TemplateTfidfFeaturizer"),
    # Nothing says then whether a message is familiar. That is a matter of its confidence, not of the likeliest intent.
    _without("WordTfidfFeaturizer"),
    _without("CharacterTfidfFeaturizer"),
    _without("PinyinTfidfFeaturizer", frozenset({"zh"})),
    Variant(
        "classes weighted by their size",
        lambda components: _changed(components, "LinearIntentClassifier", class_weight="balanced"),
    ),
    Variant("`C` 1, no cross-validation", lambda components: _changed(components, "LinearIntentClassifier", C=[1.0])),
    _with("stems", StemTfidfFeaturizer, SPACED),
    _with("lemmas", LemmaTfidfFeaturizer, SPACED),
    _with("Brown clusters", ClusterTfidfFeaturizer, ("de", "en", "es")),
    _with("SentencePiece pieces", PieceTfidfFeaturizer),
    Variant(
        "SentencePiece pieces for words",
        lambda components: _changed(components, "WordTfidfFeaturizer", name=PieceTfidfFeaturizer.__name__),
        frozenset({"zh"}),
    ),
    _with("skip-bigrams", SkipBigramTfidfFeaturizer),
    Variant("two stages", solve=_staged(weigh=False)),
    Variant("two stages, weighed", solve=_staged(weigh=True)),
)
"""The first one is what the others are compared with."""

SETS = {"development": "tests/nlu", "held out": "tests/nlu/held_out"}


@dataclass(frozen=True)
class Trial:
    """What one variant made of one language's samples."""

    seconds: float
    """Of a core, in training."""
    intents: dict[str, list[str]]
    """By the name of the set."""


Trials = dict[str, dict[str, Trial]]
"""By the variant's title and the language."""


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--save", type=Path, help="a JSON file for the results so far")
    arguments = parser.parse_args()

    importer = MultilingualImporter(str(ROOT / "config.yml"))
    pipelines, data = configured_pipelines(importer.get_config()), importer.get_nlu_data()
    sets = _sets()
    trials = _read(arguments.save) if arguments.save and arguments.save.exists() else {}
    for variant in VARIANTS:
        for language, components in pipelines.items():
            if variant.languages is not None and language not in variant.languages:
                continue
            if language in trials.setdefault(variant.title, {}):
                continue
            own = {name: [sample for sample in part if sample.language == language] for name, part in sets.items()}
            changed = variant.change(without_entities(components))
            trials[variant.title][language] = _trial(variant, language, changed, of_language(data, language), own)
            if arguments.save:
                saved = {title: {name: asdict(trial) for name, trial in some.items()} for title, some in trials.items()}
                arguments.save.write_text(json.dumps(saved), encoding="utf-8")
        print(variant.title, file=sys.stderr)
    for line in _table_lines(trials, sets, list(pipelines)):
        print(line)


def _sets() -> dict[str, list[Sample]]:
    """The samples of each set, and the same with typing errors as `aftercare evaluate nlu` makes them."""
    sets = {}
    for name, folder in SETS.items():
        samples = read_samples(sorted((ROOT / folder).glob("*.jsonl")))
        random = np.random.default_rng(TYPING_SEED)
        sets[name] = samples
        sets[f"{name}, typing error"] = [
            replace(sample, text=with_typing_error(sample.text, random, [value for _, value in sample.entities]))
            for sample in samples
        ]
    return sets


def _read(path: Path) -> Trials:
    saved = json.loads(path.read_text(encoding="utf-8"))
    return {title: {name: Trial(**trial) for name, trial in some.items()} for title, some in saved.items()}


def _trial(
    variant: Variant, language: str, components: list[Component], data: TrainingData, sets: dict[str, list[Sample]]
) -> Trial:
    # A table that a feature is looked up in is not what training is about.
    for name, featurizer in (("lemma_lookup", LemmaTfidfFeaturizer), ("lexeme_cluster", ClusterTfidfFeaturizer)):
        if any(entry["name"] == featurizer.__name__ for entry in components):
            _table(language, name)
    texts = [sample.text for samples in sets.values() for sample in samples]
    found, seconds = variant.solve(language, components, data, texts)
    rest = iter(found)
    return Trial(seconds, {name: [next(rest) for _ in samples] for name, samples in sets.items()})


def _table_lines(trials: Trials, sets: dict[str, list[Sample]], languages: list[str]) -> Iterator[str]:
    sizes = {name: len(samples) for name, samples in sets.items()}
    columns = ["", *(name if name not in SETS else f"{name} ({sizes[name]})" for name in sets)]
    columns += [f"held out: {language}" for language in languages]
    columns += ["mended / broken", "p", "mended / broken, typing error", "p, typing error", "training in s"]
    yield _line(columns)
    yield _line(["---", *["---:"] * (len(columns) - 1)])
    for variant in VARIANTS:
        yield _line(_row(variant, trials[variant.title], trials[CONFIGURED.title], sets, languages))


def _row(
    variant: Variant,
    tried: dict[str, Trial],
    configured: dict[str, Trial],
    sets: dict[str, list[Sample]],
    languages: list[str],
) -> Iterator[str]:
    base = {language: configured[language] for language in tried}
    first = variant is CONFIGURED

    def cell(figure: Callable[[dict[str, Trial]], float]) -> str:
        """A figure as configured, or the difference to it."""
        if first:
            return f"{figure(tried):.1f}"
        difference = f"{figure(tried) - figure(base):+.1f}"
        return "0.0" if float(difference) == 0 else difference

    yield f"**{variant.title}**" if first else variant.title
    for name in sets:
        yield cell(partial(_percent, sets, name, list(tried)))
    for language in languages:
        yield cell(partial(_percent, sets, "held out", [language])) if language in tried else "–"
    for names in (list(SETS), [name for name in sets if name not in SETS]):
        difference = compare(_results(tried, sets, names), _results(base, sets, names))
        yield "–" if first else f"{difference.fixed} / {difference.broken}"
        yield "–" if first else "< 0.001" if difference.p_value < 0.001 else f"{difference.p_value:.3f}"
    yield cell(lambda some: mean(trial.seconds for trial in some.values()))


def _percent(sets: dict[str, list[Sample]], name: str, languages: list[str], trials: dict[str, Trial]) -> float:
    """The intent accuracy on a set, as the mean of the languages."""
    shares = []
    for language in languages:
        truth = [sample.intent for sample in sets[name] if sample.language == language]
        shares.append(mean(found == true for found, true in zip(trials[language].intents[name], truth, strict=True)))
    return 100 * mean(shares)


def _results(
    trials: dict[str, Trial], sets: dict[str, list[Sample]], names: list[str]
) -> list[tuple[Sample, dict[str, Any]]]:
    """The samples of some sets in the languages that were tried, with what they were taken for."""
    return [
        (sample, {"intent": {"name": found, "confidence": 1.0}})
        for language, trial in trials.items()
        for name in names
        for sample, found in zip(
            [sample for sample in sets[name] if sample.language == language], trial.intents[name], strict=True
        )
    ]


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    main()
