"""What the process was about to do when it died: the message is delivered again, and nothing is lost or done twice."""

from typing import Any

import pytest

from bot.identity import Identity
from bot.letters import Letter
from tests.app.test_conversations import check_facts, filled, model, talk
from tests.talking import Talk

__all__ = ["filled", "model", "talk"]


class Died(BaseException):
    """The end of the process."""


CAMILLE, CHLOE, PIOTR = (
    "camille.laurent@courriel.example",
    "chloe.tremblay@courriel.example",
    "piotr.wisniewski@poczta.example",
)

CASES: list[tuple[str, str, list[str], dict[str, Any]]] = [
    (
        "cancel order AC-102938",
        CAMILLE,
        [],
        {
            "order AC-102938": {"status": "cancelled"},
            "refunds AC-102938": [{"cause": "cancellation", "amount": "238.90 EUR"}],
            "letters": ["order_cancelled"],
        },
    ),
    (
        "change the address of AC-102938 to 14 rue des Lilas, 69003 Lyon",
        CAMILLE,
        [],
        {"order AC-102938": {"shipping_address": {"city": "Lyon"}}, "letters": ["address_changed"]},
    ),
    (
        "lost parcel AC-121459",
        CHLOE,
        ["refund"],
        {
            "refunds AC-121459": [{"cause": "missing", "amount": "248.84 CAD"}],
            "claims AC-121459": [{"status": "settled"}],
            "letters": ["refund_started"],
        },
    ),
    (
        "lost parcel AC-121459",
        CHLOE,
        ["replacement"],
        {
            "replacements AC-121459": [{"cause": "missing"}],
            "claims AC-121459": [{"status": "settled"}],
            "letters": ["replacement_sent"],
        },
    ),
    (
        "I think my parcel AC-105518 is lost",
        PIOTR,
        [],
        {"claims AC-105518": [{"status": "carrier"}], "letters": ["claim_opened"]},
    ),
]


@pytest.mark.parametrize(("wish", "customer", "choices", "holds"), CASES)
async def test_cut_off_before_the_letter(
    talk: Talk,
    monkeypatch: pytest.MonkeyPatch,
    wish: str,
    customer: str,
    choices: list[str],
    holds: dict[str, Any],
) -> None:
    async def die(letter: Letter, key: str) -> None:
        raise Died

    await talk.say(wish, identity=Identity(email=customer))
    for choice in choices:
        await talk.press(choice)
    monkeypatch.setattr(talk.services.post, "put", die)
    with pytest.raises(Died):
        await talk.press("yes")
    monkeypatch.undo()
    await talk.restart()
    await talk.again()
    await check_facts(talk, holds)
