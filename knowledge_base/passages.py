"""What in an article answers a question: which of its sections, and which passage that its answer leaves out.

A question's words count by how much they tell (`Weigh`) and, within the article, by how few of its parts have
them: what all parts have leads to none of them. A compound counts for the word inside it, and the other way
round, but less.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode

from knowledge_base.articles import Section
from knowledge_base.words import Analyzer

Weigh = Callable[[str], float]
"""How much a word (see `Analyzer.words`) of a question tells, from 0 to 1."""


@dataclass(frozen=True)
class Words:
    """The words of a text, each for itself and all in one string."""

    each: frozenset[str]
    joined: str

    def __or__(self, other: Words) -> Words:
        return Words(self.each | other.each, f"{self.joined} {other.joined}")


WORTH_ADDING = 0.35
"""The gain from which a passage is worth adding to an answer. Of 74 such passages, read with their questions in
English, German and Chinese, 60 answered the question, and 5 had nothing to do with it."""

UNSAID = 0.3
"""A question is rated as if it told this much more: a single vague word that fits proves little."""
LEAST_COVERAGE = 0.4
"""A passage that has less of what the question tells, answered before or not, is about something else."""
LEAST_FIT = 0.05
"""A section that scores less fits no better than the article as a whole."""
INSIDE = 0.6
"""What a word counts that is only inside another one: `Etikett` in `Rücksendeetikett`."""
HEADING = 0.5
"""What a word counts that only the heading over a passage has."""

_MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable("table")
_LISTS = ("bullet_list", "ordered_list")
_COLONS = (":", "：")


class Block(NamedTuple):
    """A paragraph, a list item or a table row, in plain text."""

    heading: str
    """Of the section; '' before the first."""
    text: str


class Passage(NamedTuple):
    """A block that answers a question."""

    heading: str
    text: str
    gain: float
    """How much of what the question tells it has and the answer has not, from 0 to 1."""


class RankedSection(NamedTuple):
    """How well a section answers a question."""

    heading: str
    """'' is the article as a whole: title, answer, and the text before the first heading."""
    score: float
    """The share, from 0 to 1, of what the question tells that is in its text, and again in its heading."""


class Passages:
    """Reads articles of one language. Threads may share it."""

    def __init__(self, analyzer: Analyzer) -> None:
        self._analyzer = analyzer
        self._words = lru_cache(maxsize=2**11)(self._words_of)
        self._shortest = 2 if analyzer.unspaced else 5

    def best(self, question: str, answer: str, body: str, weigh: Weigh) -> Passage | None:
        """The passage with the greatest gain; None if no passage about the question says more than the answer.

        Args:
            question: as it was asked.
            answer: what is said in any case, in plain text.
            body: Markdown.
            weigh: how much a word of the question tells.
        """
        weights = self._weights(question, weigh)
        answered = self._matches(weights, self._words(answer))
        found = blocks(body)
        texts = [self._matches(weights, self._words(block.text)) for block in found]
        selectivity = _selectivity(texts)
        told = sum(weights.values()) + UNSAID
        passages = []
        for block, text in zip(found, texts, strict=True):
            heading = self._matches(weights, self._words(block.heading))
            has = {word: max(text[word], HEADING * heading[word]) for word in weights}
            coverage = sum(weights[word] * has[word] for word in weights) / told
            gain = sum(weights[w] * selectivity[w] * max(0.0, has[w] - answered[w]) for w in weights) / told
            if gain and coverage >= LEAST_COVERAGE:
                passages.append(Passage(block.heading, block.text, gain))
        # Of two that say about the same, the shorter one.
        return max(passages, key=lambda passage: passage.gain - 0.0003 * len(passage.text), default=None)

    def sections(
        self, question: str, whole: str, sections: Iterable[tuple[str, str]], weigh: Weigh
    ) -> list[RankedSection]:
        """The sections that have something of the question, and the article as a whole, the best first.

        Args:
            question: as it was asked.
            whole: the article's title and answer.
            sections: those of its body, as heading and text. One without a heading belongs to the whole.
            weigh: how much a word of the question tells.
        """
        weights = self._weights(question, weigh)
        told = sum(weights.values()) + UNSAID
        words = {"": self._words(whole)}
        for heading, text in sections:
            words[heading] = words.get(heading, self._words(heading)) | self._words(text)
        texts = {heading: self._matches(weights, of_section) for heading, of_section in words.items()}
        selectivity = _selectivity([text for heading, text in texts.items() if heading])
        ranking = []
        for heading, has in texts.items():
            again = self._matches(weights, self._words(heading))
            score = sum(weights[w] * selectivity.get(w, 1.0) * (has[w] + again[w]) / 2 for w in weights) / told
            ranking.append(RankedSection(heading, score if heading else max(score, LEAST_FIT)))
        return sorted((section for section in ranking if section.score), key=lambda section: -section.score)

    def _weights(self, question: str, weigh: Weigh) -> dict[str, float]:
        return {word: weigh(word) for word in dict.fromkeys(self._analyzer.words(question))}

    def _words_of(self, text: str) -> Words:
        words = frozenset(self._analyzer.parts(text))
        return Words(words, " ".join(words))

    def _matches(self, question: Mapping[str, float], words: Words) -> dict[str, float]:
        """How far each of the question's words is among the words, from 0 to 1."""
        return {word: 1.0 if word in words.each else INSIDE * self._is_inside(word, words) for word in question}

    def _is_inside(self, word: str, words: Words) -> bool:
        """Whether the word is inside one of the words, or one of them inside it."""
        if len(word) < self._shortest:
            return False
        return word in words.joined or any(piece in words.each for piece in self._pieces(word))

    def _pieces(self, word: str) -> Iterator[str]:
        for start in range(len(word) - self._shortest + 1):
            for end in range(start + self._shortest, len(word) + 1):
                yield word[start:end]


