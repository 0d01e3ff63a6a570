"""Rasa's rule policy, with its rules indexed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rasa.core.policies.rule_policy import RulePolicy
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.shared.core.constants import PREVIOUS_ACTION, USER
from rasa.shared.nlu.constants import ACTION_NAME, INTENT

Rules = Mapping[str, str]
Step = tuple[str | None, str | None]
Index = dict[Step, list[str]]


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.POLICY_WITHOUT_END_TO_END_SUPPORT, is_trainable=True)
class IndexedRulePolicy(RulePolicy):
    """`RulePolicy` that compares a conversation only with the rules whose last step can be its last.

    Rasa compares it with every rule, several times in each prediction; that was a quarter of a turn. The predictions
    are the same.
    """

    _indexes: Mapping[int, Index] = {}
    """By the identity of a table of rules; empty while training, when the tables still change."""

    @classmethod
    def load(cls, *args: Any, **kwargs: Any) -> IndexedRulePolicy:
        """The trained policy."""
        policy: IndexedRulePolicy = super().load(*args, **kwargs)
        tables = [table for table in (policy.lookup or {}).values() if isinstance(table, dict)]
        policy._indexes = {id(table): policy._index(table) for table in tables}
        return policy

    def _get_possible_keys(self, lookup: Rules, states: list[dict[str, Any]]) -> set[str]:
        index = self._indexes.get(id(lookup))
        if index is not None and states:
            action, intent = _last_step(states[-1])
            # A rule need not say which action or which intent comes last.
            places = {(action, intent), (action, None), (None, intent), (None, None)}
            lookup = {rule: lookup[rule] for place in places for rule in index.get(place, ())}
        found: set[str] = super()._get_possible_keys(lookup, states)
        return found

    def _index(self, rules: Rules) -> Index:
        index: Index = {}
        for rule in rules:
            index.setdefault(_last_step(self._rule_key_to_state(rule)[-1]), []).append(rule)
        return index


def _last_step(state: Mapping[str, Any]) -> Step:
    """The previous action and the intent in a state."""
    return state.get(PREVIOUS_ACTION, {}).get(ACTION_NAME), state.get(USER, {}).get(INTENT)
