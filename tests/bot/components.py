"""Components of the language pipelines outside of a model. To be imported once Rasa is loaded (fixture `rasa`)."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypeVar

from rasa.engine.graph import ExecutionContext, GraphSchema
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.resource import Resource
from rasa.nlu.constants import TOKENS_NAMES
from rasa.nlu.tokenizers.tokenizer import Token
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.nlu.persistence import LearningComponent
from bot.nlu.tokenizers import LanguageTokenizer

Component = TypeVar("Component", bound=LearningComponent)

CONTEXT = ExecutionContext(GraphSchema({}))


def untrained(kind: type[Component], folder: Path, language: str = "en", **options: Any) -> Component:
    """A component that keeps what it learns in a folder."""
    folder.mkdir(exist_ok=True)
    config = {**kind.get_default_config(), "language": language, **options}
    return kind.create(config, LocalModelStorage(folder), Resource(kind.__name__), CONTEXT)


def reloaded(component: Component) -> Component:
    """A second component with what the first one kept."""
    return type(component).load(component._config, component._model_storage, component._resource, CONTEXT)


def message(text: str, language: str = "en", **data: Any) -> Message:
    """A message with its tokens."""
    result = Message(data={TEXT: text, **data})
    config = {**LanguageTokenizer.get_default_config(), "language": language}
    storage: Any = None
    LanguageTokenizer.create(config, storage, Resource("tokenizer"), CONTEXT).process([result])
    return result


def training(texts: Iterable[str], language: str = "en", intent: str = "greet") -> TrainingData:
    """Examples of one intent."""
    return TrainingData([message(text, language, intent=intent) for text in texts])


def tokens(of: Message) -> list[Token]:
    """The tokens of a message's text."""
    found: list[Token] = of.get(TOKENS_NAMES[TEXT])
    return found
