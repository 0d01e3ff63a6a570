from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pytest
import scipy.sparse

if TYPE_CHECKING:
    from rasa.shared.nlu.training_data.message import Message
    from rasa.shared.nlu.training_data.training_data import TrainingData

    from bot.nlu.classifier import LinearIntentClassifier

LABELS = ["ask_faq/refund-times", "ask_faq/return-policy", "ask_faq/warranty", "greet", "stop", "track_order"]
"""In the order of the columns of `features`; each label has one of its own."""

Train = Callable[..., "LinearIntentClassifier"]


@pytest.fixture
def classifiers(rasa: None) -> ModuleType:
    """The module `bot.nlu.classifier`."""
    from bot.nlu import classifier

    return classifier


def features(label: str, seed: int, noise: float = 0.3) -> npt.NDArray[np.float32]:
    """Noise around a label's own direction, of shape (1, n)."""
    values = np.random.default_rng(seed).normal(scale=noise, size=(1, len(LABELS)))
    values[0, LABELS.index(label)] += 1
    return values.astype(np.float32)


def message(blocks: Sequence[Any], label: str = "", text: str = "x", **data: Any) -> Message:
    """A message with the features of several featurizers, and a label where it is an example."""
    from rasa.shared.nlu.training_data.features import Features
    from rasa.shared.nlu.training_data.message import Message

    intent, delimiter, _ = label.partition("/")
    if label:
        data["intent"] = intent
    if delimiter:
        data["intent_response_key"] = label
    return Message(
        data={"text": text, **data},
        features=[Features(block, "sentence", "text", f"featurizer {n}") for n, block in enumerate(blocks)],
    )


def training(
    labels: Iterable[str] = LABELS, count: int = 10, blocks: Callable[[Any], Sequence[Any]] = lambda block: [block]
) -> TrainingData:
    from rasa.shared.nlu.training_data.training_data import TrainingData

    labelled = [(label, seed) for seed in range(count) for label in labels]
    return TrainingData([message(blocks(features(label, seed)), label, f"{label} {seed}") for label, seed in labelled])


@pytest.fixture
def train(classifiers: ModuleType, tmp_path: Path) -> Train:
    """A trained classifier."""

    def train(data: TrainingData | None = None, name: str = "one", **options: Any) -> LinearIntentClassifier:
        from tests.bot.components import untrained

        classifier = untrained(classifiers.LinearIntentClassifier, tmp_path / name, **options)
        classifier.train(data or training())
        result: LinearIntentClassifier = classifier
        return result

    return train


def process(classifier: LinearIntentClassifier, asked: Message) -> Message:
    (result,) = classifier.process([asked])
    return result


def intents(of: Message) -> dict[str, float]:
    return {entry["name"]: entry["confidence"] for entry in of.get("intent_ranking")}


def articles(of: Message) -> dict[str, float]:
    ranking = of.get("response_selector")["ask_faq"]["ranking"]
    return {entry["intent_response_key"]: entry["confidence"] for entry in ranking}


@pytest.mark.parametrize("label", LABELS)
def test_what_it_was_trained_on_is_recognised(train: Train, label: str) -> None:
    result = process(train(), message([features(label, 99, noise=0.1)]))
    assert result.get("intent")["name"] == label.partition("/")[0]
    if "/" in label:
        assert result.get("response_selector")["ask_faq"]["response"]["intent_response_key"] == label


def test_the_probabilities_sum_to_1_and_are_ranked(train: Train) -> None:
    for seed, label in enumerate(LABELS):
        result = process(train(name=str(seed)), message([features(label, seed + 100)]))
        ranked = list(intents(result).values())
        assert sum(ranked) == pytest.approx(1, abs=1e-5)
        assert ranked == sorted(ranked, reverse=True)
        assert result.get("intent") == result.get("intent_ranking")[0]


