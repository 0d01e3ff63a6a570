"""What the assistant does: rasa-sdk actions, a module a topic.

`all_actions` creates them over the rooms below. They run in the server's process, or on an action server of their own
(`aftercare actions`). An action says *what* is to be said (a response of `domain.yml` and its values); how it is said
in the customer's language is the response generator's matter.
"""

from rasa_sdk import Action

from bot.actions.conversation import (
    ChangeLanguage,
    ChooseLanguage,
    Clarify,
    Digress,
    Inform,
    OfferPerson,
    RecordHandoff,
)
from bot.actions.orders import ListOrders, TrackOrder
from bot.actions.questions import AnswerQuestion, RateAnswer
from bot.actions.services import Services

__all__ = ["Services", "all_actions"]


def all_actions(services: Services) -> list[Action]:
    """Every action that `domain.yml` lists."""
    return [
        AnswerQuestion(services),
        ChangeLanguage(services),
        ChooseLanguage(services),
        Clarify(services),
        Digress(),
        Inform(services),
        ListOrders(services),
        OfferPerson(services),
        RateAnswer(services),
        RecordHandoff(),
        TrackOrder(services),
    ]
