"""Answers to general questions, from the knowledge base."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from bot.actions import cards
from bot.actions.case import SETTLED_SLOT
from bot.actions.services import Services, entity_values
from bot.countries import mentioned_country
from bot.decision import WORTH_OFFERING
from bot.intents import NO_ARTICLE, QUESTION
from bot.topics import ASKED, TOPIC_SLOT, Topic, topic_of
from bot.values import Value, lines, sentence
from bot.values import country as country_value
from knowledge_base import WORTH_ADDING, GapKind, Passage, Rendered, UnknownArticle, article_url

SURE = 0.5
"""From this share of a question's probability the best article is the answer."""

RUNNER_UP = 0.05
"""From this share on the second best article is offered beside the answer."""

MAX_CHOICES = 3

MAX_PASSAGE = 400
"""The characters of a passage that may be said in a chat; a longer one is left to the article's page."""

RATE = "/rate_answer"

PERSON = {"title": sentence("utter_reading_human_handoff"), "payload": "/human_handoff"}


class AnswerQuestion(Action):
    """Answers from the likeliest article; asks which, where several are as likely; or says that there is none."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def name(self) -> str:
        return "action_answer_question"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        asked = topic_of(tracker)
        chosen = entity_values(tracker, "article")
        if chosen:
            topic = Topic(chosen[0], asked.question if asked else "")
            return await self._answer(dispatcher, tracker, topic, topic.question, [])
        question = tracker.latest_message.get(ASKED) or tracker.latest_message["text"]
        ranking = rank_articles(tracker)
        likeliest = ranking[0][0] if ranking else None
        if ranking and ranking[0][1] >= SURE and likeliest != NO_ARTICLE:
            goes_on = ASKED in tracker.latest_message
            # What goes on from a question leads back to that one, not to the whole way from there.
            topic = asked if goes_on and asked and asked.article == likeliest else Topic(likeliest, question)
            # Of what goes on from a question, the new part is to be answered.
            return await self._answer(dispatcher, tracker, topic, tracker.latest_message["text"], ranking[1:])
        choices = article_choices(self._services, tracker, ranking)[:MAX_CHOICES]
        if len(choices) > 1 and likeliest != NO_ARTICLE:
            await self._services.record_gap(tracker, GapKind.UNSURE, question, likeliest)
            dispatcher.utter_message(response="utter_choose_article", choices=[*choices, none_of_these()])
        else:
            await no_answer(self._services, dispatcher, tracker, question)
        return [SlotSet(TOPIC_SLOT, Topic(None, question).as_dict())]

    async def _answer(
        self,
        dispatcher: CollectingDispatcher,
        tracker: Tracker,
        topic: Topic,
        question: str,
        runners_up: Sequence[tuple[str, float]],
    ) -> list[EventType]:
        services = self._services
        language = services.language(tracker)
        message = tracker.latest_message
        mentioned = mentioned_country(message["text"], language)
        country = mentioned or services.country(tracker)
        assert topic.article is not None
        try:
            article, fallback = services.knowledge_base.answer(topic.article, language, country)
        except UnknownArticle:  # It was taken away since the training, or since the button was shown.
            await no_answer(services, dispatcher, tracker, topic.question)
            return []
        passage = self._passage(question, article)
        # The answer itself was said before, unless it is another country's now.
        known = ASKED in message and topic_of(tracker) == topic and not mentioned
        told = lines(
            sentence("utter_in_english") if fallback else None,
            sentence("utter_for_country", country=country_value(country)) if mentioned else None,
            None if known and passage else article.answer,
            passage.text if passage else None,
        )
        url = self._url(article, country, passage)
        more, linked = (sentence("utter_more", url=where) for where in (url, cards.link(article.title, url)))
        said = lines(told, more)
        # In the middle of something else, the customer has another question to answer.
        if tracker.active_loop_name or tracker.get_slot("next_matter"):
            dispatcher.utter_message(response="utter_answer", answer=said, card=cards.text(told, linked))
        else:
            helped = sentence("utter_did_this_help")
            others = article_choices(services, tracker, [one for one in runners_up if one[1] >= RUNNER_UP])
            dispatcher.utter_message(
                response="utter_answer",
                answer=lines(said, helped),
                choices=[*_rating(topic.article), *others[:1]],
                card=cards.text(told, linked, helped),
            )
        events: list[EventType] = [SlotSet(TOPIC_SLOT, topic.as_dict())]
        return [*events, SlotSet("country", mentioned)] if mentioned else events

    def _passage(self, question: str, article: Rendered) -> Passage | None:
        """What in the article's body answers the question beyond its answer, if that is worth saying."""
        found = self._services.knowledge_base.passage(question, article) if question else None
        return found if found and found.gain >= WORTH_ADDING and len(found.text) <= MAX_PASSAGE else None

    def _url(self, article: Rendered, country: str, passage: Passage | None) -> str:
        section = passage.heading if passage else ""
        return article_url(self._services.public_url, article.language, article.slug, country, section or None)