def sections_of(body: str) -> list[Section]:
    """The sections of Markdown, in plain text."""
    texts: dict[str, list[str]] = {}
    for block in blocks(body):
        texts.setdefault(block.heading, []).append(block.text)
    return [Section(heading, "\n".join(of)) for heading, of in texts.items()]


@lru_cache(maxsize=2**10)
def blocks(body: str) -> tuple[Block, ...]:
    """The paragraphs, list items and table rows of Markdown, in plain text.

    The line that leads in a list (`These can't be returned:`) stands before each of its items, which say nothing or
    the opposite without it; a table's row has the headings of its columns.
    """
    found = []
    heading = ""
    for node, lead in _with_leads(SyntaxTreeNode(_MARKDOWN.parse(body)).children):
        if node.type == "heading":
            heading = _plain(node) if node.tag in ("h1", "h2") else heading
        else:
            found += [Block(heading, text) for text in _texts(node, lead)]
    return tuple(found)


def _with_leads(nodes: Sequence[SyntaxTreeNode]) -> Iterator[tuple[SyntaxTreeNode, str]]:
    """The nodes, and with a list or table the paragraph that leads it in, which is no node of its own."""
    lead = ""
    for i, node in enumerate(nodes):
        following = nodes[i + 1].type if i + 1 < len(nodes) else ""
        if node.type == "paragraph" and following in (*_LISTS, "table") and _plain(node).endswith(_COLONS):
            lead = _plain(node)
        else:
            yield node, lead
            lead = ""


def _texts(node: SyntaxTreeNode, lead: str) -> Iterator[str]:
    if node.type == "paragraph":
        yield _plain(node)
    elif node.type == "table":
        columns, *rows = [[_plain(cell) for cell in row.children] for part in node.children for row in part.children]
        for row in rows:
            cells = (f"{column}: {cell}" if column else cell for column, cell in zip(columns, row, strict=True))
            yield _joined(lead, "; ".join(cells))
    elif node.type in _LISTS:
        for item in node.children:
            for child, inner in _with_leads(item.children):
                for text in _texts(child, inner):
                    yield _joined(lead, text.rstrip(" ,;，；、"))
    else:
        for child, inner in _with_leads(node.children):
            yield from _texts(child, inner)


def _joined(lead: str, text: str) -> str:
    return f"{lead}{text}" if not lead or lead.endswith("：") else f"{lead} {text}"


def _plain(node: SyntaxTreeNode) -> str:
    """The text without marks."""
    if node.type in ("softbreak", "hardbreak"):
        return " "
    if node.type in ("text", "code_inline"):
        return node.content
    return "".join(map(_plain, node.children))


def _selectivity(parts: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """How much a word leads to one of the parts, by its matches in each: 1 if one has it, towards 0 the more do."""
    words = parts[0] if parts else {}
    having = {word: sum(part[word] >= INSIDE for part in parts) for word in words}
    return {word: rarity(len(parts), max(having[word], 1)) / rarity(len(parts), 1) for word in words}


def rarity(documents: int, having: int) -> float:
    """Lucene's inverse document frequency."""
    return math.log1p((documents - having + 0.5) / (having + 0.5))
