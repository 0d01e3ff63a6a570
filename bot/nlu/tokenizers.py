"""Rule-based tokenizers behind Rasa's interface: spaCy's for languages with spaces between words, jieba for Chinese."""

from __future__ import annotations

import logging
from functools import cache
from typing import Any

import jieba
import spacy
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.nlu.tokenizers.tokenizer import Token, Tokenizer
from rasa.shared.nlu.training_data.message import Message
from spacy.tokenizer import Tokenizer as SpacyRules

from bot.nlu.attributes import LANGUAGE
from bot.nlu.text import fold_width

# jieba tells on its log how long its dictionary took to load.
jieba.setLogLevel(logging.WARNING)


def tokenize(text: str, language: str) -> list[str]:
    """The words and punctuation marks of `text`."""
    return [word for word, _ in _words(text, language)]


def _words(text: str, language: str) -> list[tuple[str, int]]:
    """The words and punctuation marks of `text` with the offsets at which they start; white space is no word."""
    if language == "zh":
        # Without the hidden Markov model, which invents words out of names and slips.
        return [(word, start) for word, start, _ in jieba.tokenize(text, HMM=False) if not word.isspace()]
    return [(token.text, token.idx) for token in _spacy_rules(language)(text) if not token.is_space]


@cache
def _spacy_rules(language: str) -> SpacyRules:
    return spacy.blank(language).tokenizer


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_TOKENIZER, is_trainable=False)
class LanguageTokenizer(Tokenizer):
    """The rule-based tokenizer of the pipeline's language: `spacy.blank(language)`, or jieba for Chinese.

    Rasa's own `SpacyTokenizer` needs a trained spaCy pipeline; this one needs no download.
    """

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {LANGUAGE: None, "intent_tokenization_flag": False, "intent_split_symbol": "_", "token_pattern": None}

    def __init__(self, config: dict[str, Any]) -> None:
        super().__init__(config)
        # Before the first customer has to wait for it: French rules take two seconds.
        tokenize("", config[LANGUAGE])

    def tokenize(self, message: Message, attribute: str) -> list[Token]:
        """The tokens of `attribute`, in Rasa's form."""
        words = _words(fold_width(message.get(attribute)), self._config[LANGUAGE])
        tokens: list[Token] = self._apply_token_pattern([Token(word, start) for word, start in words])
        return tokens
