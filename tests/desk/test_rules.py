"""The rules of the desk and their file."""

from decimal import Decimal
from pathlib import Path

import pytest

from bot.intents import FLOWS
from bot.severity import WORDS
from desk.assessment import Words, assess
from desk.models import Priority
from desk.rules import BUNDLED, Rules, RulesError

RULES = Rules.load()


@pytest.mark.parametrize(
    ("part", "wrong", "problem"),
    [
        ("mode: offer", "mode: shout", "expected one of offer, pull"),
        ("accept_seconds: 45", "accept_seconds: soon", "expected a whole number, not 'soon'"),
        ("low_rating: 2", "low_rating: 2\nhigh_rating: 5", "unknown part 'high_rating'; there are mode,"),
        ("skill: billing, answer", "skill: bills, answer", "unknown skill 'bills'; there are orders,"),
        ("asked: {priority: normal", "asked: {priority: soon", "unknown priority 'soon'; there are low,"),
        ("back_office: true}", "back_office: 7}", "expected true or false, not '7'"),
        ("agent: {EUR: 50", "agent: {EUR: -50", "expected an amount, not '-50'"),
        ("teams: [support, technical]", "teams: support", "expected a list"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(tmp_path: Path, part: str, wrong: str, problem: str) -> None:
    text = BUNDLED.read_text(encoding="utf-8")
    assert part in text
    line = text[: text.index(part)].count("\n") + 1 + wrong.count("\n")
    path = tmp_path / "routing.yml"
    path.write_text(text.replace(part, wrong, 1), encoding="utf-8")
    with pytest.raises(RulesError) as error:
        Rules.load(path)
    assert str(error.value).startswith(f"{path}:{line}: {problem}")


def test_a_part_that_is_missing_is_said(tmp_path: Path) -> None:
    path = tmp_path / "routing.yml"
    path.write_text("mode: offer\n", encoding="utf-8")
    with pytest.raises(RulesError, match="the part 'accept_seconds' is missing"):
        Rules.load(path)


def test_the_bundled_rules_know_the_bots_flows_and_severities() -> None:
    assert set(RULES.skill_of_flow) == FLOWS | {"complain"}
    kinds = {line.strip().split(":")[0] for line in WORDS.read_text().splitlines() if line.startswith("  ")}
    assert kinds <= set(RULES.severities)


def test_limits_of_refunds_by_role_and_currency() -> None:
    assert RULES.refund_limit("agent", "EUR") == Decimal(50)
    assert RULES.refund_limit("agent", "JPY") == 0
    assert RULES.refund_limit("administrator", "EUR") is None


@pytest.mark.parametrize(
    ("text", "language", "skill"),
    [
        ("I was CHARGED twice!", "en", "billing"),
        ("Mir wurde doppelt abgebucht.", "de", "billing"),
        ("我被重复扣款了", "zh", "billing"),
        ("J’ai été débité deux fois", "fr", "billing"),
        ("It was charged once", "en", None),
        ("anything", "ja", None),
    ],
)
def test_keywords_are_found_in_what_customers_say(text: str, language: str, skill: str | None) -> None:
    found = RULES.keyword(text, language)
    assert (found.skill if found else None) == skill


def test_the_gravest_decides_who_and_how_quickly() -> None:
    texts = ["My lawyer will write to you", "It was smoking and I got hurt", "Where is the refund?"]
    matters = [{"flow": "troubleshoot"}, {"flow": "refund_status"}]
    wish = assess(RULES, "claim", matters, Words(texts, "inform"), "en")
    assert (wish.severity, wish.priority, wish.skill) == ("safety", Priority.URGENT, "billing")
    assert not wish.back_office
    assert wish.intent == "refund_status"
    calm = assess(RULES, "claim", matters[:1], Words(["Where is it?"], "inform"), "en")
    assert (calm.priority, calm.skill, calm.back_office) == (Priority.LOW, "technical", True)
    urgent = assess(RULES, "claim", matters[:1], Words(), "en", urgent=True)
    assert (urgent.priority, urgent.back_office) == (Priority.HIGH, True)
    assert assess(RULES, "unheard of", [], Words(), "en").priority is Priority.NORMAL