class RateAnswer(Action):
    """Takes the customer's word on whether an answer helped; if not, offers what else it could be, and a person."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def name(self) -> str:
        return "action_rate_answer"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        if "yes" in entity_values(tracker, "helpful"):
            dispatcher.utter_message(response="utter_rated_helpful")
            return [SlotSet(SETTLED_SLOT, True)]
        asked = topic_of(tracker)
        article = next(iter(entity_values(tracker, "article")), None)
        if article is None:
            # None of those that were offered.
            await no_answer(self._services, dispatcher, tracker, asked.question if asked else "")
            return []
        # The button may belong to an older answer, whose question is forgotten.
        question = asked.question if asked and asked.article == article else ""
        await self._services.record_gap(tracker, GapKind.UNHELPFUL, question, article)
        others = self._others(tracker, question, article)
        if others:
            dispatcher.utter_message(response="utter_rated_unhelpful", choices=[*others, PERSON])
        else:
            dispatcher.utter_message(response="utter_rated_unhelpful_person")
        return []

    def _others(self, tracker: Tracker, question: str, article: str) -> list[dict[str, Any]]:
        language = self._services.language(tracker)
        hits = self._services.knowledge_base.search(question, language) if question else []
        ranking = [(hit.slug, hit.score) for hit in hits if hit.slug != article]
        return article_choices(self._services, tracker, ranking)


async def no_answer(services: Services, dispatcher: CollectingDispatcher, tracker: Tracker, question: str) -> None:
    """Say that there is no answer, keep the question, and offer a person."""
    await services.record_gap(tracker, GapKind.UNANSWERED, question)
    dispatcher.utter_message(response="utter_no_answer")


def none_of_these() -> dict[str, Any]:
    """The button beside offered articles."""
    return {"title": sentence("utter_none_of_these"), "payload": _payload(RATE, helpful="no"), "means": "deny"}


def rank_articles(tracker: Tracker) -> list[tuple[str, float]]:
    """The articles that may answer the last message, the likeliest first, with their shares of the probability."""
    selector = (tracker.latest_message.get("response_selector") or {}).get(QUESTION, {})
    return [
        (entry["intent_response_key"].partition("/")[2], entry["confidence"]) for entry in selector.get("ranking", [])
    ]


def article_choices(services: Services, tracker: Tracker, ranking: Sequence[tuple[str, float]]) -> list[dict[str, Any]]:
    """The articles of a ranking (see `rank_articles`) as buttons, without those that are not worth offering."""
    likely = [slug for slug, share in ranking if share >= WORTH_OFFERING]
    titles = {slug: services.title(tracker, slug) for slug in likely}
    # Without a title there is no such article: the label of questions that none answers, or one that was taken away.
    return [
        {"title": title, "payload": _payload(f"/{QUESTION}", article=slug)} for slug, title in titles.items() if title
    ]


def _rating(article: str) -> list[dict[str, Value | str]]:
    """The answers to whether an article helped."""
    return [
        {"title": sentence(title), "payload": _payload(RATE, helpful=helpful, article=article), "means": meaning}
        for title, helpful, meaning in (("utter_helped", "yes", "affirm"), ("utter_not_helped", "no", "deny"))
    ]


def articles_of(messages: Iterable[Mapping[str, Any]]) -> tuple[list[str], list[str]]:
    """The slugs of the articles from which messages of the assistant answer, and of those that they offer."""
    payloads = [button["payload"] for message in messages for button in message.get("buttons") or ()]
    entities = [
        (intent, json.loads(brace + rest)) for intent, brace, rest in (p.partition("{") for p in payloads) if rest
    ]
    answered = [values["article"] for intent, values in entities if intent == RATE and values["helpful"] == "yes"]
    offered = [values["article"] for intent, values in entities if intent == f"/{QUESTION}"]
    return answered, offered


def _payload(intent: str, **entities: str) -> str:
    return intent + json.dumps(entities)
