"""The rules of the desk, from one YAML file (`desk/routing.yml`): when people take over, who of them, how quickly."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from functools import cached_property
from pathlib import Path

import yaml

from bot.nlu.text import normalize
from desk.models import Priority
from knowledge_base.words import Analyzer
from shop.yaml_nodes import DataFileError, NodeReader

BUNDLED = Path(__file__).with_name("routing.yml")

HANDED_BACK, WITHDRAWN = "handed_back", "withdrawn"
"""Reasons for which a ticket is closed besides those of the file: the agent gave it back to the bot, or the customer
went back to it."""

VALUED = "valued"
"""The tag of tickets of valued customers, which the desk gives by itself."""

URGENT = "urgent"
"""The severity of a handoff of which the bot says no more than that it must not wait."""

DEFAULT_TRIGGER = "asked"
"""Stands in for a trigger that the file does not have."""

Amounts = Mapping[str, Decimal]
"""An amount in several currencies (ISO 4217)."""


class RulesError(DataFileError):
    """The rules cannot be used. The message begins with the file and, where known, the line."""


class Mode(StrEnum):
    """How tickets come to agents."""

    OFFER = "offer"
    PULL = "pull"


@dataclass(frozen=True)
class Trigger:
    """What follows from a reason for which people take over. What is None is left to others."""

    priority: Priority = Priority.NORMAL
    skill: str | None = None
    team: str | None = None
    answer_within: timedelta | None = None
    resolve_within: timedelta | None = None
    back_office: bool = False
    """Somebody decides, and the customer need not wait for them."""


@dataclass(frozen=True)
class Keyword:
    """Phrases by language, and the skill of whoever is to settle what they are about."""

    skill: str | None
    phrases: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Rules:
    """The rules; the file explains them.

    Attributes:
        skill_of_flow: by the names of the bot's flows.
        severities: what follows from a severity besides what follows from the trigger.
        refund_limits: by role; a role that is not in it has no limit.
    """

    mode: Mode
    accept_within: timedelta
    offer_again_after: timedelta
    heartbeat: timedelta
    requeue_after: timedelta
    overflow_after: timedelta
    skill_after: timedelta
    priority_worth: timedelta
    reopen_within: timedelta
    warn_answer: timedelta
    warn_resolution: timedelta
    low_rating: int
    valued_customer: Amounts
    skills: tuple[str, ...]
    skill_of_flow: Mapping[str, str]
    teams: tuple[str, ...]
    triggers: Mapping[str, Trigger]
    severities: Mapping[str, Trigger]
    keywords: tuple[Keyword, ...]
    refund_limits: Mapping[str, Amounts]
    close_reasons: tuple[str, ...]
    tags: tuple[str, ...]

    @classmethod
    def load(cls, path: Path = BUNDLED) -> Rules:
        """Read and check a file. Raises `RulesError`."""
        return _Reader(path).rules()

    def trigger(self, reason: str) -> Trigger:
        """What follows from a reason."""
        return self.triggers.get(reason) or self.triggers[DEFAULT_TRIGGER]

    def keyword(self, text: str, language: str) -> Keyword | None:
        """The first keyword that a customer's message contains, as whole words in any inflection."""
        said = _tokens(text, language)
        for keyword, phrases in self._phrases.get(language, ()):
            if any(_contains(said, phrase) for phrase in phrases):
                return keyword
        return None

    def refund_limit(self, role: str, currency: str) -> Decimal | None:
        """How much a role may refund by itself: None for as much as there is, 0 in a currency without a limit of its
        own.
        """
        limits = self.refund_limits.get(role)
        return None if limits is None else limits.get(currency, Decimal(0))

    def is_valued(self, spent: Amounts) -> bool:
        """Whether who has spent so much, in one of the currencies, is a valued customer."""
        limits = self.valued_customer
        return any(currency in limits and amount >= limits[currency] for currency, amount in spent.items())

    @cached_property
    def _phrases(self) -> dict[str, list[tuple[Keyword, list[tuple[str, ...]]]]]:
        found: dict[str, list[tuple[Keyword, list[tuple[str, ...]]]]] = {}
        for keyword in self.keywords:
            for language, phrases in keyword.phrases.items():
                found.setdefault(language, []).append((keyword, [_tokens(phrase, language) for phrase in phrases]))
        return found


def _tokens(text: str, language: str) -> tuple[str, ...]:
    """The words without inflection; where no spaces set them apart, the characters."""
    analyzer = Analyzer(language)
    return tuple(normalize(text) if analyzer.unspaced else analyzer.words(text))


def _contains(tokens: Sequence[str], phrase: Sequence[str]) -> bool:
    size = len(phrase)
    return any(tokens[start : start + size] == phrase for start in range(len(tokens) - size + 1))


_PARTS = (
    *("mode", "accept_seconds", "offer_again_seconds", "heartbeat_seconds", "requeue_minutes", "overflow_minutes"),
    *("skill_minutes", "priority_minutes", "reopen_hours", "warn_minutes", "low_rating", "valued_customer", "skills"),
    *("teams", "triggers", "severities", "keywords", "refund_limits", "close_reasons", "tags"),
)

_OF_TRIGGER = ("priority", "skill", "team", "answer_minutes", "resolve_hours", "back_office")

_BOOLEANS = {"true": True, "false": False}


