"""Rasa's rule policy, with its rules indexed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rasa.core.policies.rule_policy import RulePolicy
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.shared.core.constants import ACTION_LISTEN_NAME, PREVIOUS_ACTION, USER
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.nlu.constants import ACTION_NAME, INTENT, TEXT

Rules = Mapping[str, str]
Step = tuple[str | None, str | None]
Index = dict[Step, list[str]]
State = dict[str, Any]


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.POLICY_WITHOUT_END_TO_END_SUPPORT, is_trainable=True)
class IndexedRulePolicy(RulePolicy):
    """`RulePolicy` that looks at what can matter.

    Rasa compares a conversation with every rule, for which it makes a state of each of its steps; after every message
    it does so twice, once for rules about the very words. Here it is compared with the rules whose last step can be its
    last, by as many states as the longest rule has, and a second time only where a rule is about words. The
    predictions are the same.
    """

    _indexes: Mapping[int, Index] = {}
    """By the identity of a table of rules; empty while training, when the tables still change."""

    _longest = 0
    """The steps of the longest rule; 0 while training."""

    _reads_words = True
    """Whether a rule can apply to a message by its words alone."""

    @classmethod
    def load(cls, *args: Any, **kwargs: Any) -> IndexedRulePolicy:
        """The trained policy."""
        policy: IndexedRulePolicy = super().load(*args, **kwargs)
        tables = [table for table in (policy.lookup or {}).values() if isinstance(table, dict)]
        policy._indexes = {id(table): policy._index(table) for table in tables}
        rules = [policy._rule_key_to_state(rule) for table in tables for rule in table]
        policy._longest = max(map(len, rules), default=0)
        policy._reads_words = any(map(_reads_words, rules))
        return policy

    def _find_action_from_rules(
        self, tracker: DialogueStateTracker, domain: Domain, use_text_for_last_user_input: bool
    ) -> tuple[str | None, str | None, bool]:
        if use_text_for_last_user_input and not self._reads_words:
            return None, None, False
        found: tuple[str | None, str | None, bool] = super()._find_action_from_rules(
            tracker, domain, use_text_for_last_user_input
        )
        return found

    def _prediction_states(
        self,
        tracker: DialogueStateTracker,
        domain: Domain,
        use_text_for_last_user_input: bool = False,
        rule_only_data: dict[str, Any] | None = None,
    ) -> list[State]:
        if not self._longest:
            every: list[State] = super()._prediction_states(
                tracker, domain, use_text_for_last_user_input, rule_only_data
            )
            return every
        states = _last_states(tracker, domain, self._longest)
        self.featurizer._choose_last_user_input([states], use_text_for_last_user_input)
        return states

    def _get_possible_keys(self, lookup: Rules, states: list[State]) -> set[str]:
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


def _last_states(tracker: DialogueStateTracker, domain: Domain, count: int) -> list[State]:
    """The states of a conversation before each of its last actions, and the present one: so many at most."""
    events = tracker.applied_events()
    actions = sum(isinstance(event, ActionExecuted) for event in events)
    before = tracker.init_copy()
    states = []
    for event in events:
        if isinstance(event, ActionExecuted):
            if actions < count:
                states.append(domain.get_active_state(before))
            actions -= 1
        before.update(event)
    return [*states, domain.get_active_state(before)]


def _reads_words(rule: list[State]) -> bool:
    """Whether a rule can apply right after a message of which nothing but the words is known."""
    if any(TEXT in state.get(USER, {}) for state in rule):
        return True
    action, intent = _last_step(rule[-1])
    return intent is None and action in (None, ACTION_LISTEN_NAME)


def _last_step(state: Mapping[str, Any]) -> Step:
    """The previous action and the intent in a state."""
    return state.get(PREVIOUS_ACTION, {}).get(ACTION_NAME), state.get(USER, {}).get(INTENT)
