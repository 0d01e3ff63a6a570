"""What facts amount to: the figures of a report, the same for a whole period, a day, a language or an agent."""

from __future__ import annotations

import statistics
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple, TypeVar

from desk.reports.facts import BOT, Fact, Facts

STARS = (1, 2, 3, 4, 5)

Key = TypeVar("Key", bound=Hashable)


class Spread(NamedTuple):
    """How long something took: for half of the cases at most `median`, for nine in ten at most `p90`."""

    median: timedelta
    p90: timedelta
    cases: int


@dataclass(frozen=True)
class Figures:
    """The figures of some facts; a share is 0..1, and None where there is nothing to take it of.

    Attributes:
        by_bot: contacts without a ticket.
        settled: contacts whose matter did not come back within a week, of the `judged` ones, whose week is over.
        bot_answer: from a contact's first message to the bot's first answer.
        answer: from a ticket's begin to a person's first answer.
        resolution: from a ticket's begin to its end.
        stars: how often 1, 2, 3, 4 and 5 stars were given.
        asked: how often a rating was asked for.
        understood: messages that the bot looked at; `misunderstood`, of which it could make nothing.
    """

    contacts: int
    by_bot: int
    settled: int
    judged: int
    opened: int
    closed: int
    bot_answer: Spread | None
    answer: Spread | None
    resolution: Spread | None
    stars: tuple[int, ...]
    asked: int
    understood: int
    misunderstood: int

    @classmethod
    def of(cls, facts: Facts) -> Figures:
        """The figures of facts."""
        judged = [contact.settled for contact in facts.contacts if contact.settled is not None]
        stars = Counter(asked.stars for asked in facts.asked)
        return cls(
            contacts=len(facts.contacts),
            by_bot=sum(contact.agent == BOT for contact in facts.contacts),
            settled=sum(judged),
            judged=len(judged),
            opened=len(facts.opened),
            closed=len(facts.closed),
            bot_answer=spread(contact.answered_after for contact in facts.contacts),
            answer=spread(ticket.answered_after for ticket in facts.opened),
            resolution=spread(ticket.took for ticket in facts.closed),
            stars=tuple(stars[number] for number in STARS),
            asked=len(facts.asked),
            understood=sum(contact.understood for contact in facts.contacts),
            misunderstood=sum(contact.misunderstood for contact in facts.contacts),
        )

    @property
    def by_people(self) -> int:
        """Contacts with a ticket."""
        return self.contacts - self.by_bot

    @property
    def bot_share(self) -> float | None:
        """The share of the contacts that were settled by the bot."""
        return _share(self.by_bot, self.contacts)

    @property
    def first_contact(self) -> float | None:
        """First-contact resolution."""
        return _share(self.settled, self.judged)

    @property
    def rated(self) -> int:
        """How often a rating was given."""
        return sum(self.stars)

    @property
    def rating(self) -> float | None:
        """The mean of the stars."""
        return _share(sum(number * count for number, count in zip(STARS, self.stars, strict=True)), self.rated)

    @property
    def response_rate(self) -> float | None:
        """The share of those who were asked for a rating that gave one."""
        return _share(self.rated, self.asked)

    @property
    def misunderstood_share(self) -> float | None:
        """The share of the messages of which the bot could make nothing."""
        return _share(self.misunderstood, self.understood)


def spread(seconds: Iterable[float | None]) -> Spread | None:
    """The median and the 90th percentile of those that are known, between neighbours interpolated; None of none."""
    known = sorted(each for each in seconds if each is not None)
    if not known:
        return None
    p90 = statistics.quantiles(known, n=10, method="inclusive")[-1] if len(known) > 1 else known[0]
    return Spread(timedelta(seconds=statistics.median(known)), timedelta(seconds=p90), len(known))


def divided(facts: Facts, by: Callable[[Fact], Key | None]) -> dict[Key, Facts]:
    """The facts by what they have in common; those for which that is None are left out."""
    parts: defaultdict[Key, Facts] = defaultdict(Facts)
    for kind in ("contacts", "opened", "closed", "asked"):
        alike: defaultdict[Key | None, list[Fact]] = defaultdict(list)
        for fact in getattr(facts, kind):
            alike[by(fact)].append(fact)
        for key, kept in alike.items():
            if key is not None:
                setattr(parts[key], kind, kept)
    return dict(parts)


def _share(part: float, whole: int) -> float | None:
    return part / whole if whole else None