class _Reader(NodeReader):
    """Turns a file's YAML nodes into rules."""

    error_class = RulesError

    def rules(self) -> Rules:
        root = self._document()
        parts = self._mapping(root)
        self._check(parts, _PARTS, "part")
        for part in _PARTS:
            if part not in parts:
                raise RulesError(self._path, None, f"the part {part!r} is missing")
        warnings = self._mapping(parts["warn_minutes"])
        self._check(warnings, ("answer", "resolution"), "timer")
        skills = {name: self._names(node) for name, node in self._mapping(parts["skills"]).items()}
        teams = self._names(parts["teams"])
        triggers = self._triggers(parts["triggers"], skills, teams)
        if DEFAULT_TRIGGER not in triggers:
            raise self._error(parts["triggers"], f"the trigger {DEFAULT_TRIGGER!r} is missing")
        return Rules(
            mode=self._mode(parts["mode"]),
            accept_within=timedelta(seconds=self._number(parts["accept_seconds"])),
            offer_again_after=timedelta(seconds=self._number(parts["offer_again_seconds"])),
            heartbeat=timedelta(seconds=self._number(parts["heartbeat_seconds"])),
            requeue_after=timedelta(minutes=self._number(parts["requeue_minutes"])),
            overflow_after=timedelta(minutes=self._number(parts["overflow_minutes"])),
            skill_after=timedelta(minutes=self._number(parts["skill_minutes"])),
            priority_worth=timedelta(minutes=self._number(parts["priority_minutes"])),
            reopen_within=timedelta(hours=self._number(parts["reopen_hours"])),
            warn_answer=timedelta(minutes=self._number(warnings.get("answer", parts["warn_minutes"]))),
            warn_resolution=timedelta(minutes=self._number(warnings.get("resolution", parts["warn_minutes"]))),
            low_rating=self._number(parts["low_rating"]),
            valued_customer=self._amounts(parts["valued_customer"]),
            skills=tuple(skills),
            skill_of_flow={flow: skill for skill, flows in skills.items() for flow in flows},
            teams=teams,
            triggers=triggers,
            severities=self._triggers(parts["severities"], skills, teams),
            keywords=tuple(self._keyword(node, skills) for node in self._items(parts["keywords"])),
            refund_limits={role: self._amounts(node) for role, node in self._mapping(parts["refund_limits"]).items()},
            close_reasons=self._names(parts["close_reasons"]),
            tags=self._names(parts["tags"]),
        )

    def _mode(self, node: yaml.Node) -> Mode:
        try:
            return Mode(self._text(node))
        except ValueError:
            raise self._error(node, f"expected one of {', '.join(Mode)}") from None

    def _triggers(self, node: yaml.Node, skills: Iterable[str], teams: Iterable[str]) -> dict[str, Trigger]:
        return {name: self._trigger(child, skills, teams) for name, child in self._mapping(node).items()}

    def _trigger(self, node: yaml.Node, skills: Iterable[str], teams: Iterable[str]) -> Trigger:
        values = self._mapping(node)
        self._check(values, _OF_TRIGGER, "value")
        answer, resolve = values.get("answer_minutes"), values.get("resolve_hours")
        return Trigger(
            priority=self._priority(values["priority"]) if "priority" in values else Priority.NORMAL,
            skill=self._one_of(values.get("skill"), skills, "skill"),
            team=self._one_of(values.get("team"), teams, "team"),
            answer_within=timedelta(minutes=self._number(answer)) if answer else None,
            resolve_within=timedelta(hours=self._number(resolve)) if resolve else None,
            back_office=self._boolean(values["back_office"]) if "back_office" in values else False,
        )

    def _priority(self, node: yaml.Node) -> Priority:
        levels = {level.name.lower(): level for level in Priority}
        name = self._one_of(node, levels, "priority")
        assert name
        return levels[name]

    def _keyword(self, node: yaml.Node, skills: Iterable[str]) -> Keyword:
        values = self._mapping(node)
        skill = self._one_of(values.pop("skill", None), skills, "skill")
        return Keyword(skill, {language: self._names(phrases) for language, phrases in values.items()})

    def _one_of(self, node: yaml.Node | None, known: Iterable[str], kind: str) -> str | None:
        if node is None:
            return None
        name = self._text(node)
        if name not in known:
            raise self._error(node, f"unknown {kind} {name!r}; there are {', '.join(known)}")
        return name

    def _check(self, values: Mapping[str, yaml.Node], known: Sequence[str], kind: str) -> None:
        for name, node in values.items():
            if name not in known:
                raise self._error(node, f"unknown {kind} {name!r}; there are {', '.join(known)}")

    def _items(self, node: yaml.Node) -> list[yaml.Node]:
        if not isinstance(node, yaml.SequenceNode):
            raise self._error(node, "expected a list")
        return list(node.value)

    def _names(self, node: yaml.Node) -> tuple[str, ...]:
        return tuple(self._text(item) for item in self._items(node))

    def _number(self, node: yaml.Node) -> int:
        text = self._text(node)
        if not text.isdecimal():
            raise self._error(node, f"expected a whole number, not {text!r}")
        return int(text)

    def _boolean(self, node: yaml.Node) -> bool:
        text = self._text(node)
        if text not in _BOOLEANS:
            raise self._error(node, f"expected true or false, not {text!r}")
        return _BOOLEANS[text]

    def _amounts(self, node: yaml.Node) -> dict[str, Decimal]:
        return {currency: self._amount(child) for currency, child in self._mapping(node).items()}

    def _amount(self, node: yaml.Node) -> Decimal:
        text = self._text(node)
        try:
            amount = Decimal(text)
        except InvalidOperation:
            amount = Decimal("NaN")
        if not amount.is_finite() or amount < 0:
            raise self._error(node, f"expected an amount, not {text!r}")
        return amount
