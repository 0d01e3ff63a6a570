"""Which problem of a troubleshooting guide a customer describes, and whether it tells of a hazard.

Linear classifiers that are trained in milliseconds, ahead or at their first use, on the names and phrases of the
guides. Of descriptions that it has not seen, a guide's puts about 70 % right in the first place and 90 % within the
first three: so it sorts what is offered, and only what is plainly named is acted upon.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from operator import itemgetter
from weakref import WeakKeyDictionary

from bot.choices.answers import prepared
from bot.severity import SAFETY, severity
from bot.text_classifier import TextClassifier
from shop.troubleshooting import GENERAL, Guides, Problem

PLAINLY_NAMED, LIKE_A_PHRASE = 0.8, 0.4
"""From this probability on, and this similarity to one of its phrases, a description stands for a problem: nine of ten
times it is the right one, and one message in a hundred that describes nothing is taken for one."""

MAY_BE_HAZARD, LIKE_A_HAZARD = 0.1, 0.3
"""From this probability and similarity on it is asked whether there is a hazard. Of unseen descriptions, three of four
of those of one reach them, and one of thirty other messages."""

NO_HAZARD = ""

_learnt: WeakKeyDictionary[Guides, dict[tuple[str, str], Examples]] = WeakKeyDictionary()
"""By language and category, `HAZARDS` for what tells the hazards from all other problems of all guides."""

HAZARDS = ""


def learn(guides: Guides, language: str) -> dict[str, Examples]:
    """The classifiers for a language, by category, to be kept for `recall`."""
    return {category: _examples(guides, category, language) for category in (*guides.categories, HAZARDS)}


def recall(guides: Guides, language: str, learnt: Mapping[str, Examples]) -> None:
    """Take up what `learn` returned once for the same guides."""
    known = _learnt.setdefault(guides, {})
    known.update(((language, category), examples) for category, examples in learnt.items())


def likeliest(guides: Guides, category: str, text: str, language: str) -> list[Problem]:
    """The problems of a category's guide, the likeliest first.

    Args:
        text: a description without the product's name, which says nothing about the problem.
    """
    found = _examples(guides, category, language).probabilities(text)
    return sorted(guides.of(category).problems, key=lambda problem: found[problem.key], reverse=True)


def plainly_named(guides: Guides, category: str, text: str, language: str) -> Problem | None:
    """The problem that a description stands for, if there is no doubt and no hazard."""
    examples = _examples(guides, category, language)
    key, probability = max(examples.probabilities(text).items(), key=itemgetter(1))
    if probability < PLAINLY_NAMED or examples.similarity(text, key) < LIKE_A_PHRASE:
        return None
    named = next(problem for problem in guides.of(category).problems if problem.key == key)
    return None if named.is_hazard else named


def hazard_in(guides: Guides, text: str, language: str) -> Problem | None:
    """The hazard that a description may tell of. To be confirmed: not every smell is one of burning."""
    hazards = {problem.key: problem for problem in guides.of(GENERAL).problems if problem.is_hazard}
    if not hazards:
        return None
    examples = _examples(guides, HAZARDS, language)
    found = examples.probabilities(text)
    hazard = max(hazards, key=lambda key: found[key])
    told = 1 - found[NO_HAZARD] >= MAY_BE_HAZARD and examples.similarity(text, hazard) >= LIKE_A_HAZARD
    return hazards[hazard] if told or severity(text, language) == SAFETY else None


def without(text: str, names: Iterable[str]) -> str:
    """A text without names that stand in it."""
    for name in names:
        text = text.replace(name, " ")
    return text


class Examples:
    """Descriptions with what they are of, and a classifier that has learnt them."""

    def __init__(self, examples: dict[str, str], language: str, class_weight: str | None = "balanced") -> None:
        self._of = list(examples.values())
        self._classifier, self._features = TextClassifier.learn(language, list(examples), self._of, class_weight)

    def probabilities(self, text: str) -> dict[str, float]:
        """What a text may be of."""
        return self._classifier.probabilities(prepared(text))

    def similarity(self, text: str, of: str) -> float:
        """How like the likest example of something a text is, from 0 to 1."""
        likeness = (self._features @ self._classifier.features(prepared(text)).T).toarray().ravel()
        # Words and pieces of words are a vector of length one each.
        return max(float(value) for value, example in zip(likeness, self._of, strict=True) if example == of) / 2


def _examples(guides: Guides, category: str, language: str) -> Examples:
    known = _learnt.setdefault(guides, {})
    if (language, category) not in known:
        learn = _of_hazards(guides, language) if category == HAZARDS else _of_guide(guides, category, language)
        known[language, category] = learn
    return known[language, category]


def _of_guide(guides: Guides, category: str, language: str) -> Examples:
    problems = guides.of(category).problems
    return Examples({text: problem.key for problem in problems for text in _descriptions(problem, language)}, language)


def _of_hazards(guides: Guides, language: str) -> Examples:
    examples = {
        text: problem.key if problem.is_hazard else NO_HAZARD
        for category in guides.categories
        for problem in guides.of(category).problems
        for text in _descriptions(problem, language)
    }
    # Hazards are as rare as their examples.
    return Examples(examples, language, class_weight=None)


def _descriptions(problem: Problem, language: str) -> list[str]:
    return [prepared(text) for text in (problem.name(language), *problem.phrases.get(language, ()))]
