"""Which language a message is in.

Naive Bayes over character n-grams, trained on the project's own examples: on short messages about orders it is right
more often than general identifiers, and it costs some twenty megabytes. Languages that are not served are
known from `bot/data/other_languages/<lang>.txt`, or from their script.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.constants import INTENT_MESSAGE_PREFIX
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from scipy.special import softmax
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.naive_bayes import MultinomialNB

from bot.nlu import progress
from bot.nlu.attributes import CONVERSATION_LANGUAGE, DEFAULT_LANGUAGE, LANGUAGE, LOCALE_HINT, METADATA
from bot.nlu.patterns import blank
from bot.nlu.persistence import LearningComponent
from bot.nlu.terms import Analyze, Terms
from bot.nlu.text import normalize

OTHER_LANGUAGES = Path(__file__).parent.parent / "data" / "other_languages"

SCRIPTS = {
    "HIRAGANA": "ja",
    "KATAKANA": "ja",
    "HANGUL": "ko",
    "CJK": "zh",
    "CYRILLIC": "ru",
    "ARABIC": "ar",
    "HEBREW": "he",
    "GREEK": "el",
    "THAI": "th",
    "DEVANAGARI": "hi",
    "BENGALI": "bn",
    "TAMIL": "ta",
    "GEORGIAN": "ka",
    "ARMENIAN": "hy",
}
"""The language that stands for a script, by the first word of its characters' Unicode names. Where a script serves
several languages it is the most frequent one; the examples of a served language decide before this."""


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class LanguageIdentifier(LearningComponent):
    """Sets the attribute `language` of a message: `{"name", "confidence", "served"}`.

    What the conversation was in so far, or else what the channel knows of the customer, counts as evidence, so
    that "ok" or an order number changes nothing and a whole sentence does.

    Options:
        default: the language where nothing is known.
        conversation_evidence: what the conversation's language counts for, in nats of the n-grams' likelihood.
        hint_evidence: the same for the channel's hint.
        unknown_evidence: what is taken from a served language of which the message has no known word.
        other_evidence: how much likelier than any served language another must be.
    """

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {
            "default": "en",
            "max_ngram": 4,
            "min_df": 3,
            "alpha": 0.1,
            "conversation_evidence": 12.0,
            "hint_evidence": 6.0,
            "unknown_evidence": 15.0,
            "other_evidence": 15.0,
        }

    def __init__(self, config: dict[str, Any], model_storage: ModelStorage, resource: Resource) -> None:
        super().__init__(config, model_storage, resource)
        self._vectorizer = CountVectorizer(
            analyzer="char_wb",
            ngram_range=(1, config["max_ngram"]),
            min_df=config["min_df"],
            lowercase=False,
            binary=True,
            # As the likelihoods: scipy would convert all of these for each message otherwise.
            dtype=np.float32,
        )
        self._analyze: Analyze = self._vectorizer.build_analyzer()
        self._ngrams = Terms(np.zeros(0, dtype=np.uint64))
        self._languages: list[str] = []
        self._words: dict[str, frozenset[str]] = {}
        self._served: frozenset[str] = frozenset()
        self._log_likelihoods: npt.NDArray[np.float32] = np.zeros((0, 0), dtype=np.float32)

    def train(self, training_data: TrainingData) -> Resource:
        """Learn the served languages from the tagged examples, the others from their files."""
        progress.report("", type(self).__name__, 0, 1)
        examples = [(message.get(TEXT), message.get(LANGUAGE)) for message in training_data.intent_examples]
        served = sorted({language for _, language in examples})
        examples += [(line, language) for language, line in _other_languages(served)]
        texts = [_letters(text) for text, _ in examples]
        words: dict[str, set[str]] = {}
        for text, (_, language) in zip(texts, examples, strict=True):
            words.setdefault(language, set()).update(_words(text))
        self._words = {language: frozenset(own) for language, own in words.items()}
        counts = self._vectorizer.fit_transform(texts)
        # A uniform prior: how many examples a language has says nothing about how many customers speak it.
        bayes = MultinomialNB(alpha=self._config["alpha"], fit_prior=False)
        bayes.fit(counts, [language for _, language in examples])
        self._languages = [str(language) for language in bayes.classes_]
        self._served = frozenset(served)
        self._ngrams, order = Terms.of(self._vectorizer.vocabulary_)
        self._log_likelihoods = np.ascontiguousarray(bayes.feature_log_prob_.T[order], dtype=np.float32)
        # Half precision: in a sum of dozens the difference is far below one n-gram's evidence.
        # A hundred thousand strings take long to read, unless they are few.
        joined = {language: "\n".join(sorted(own)) for language, own in self._words.items()}
        compact = self._log_likelihoods.astype(np.float16)
        learnt = self._keep((self._ngrams, self._languages, self._served, joined, compact))
        progress.report("", "", 1, 1)
        return learnt

    def _recall(self, learnt: Any) -> None:
        self._ngrams, self._languages, self._served, joined, log_likelihoods = learnt
        self._words = {language: frozenset(own.split("\n")) for language, own in joined.items()}
        self._log_likelihoods = log_likelihoods.astype(np.float32)

    def process(self, messages: list[Message]) -> list[Message]:
        """Set the language of each message."""
        for message in messages:
            metadata = message.get(METADATA) or {}
            language, confidence = self.identify(
                message.get(TEXT) or "",
                metadata.get(CONVERSATION_LANGUAGE),
                metadata.get(LOCALE_HINT),
                metadata.get(DEFAULT_LANGUAGE),
            )
            value = {"name": language, "confidence": confidence, "served": language in self._served}
            message.set(LANGUAGE, value, add_to_output=True)
        return messages

    def identify(
        self,
        text: str,
        conversation_language: str | None = None,
        locale_hint: str | None = None,
        default_language: str | None = None,
    ) -> tuple[str, float]:
        """The likeliest language of `text` and its probability, given what is known besides the text."""
        hinted = (locale_hint or "").replace("_", "-").partition("-")[0].lower()
        expected = next((known for known in (conversation_language, hinted) if known in self._served), None)
        letters = "" if text.startswith(INTENT_MESSAGE_PREFIX) else _letters(text)
        if not letters:
            return expected or default_language or self._config["default"], 1.0 if expected else 0.5
        script = _script_language(letters)
        if script is not None and script not in self._languages:
            return script, 1.0
        evidence = self._evidence(letters)
        if expected is not None:
            name = "conversation_evidence" if expected == conversation_language else "hint_evidence"
            evidence[self._languages.index(expected)] += self._config[name]
        words = _words(letters)
        nowhere = all(words.isdisjoint(known) for known in self._words.values())
        if expected is not None and script in (None, expected) and (nowhere or self._everywhere(words)):
            # Neither are letters typed at random a reason to change the language, nor is "ok".
            return expected, 0.5
        for index, language in enumerate(self._languages):
            # Any letters look like some language: where no word of it is known, that counts little.
            known = not words.isdisjoint(self._words[language])
            if language in self._served:
                evidence[index] -= 0.0 if known else self._config["unknown_evidence"]
            else:
                # A script of its own says as much as a word.
                evidence[index] -= self._config["other_evidence"] if known or language == script else np.inf
        best = int(np.argmax(evidence))
        return self._languages[best], float(softmax(evidence)[best])

    def _everywhere(self, words: set[str]) -> bool:
        """Whether each of the words is at home in all served languages, or in all but one."""
        served = [self._words[language] for language in self._served]
        return all(sum(word in known for known in served) >= len(served) - 1 for word in words)

    def _evidence(self, letters: str) -> npt.NDArray[np.float32]:
        """The log-likelihood of the letters in each language, shape (languages,)."""
        known, _ = self._ngrams.find(self._analyze(letters))
        scores: npt.NDArray[np.float32] = self._log_likelihoods[known].sum(axis=0)
        return scores


def _letters(text: str) -> str:
    """The text without what has no language: values known by their shape, digits, signs."""
    words = "".join(
        character if character.isalpha() or character in "'¿¡" else " " for character in normalize(blank(text))
    )
    return " ".join(words.split())


def _words(letters: str) -> set[str]:
    """The words; of scripts that do not part them, the characters."""
    return {*letters.split(), *(letter for letter in letters if ord(letter) > 0x2E7F)}


def _script_language(letters: str) -> str | None:
    """The language that the script of most letters stands for; None for the Latin script."""
    counts: dict[str | None, int] = {}
    for letter in letters:
        if letter.isalpha():
            script = SCRIPTS.get(unicodedata.name(letter, "").partition(" ")[0])
            counts[script] = counts.get(script, 0) + 1
    if not counts:
        return None
    # A few kana among Chinese characters make Japanese.
    if counts.get("ja") and counts.get("zh"):
        counts["ja"] += counts.pop("zh")
    return max(counts, key=lambda script: counts[script])


def _other_languages(served: Iterable[str]) -> Iterable[tuple[str, str]]:
    for path in sorted(OTHER_LANGUAGES.glob("*.txt")):
        if path.stem not in served:
            for line in path.read_text(encoding="utf-8").splitlines():
                if line.strip():
                    yield path.stem, line
