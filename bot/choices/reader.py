"""What an answer chooses."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from pathlib import Path

from bot.choices.answers import FixedAnswers
from bot.choices.counts import Counts
from bot.choices.days import Days
from bot.choices.options import Names, Option
from bot.choices.words import Words, fold, load_content
from bot.text_classifier import TextClassifier
from knowledge_base.words import Analyzer

DATA = Path(__file__).parents[1] / "data"

MOST_CHARACTERS = 500
"""Whoever writes more chooses nothing."""

MOST_OTHER_WORDS = 2
"""With more words of another kind, "all" is not what is chosen."""

_MARKS = r"(?:[,;:!?。，、；：！？\n]+|(?<!\d)\.+)(?!\d)"


@dataclass
class _Said:
    """What a text says about options.

    Attributes:
        chosen: the values that are meant, and how many of each.
        excluded: the values that are not.
        all: whether all are, but for those.
        unclear: whether something could mean either of two.
    """

    chosen: dict[str, int | None] = field(default_factory=dict)
    excluded: set[str] = field(default_factory=set)
    all: bool = False
    unclear: bool = False


class ChoiceReader:
    """Reads answers in every language that has a file in `choices/` of the training data's folder.

    An empty text, one that is too long, and one in a language without a file choose nothing.
    """

    def __init__(self, data: Path = DATA) -> None:
        self._data = data

    def learn(self, language: str) -> dict[str, TextClassifier]:
        """What answers in a language are read with, to be kept for `recall`."""
        reading = _reader(self._data, language)
        return reading.answers.learn() if reading else {}

    def recall(self, language: str, learnt: Mapping[str, TextClassifier]) -> None:
        """Take up what `learn` returned once."""
        reading = _reader(self._data, language)
        if reading:
            reading.answers.recall(learnt)

    def one(self, text: str, language: str, question: str, options: Sequence[Option]) -> str | None:
        """The value that a text means; None when it means none of them, or it is not clear which.

        Args:
            text: the customer's.
            language: of the text, as an ISO 639 code.
            question: what was asked: one that the language's file knows answers for, or any other.
            options: what there is to choose from, in the order in which the customer sees it.
        """
        reading = self._reading(text, language)
        return reading.one(fold(text), question, options) if reading else None

    def several(
        self, text: str, language: str, question: str, options: Sequence[Option]
    ) -> dict[str, int | None] | None:
        """The values that a text means and how many of each, None where it does not say; None when it is not clear.

        The arguments are those of `one`.
        """
        reading = self._reading(text, language)
        return reading.several(fold(text), options) if reading else None

    def day(self, text: str, language: str, today: date) -> date | None:
        """The day that a text names, counted from `today`; None when it names none, or several."""
        reading = self._reading(text, language)
        return reading.day(fold(text), today) if reading else None

    def number(self, text: str, language: str) -> int | None:
        """The number that a text says, from 0 to 999; None when it says none, or several."""
        reading = self._reading(text, language)
        return reading.counts.number(fold(text)) if reading else None

    def asks(self, text: str, language: str) -> bool:
        """Whether a text looks like a question."""
        folded = fold(text)
        reading = self._reading(text, language)
        return "?" in folded or (reading is not None and reading.words.are_asking(folded))

    def _reading(self, text: str, language: str) -> _LanguageReader | None:
        if not text.strip() or len(text) > MOST_CHARACTERS:
            return None
        return _reader(self._data, language)


class _LanguageReader:
    """Reads folded answers in one language."""

    def __init__(self, data: Path, language: str) -> None:
        self.words = Words(load_content(data / "choices" / f"{language}.yml")["words"])
        self.counts = Counts(self.words)
        self.answers = FixedAnswers(data, language)
        self._days = Days(self.words, language)
        # What excepts comes first: in "all but the belt" nothing else begins.
        self._border = re.compile(rf"{self.words.excepting.pattern}|(?P<border>{_MARKS}|{self.words.but.pattern})")
        self._analyzer = Analyzer(language)

    def one(self, text: str, question: str, options: Sequence[Option]) -> str | None:
        names = self._names(options)
        pressed = names.exactly(text)
        if pressed is not None:
            return pressed
        position = self._at(text, options)
        if position is not None:
            return position
        values = {option.value for option in options}
        # Of the choices of an order, for one, only that its number is not known is always the same.
        if not values.isdisjoint(self.answers.values(question)):
            value = self.answers.read(self._without_denied(text), question, self.words.are_asking(text))
            return value if value in values else None
        said = self._said(text, names)
        if said.unclear or len(said.chosen) != 1 or self.words.are_asking(text):
            return None
        return next(iter(said.chosen))

    def _without_denied(self, text: str) -> str:
        """What is said instead, where something is said not to be so: of "not too small, too big" the latter."""
        clauses = list(self._clauses(text))
        said = [clause for clause in clauses if not self.words.denying.match(clause)]
        return " ".join(said) if 0 < len(said) < len(clauses) else text

    def several(self, text: str, options: Sequence[Option]) -> dict[str, int | None] | None:
        names = self._names(options)
        pressed = names.exactly(text)
        if pressed is not None:
            return {pressed: None}
        listed = self._listed(text, options)
        if listed:
            return listed
        if self.words.are_asking(text):
            return None
        said = self._said(text, names)
        if said.unclear:
            return None
        if said.chosen:
            return said.chosen
        if said.all or (len(options) == 2 and self.words.both.search(text)):
            return dict.fromkeys(option.value for option in options if option.value not in said.excluded) or None
        return None

    def day(self, text: str, today: date) -> date | None:
        suiting = " ".join(clause for clause in self._clauses(text) if not self.words.negations.search(clause))
        return None if self.words.are_asking(text) else self._days.day(suiting, today)

    def _clauses(self, text: str) -> Iterator[str]:
        """The parts of a text between marks, and from where something else is said."""
        start = 0
        for found in self._border.finditer(text):
            if found["border"]:
                yield text[start : found.start()].strip()
                start = found.end()
        if text[start:].strip():
            yield text[start:].strip()

    def _names(self, options: Sequence[Option]) -> Names:
        return Names(options, self.words.fillers, self._stem)

    def _stem(self, word: str) -> str:
        stems = self._analyzer.words(word)
        return stems[0] if len(stems) == 1 else word

    def _at(self, text: str, options: Sequence[Option]) -> str | None:
        """The value of the option at the position that a text says."""
        position = None if self.words.both.search(text) else self.counts.position(text)
        if position == -1 and options:
            return options[-1].value
        return options[position - 1].value if position and 0 < position <= len(options) else None

    def _listed(self, text: str, options: Sequence[Option]) -> dict[str, int | None] | None:
        """The options at the positions that a text lists; None if it says anything else."""
        pieces = [piece for piece in re.split(rf"{_MARKS}|{self.words.joining.pattern}|[&+/ ]", text) if piece.strip()]
        values = [self._at(piece.strip(), options) for piece in pieces if self.words.content_of(piece)]
        return None if None in values or not values else dict.fromkeys(value for value in values if value)

    def _said(self, text: str, names: Names) -> _Said:
        said = _Said()
        for clause in self._clauses(text):
            meant, *not_meant = self.words.excepting.split(clause)
            excluded = [values for part in not_meant for values, _ in self._mentions(part, names)]
            mentions = list(self._mentions(meant, names))
            if not_meant and not excluded:
                # "The belt not" excludes what stands before.
                excluded, mentions = [values for values, _ in mentions], []
            said.excluded.update(value for values in excluded for value in values)
            said.chosen.update((value, count) for values, count in mentions for value in values)
            said.unclear = said.unclear or any(len(values) > 1 for values, _ in mentions)
            said.all = said.all or self._means_all(clause, bool(mentions), bool(not_meant))
        said.chosen = {value: count for value, count in said.chosen.items() if value not in said.excluded}
        return said

    def _mentions(self, text: str, names: Names) -> Iterator[tuple[list[str], int | None]]:
        """The values that each thing named in a text may be, and how many of it."""
        for piece in self.words.joining.split(text):
            values = names.mentioned(piece)
            if values:
                yield values, self.counts.number(names.without_names(piece))

    def _means_all(self, clause: str, names_some: bool, excludes_some: bool) -> bool:
        if excludes_some:
            return self.words.all.search(clause) is not None
        rest, found = self.words.all.subn(" ", clause)
        return found > 0 and not names_some and len(self.words.content_of(rest)) <= MOST_OTHER_WORDS


@lru_cache(maxsize=64)
def _reader(data: Path, language: str) -> _LanguageReader | None:
    return _LanguageReader(data, language) if (data / "choices" / f"{language}.yml").exists() else None
