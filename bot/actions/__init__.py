"""What the assistant does: rasa-sdk actions, a module a topic.

`all_actions` creates them over the rooms below. They run in the server's process, or on an action server of their own
(`aftercare actions`). An action says *what* is to be said (a response of `domain.yml` and its values); how it is said
in the customer's language is the response generator's matter. What takes several questions is a flow, see
`bot.actions.flow`.
"""

from typing import Any

from rasa_sdk import Action

from bot.actions.address import ChangeAddress
from bot.actions.cancelling import CancelOrder
from bot.actions.complaints import Complain
from bot.actions.conversation import (
    ChangeLanguage,
    ChooseLanguage,
    Clarify,
    Inform,
    RecordHandoff,
)
from bot.actions.exchanging import ExchangeItem
from bot.actions.faults import ReportDamaged, ReportWrongItem
from bot.actions.flow import Flow, flow_actions
from bot.actions.greeting import Greet
from bot.actions.invoices import RequestInvoice
from bot.actions.listing import ListOrders
from bot.actions.missing import ReportMissingParcel
from bot.actions.privacy import PrivacyRequest
from bot.actions.progress import RefundProgress, ReturnProgress
from bot.actions.questions import AnswerQuestion, RateAnswer
from bot.actions.rating import AskRating
from bot.actions.repairs import RequestRepair
from bot.actions.returning import ReturnItem
from bot.actions.services import Services
from bot.actions.tracking import TrackOrder
from bot.actions.troubleshooting import Troubleshoot

__all__ = ["Services", "all_actions", "all_flows"]


def all_flows() -> list[Flow[Any]]:
    """Every flow."""
    return [
        CancelOrder(),
        ChangeAddress(),
        Complain(),
        ExchangeItem(),
        ListOrders(),
        PrivacyRequest(),
        RefundProgress(),
        ReportDamaged(),
        ReportWrongItem(),
        ReportMissingParcel(),
        RequestInvoice(),
        RequestRepair(),
        ReturnItem(),
        ReturnProgress(),
        TrackOrder(),
        Troubleshoot(),
    ]


def all_actions(services: Services) -> list[Action]:
    """Every action that `domain.yml` lists."""
    answer, rate = AnswerQuestion(services), RateAnswer(services)
    change_language, choose_language = ChangeLanguage(services), ChooseLanguage(services)
    digressions = {
        "ask_faq": answer,
        "rate_answer": rate,
        "change_language": change_language,
        "unserved_language": choose_language,
    }
    return [
        answer,
        AskRating(services),
        change_language,
        choose_language,
        Clarify(services),
        Greet(services),
        Inform(services),
        rate,
        RecordHandoff(services),
        *(action for flow in all_flows() for action in flow_actions(flow, services, digressions)),
    ]