def test_the_sub_intents_are_summed_into_their_intent(train: Train) -> None:
    classifier = train()
    asked = features("ask_faq/warranty", 1) + features("ask_faq/return-policy", 2)
    result = process(classifier, message([asked]))
    single = dict(zip(classifier._classes, classifier._probabilities([scipy.sparse.csr_matrix(asked)]), strict=True))
    questions = {label: value for label, value in single.items() if label.startswith("ask_faq/")}
    assert intents(result)["ask_faq"] == pytest.approx(sum(questions.values()), abs=1e-6)
    assert set(intents(result)) == {"ask_faq", "greet", "stop", "track_order"}
    for label, share in articles(result).items():
        assert share * intents(result)["ask_faq"] == pytest.approx(questions[label], abs=1e-6)


def test_the_ranking_of_the_sub_intents_is_complete(train: Train) -> None:
    result = process(train(ranking_length=2), message([features("greet", 5)]))
    assert len(result.get("intent_ranking")) == 2
    shares = articles(result)
    assert set(shares) == {label for label in LABELS if label.startswith("ask_faq/")}
    assert sum(shares.values()) == pytest.approx(1, abs=1e-5)
    assert list(shares.values()) == sorted(shares.values(), reverse=True)
    selector = result.get("response_selector")
    assert selector["all_retrieval_intents"] == ["ask_faq"]
    assert selector["ask_faq"]["response"] == selector["ask_faq"]["ranking"][0]


def test_without_sub_intents_there_is_no_ranking_of_them(train: Train) -> None:
    result = process(train(training(["greet", "stop", "track_order"])), message([features("greet", 5)]))
    assert result.get("response_selector") is None
    assert set(intents(result)) == {"greet", "stop", "track_order"}


def test_all_of_it_is_output(train: Train) -> None:
    result = process(train(), message([features("greet", 5)]))
    assert {"intent", "intent_ranking", "response_selector"} <= result.as_dict(only_output_properties=True).keys()


def test_the_temperature_says_how_sure_it_is(train: Train) -> None:
    asked = [features("greet", 5)]
    cold, warm = (
        process(train(name=str(temperature), temperature=temperature), message(asked)).get("intent")
        for temperature in (0.05, 1.0)
    )
    assert cold["name"] == warm["name"] == "greet"
    assert cold["confidence"] > warm["confidence"]


class Scores:
    """Stands for the cross-validation: notes the strengths that it was asked for, and rates them."""

    def __init__(self, best: float) -> None:
        self.best = best
        self.asked: list[float] = []
        self.sizes: set[int] = set()
        self.folds: set[int] = set()

    def __call__(self, machines: Any, features: Any, labels: Any, cv: Any) -> npt.NDArray[np.float64]:
        self.asked.append(machines.C)
        self.sizes |= {features.shape[0], len(labels)}
        self.folds.add(cv.get_n_splits())
        return np.array([float(self.best == machines.C)])


@pytest.mark.parametrize("best", [0.1, 1.0, 10.0])
def test_the_strength_with_the_best_cross_validation_is_taken(
    train: Train, classifiers: ModuleType, monkeypatch: pytest.MonkeyPatch, best: float
) -> None:
    scores = Scores(best)
    fitted: list[float] = []
    machines = classifiers._machines
    monkeypatch.setattr(classifiers, "cross_val_score", scores)
    monkeypatch.setattr(
        classifiers, "_machines", lambda strength, **options: fitted.append(strength) or machines(strength, **options)
    )
    train(C=[0.1, 1.0, 10.0], folds=3)
    assert scores.asked == [0.1, 1.0, 10.0]
    assert scores.folds == {3}
    assert scores.sizes == {60}
    assert fitted[-1] == best


