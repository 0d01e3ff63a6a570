"""A small set of examples of two intents and an article, and the least of a pipeline."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rasa.shared.nlu.training_data.training_data import TrainingData

PIPELINE: list[dict[str, Any]] = [
    {"name": "bot.nlu.tokenizers.LanguageTokenizer"},
    {"name": "bot.nlu.featurizers.WordTfidfFeaturizer"},
    {"name": "bot.nlu.classifier.LinearIntentClassifier"},
]
TRACK = [
    "where is my parcel",
    "where is the parcel now",
    "track my parcel please",
    "can you track the parcel",
    "my parcel is late",
    "is my parcel on its way",
    "when does my parcel arrive",
    "the parcel has not arrived",
    "parcel still not here",
    "please track a parcel for me",
]
INVOICE = [
    "i need an invoice",
    "send me the invoice",
    "invoice by mail please",
    "the invoice is missing",
    "can i have an invoice",
    "an invoice for my taxes",
    "print the invoice again",
    "i lost the invoice",
    "invoice as a pdf file",
    "who writes the invoice",
]
RETURNS = [
    "how many days may i return things",
    "what is your return policy",
    "may i return worn shoes",
    "return within how many days",
    "do you take things in return",
    "is the return policy the same for shoes",
    "days to return something",
    "policy on returning things i wore",
    "what does it cost to return things",
    "how long can i return things",
]
LABELLED = [
    (text, label)
    for label, texts in {"track_order": TRACK, "request_invoice": INVOICE, "ask_faq/return-policy": RETURNS}.items()
    for text in texts
]


def data_of(labelled: list[tuple[str, str]], lookups: list[dict[str, Any]] | None = None) -> TrainingData:
    from rasa.shared.nlu.training_data.message import Message
    from rasa.shared.nlu.training_data.training_data import TrainingData

    return TrainingData([Message.build(text, label) for text, label in labelled], lookup_tables=lookups or [])
