"""What customers are told while they wait for people."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Protocol

from bot.localization import plain
from bot.values import moment
from conversations.service import RATING, WITHDRAW
from desk.hours import country_of, customer_zone, support_of, team_back
from desk.models import Place
from desk.waits import rounded
from shop import Policies

Content = dict[str, Any]


class Sentences(Protocol):
    """The sentences of the desk in a language; `desk.messages.Words`."""

    def text(self, key: str, **values: object) -> str:
        """A sentence."""
        ...

    def plural(self, key: str, count: int, **values: object) -> str:
        """A sentence that counts."""
        ...


class Telling:
    """Says it in the customer's language.

    Args:
        words: the sentences in a language, which may be one that there is no translation for.
    """

    def __init__(self, policies: Policies, words: Callable[[str], Sentences]) -> None:
        self._policies = policies
        self._words = words

    def is_there(self, language: str, now: datetime) -> bool:
        """Whether the team is there, by its hours."""
        return team_back(support_of(self._policies, language), now) is None

    def waiting(self, language: str, place: Place) -> Content:
        """You are in the queue."""
        words = self._words(language)
        first = place.position == 1
        stands = words.text("customer_next") if first else words.text("customer_place", position=place.position)
        return self._with_way_back(language, stands, self._wait(words, place.wait))

    def nobody_there(self, language: str, now: datetime, *, by_mail: bool = False) -> Content:
        """Leave a message.

        The bot says before it when the team is back, by the clock of the shop; here it is said by the customer's.

        Args:
            by_mail: whether the answer goes to this customer by e-mail as well.
        """
        words = self._words(language)
        back = team_back(support_of(self._policies, language), now)
        lead = self._by_their_clock(language, back, now) if back else words.text("customer_nobody_there")
        answer = "customer_leave_message_mail" if by_mail else "customer_leave_message"
        return self._with_way_back(language, lead, words.text(answer))

    def withdrawn(self, language: str) -> Content:
        """You are with the assistant again."""
        return {"text": self._words(language).text("customer_withdrawn")}

    def rating(self, language: str) -> Content:
        """How did it go?"""
        return {"text": self._words(language).text("customer_rating"), "custom": {"type": RATING}}

    def _with_way_back(self, language: str, *sentences: str) -> Content:
        button = {"title": self._words(language).text("customer_button_assistant"), "payload": WITHDRAW}
        return {"text": _paragraph(sentences, language), "buttons": [button]}

    def _wait(self, words: Sentences, wait: timedelta | None) -> str:
        if wait is None:
            return words.text("customer_wait_unknown")
        told = rounded(wait)
        hours, minutes = divmod(int(told.total_seconds()) // 60, 60)
        return words.plural("customer_wait_hours", hours) if hours else words.plural("customer_wait_minutes", minutes)

    def _by_their_clock(self, language: str, back: datetime, now: datetime) -> str:
        """When the team is back, where the customer's clock does not agree with the team's."""
        zone = customer_zone(country_of(self._policies, language), now)
        if zone is None or back.astimezone(zone).utcoffset() == back.utcoffset():
            return ""
        return self._words(language).text("customer_back_there", time=plain(moment(back, zone.key), language))


def _paragraph(sentences: tuple[str, ...], language: str) -> str:
    return ("" if language.startswith(("zh", "ja")) else " ").join(filter(None, sentences))