def test_the_cross_validation_looks_at_a_sample(
    train: Train, classifiers: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    scores = Scores(1.0)
    monkeypatch.setattr(classifiers, "cross_val_score", scores)
    train(sample=40)
    assert scores.sizes == {40}


@pytest.mark.parametrize("options", [{"C": [1.0]}, {"folds": 1}])
def test_a_single_strength_or_fold_needs_no_cross_validation(
    train: Train, classifiers: ModuleType, monkeypatch: pytest.MonkeyPatch, options: dict[str, Any]
) -> None:
    scores = Scores(1.0)
    monkeypatch.setattr(classifiers, "cross_val_score", scores)
    train(**options)
    assert scores.asked == []


def test_cross_validation_finds_the_strength_that_suits(train: Train, classifiers: ModuleType) -> None:
    """No stand-in here: a strength near 0 learns nothing."""
    classifier = train(C=[1e-9, 1.0])
    examples = training().intent_examples
    matrix = scipy.sparse.csr_matrix(np.concatenate([example.features[0].features for example in examples]))
    labels = np.array([example.get("intent_response_key") or example.get("intent") for example in examples])
    assert classifier._choose_strength(matrix, labels) == 1.0


def test_training_twice_gives_the_same(train: Train) -> None:
    one, two = train(), train(name="two")
    for part in ("_starts", "_classes", "_values"):
        np.testing.assert_array_equal(getattr(one._weights, part), getattr(two._weights, part))
    np.testing.assert_array_equal(one._bias, two._bias)


def split(block: npt.NDArray[np.float32]) -> list[Any]:
    """A dense half and a sparse one."""
    return [block[:, :3], scipy.sparse.csr_matrix(block[:, 3:])]


def test_dense_and_sparse_blocks_stand_side_by_side(train: Train) -> None:
    whole = train()
    halves = train(training(blocks=split), name="two")
    for seed, label in enumerate(LABELS):
        asked = features(label, seed + 100)
        expected = process(whole, message([asked]))
        result = process(halves, message(split(asked)))
        assert intents(result) == pytest.approx(intents(expected), abs=1e-3)
        assert articles(result) == pytest.approx(articles(expected), abs=1e-3)


def test_only_sentence_features_of_the_text_count(train: Train) -> None:
    from rasa.shared.nlu.training_data.features import Features

    classifier = train()
    plain = message([features("greet", 5)])
    more = message([features("greet", 5)])
    more.add_features(Features(np.ones((4, 9)), "sequence", "text", "tokens"))
    more.add_features(Features(np.ones((1, 9)), "sentence", "response", "answers"))
    assert intents(process(classifier, more)) == intents(process(classifier, plain))


def test_a_message_without_a_familiar_word_is_lowered(train: Train) -> None:
    classifier = train(unfamiliar=0.35)
    block = [features("ask_faq/warranty", 5)]
    known, unsaid, unknown = (
        process(classifier, message(block, **data)) for data in ({"familiar": True}, {}, {"familiar": False})
    )
    assert intents(unsaid) == intents(known)
    assert intents(unknown) == pytest.approx({name: 0.35 * value for name, value in intents(known).items()})
    assert list(intents(unknown)) == list(intents(known))
    # The articles are ranked by their shares of the question, which stay.
    assert articles(unknown) == pytest.approx(articles(known))


def test_a_message_of_nothing_known_is_classified_all_the_same(train: Train) -> None:
    empty = scipy.sparse.csr_matrix((1, len(LABELS)), dtype=np.float32)
    result = process(train(training(blocks=lambda block: [scipy.sparse.csr_matrix(block)])), message([empty]))
    assert sum(intents(result).values()) == pytest.approx(1, abs=1e-5)


def test_persisted_and_loaded_it_says_the_same(train: Train) -> None:
    from tests.bot.components import reloaded

    classifier = train()
    loaded = reloaded(classifier)
    for seed, label in enumerate(LABELS):
        asked = [features(label, seed + 100)]
        expected, result = (process(each, message(asked)) for each in (classifier, loaded))
        assert intents(result) == intents(expected)
        assert articles(result) == articles(expected)


def test_no_messages_are_no_problem(train: Train) -> None:
    assert train().process([]) == []


def test_two_intents_are_enough(train: Train) -> None:
    result = process(train(training(["greet", "stop"])), message([features("stop", 5)]))
    assert result.get("intent")["name"] == "stop"
    assert sum(intents(result).values()) == pytest.approx(1, abs=1e-5)
