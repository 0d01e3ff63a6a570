"""Training data from folders that say its language: `bot/data/nlu/<lang>/*.yml` and the articles' questions."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml
from rasa.shared.core.domain import Domain
from rasa.shared.core.training_data.story_reader.yaml_story_reader import YAMLStoryReader
from rasa.shared.core.training_data.structures import StoryGraph
from rasa.shared.exceptions import RasaException, YamlException
from rasa.shared.importers import utils as importer_utils
from rasa.shared.importers.importer import TrainingDataImporter
from rasa.shared.nlu.constants import ENTITIES, INTENT, INTENT_RESPONSE_KEY, TEXT
from rasa.shared.nlu.training_data import entities_parser
from rasa.shared.nlu.training_data.formats.rasa_yaml import RasaYAMLReader
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from rasa.shared.utils.io import read_model_configuration

from bot.intents import NO_ARTICLE, QUESTION
from bot.languages import pipeline_languages
from bot.nlu.attributes import LANGUAGE
from knowledge_base import Article, load_articles


class TrainingDataError(RasaException):
    """A training file that cannot be used; says which file and line, and why."""

    def __init__(self, path: Path, line: int, message: str) -> None:
        super().__init__(f"{path}:{line}: {message}")
        self.path = path
        self.line = line


class MultilingualImporter(TrainingDataImporter):
    """Reads the project as it lies in the folder of `config.yml`, whatever paths Rasa's command line passes.

    Args:
        config_file: the path of `config.yml`; the other paths are relative to its folder.
        domain_path: a domain file to use in place of `domain`, where it exists.
        training_data_paths: ignored where `data` exists: the folder of an example says its language.
        data: the folder with `nlu/<lang>/` and `rules/`.
        domain: the domain file.
        articles: the folder of the knowledge base's articles, `<lang>/<slug>.md`.

    Raises:
        TrainingDataError: when a file is broken, on the first use of the data.
    """

    def __init__(
        self,
        config_file: str | None = None,
        domain_path: str | None = None,
        training_data_paths: list[str] | str | None = None,
        data: str = "bot/data",
        domain: str = "bot/domain.yml",
        articles: str = "knowledge_base/articles",
    ) -> None:
        self.config_file = Path(config_file or "config.yml")
        root = self.config_file.resolve().parent
        self.domain_file = Path(domain_path) if domain_path and Path(domain_path).exists() else root / domain
        self.data_folder = root / data
        self.articles_folder = root / articles

    def get_config(self) -> dict[str, Any]:
        """The content of `config.yml`."""
        config: dict[str, Any] = read_model_configuration(str(self.config_file))
        return config

    def get_config_file_for_auto_config(self) -> str | None:
        """None: this project's configuration is complete, and nothing is to be written into it."""
        return None

    def get_domain(self) -> Domain:
        """The domain."""
        return self._domain

    def get_stories(self, exclusion_percentage: int | None = None) -> StoryGraph:
        """The rules."""
        files = [str(path) for path in sorted((self.data_folder / "rules").glob("*.yml"))]
        return importer_utils.story_graph_from_paths(files, self._domain, exclusion_percentage)

    def get_conversation_tests(self) -> StoryGraph:
        """Rasa's test stories, where there are any."""
        files = sorted(str(path) for path in self.data_folder.parent.parent.glob("tests/**/test_stories*.yml"))
        found = [path for path in files if YAMLStoryReader.is_test_stories_file(path)]
        return importer_utils.story_graph_from_paths(found, self._domain)

    def get_nlu_data(self, language: str | None = None) -> TrainingData:
        """Every example, tagged with its language; only those of `language` if it has a folder of its own."""
        return self._nlu_data

    @cached_property
    def _domain(self) -> Domain:
        try:
            domain: Domain = Domain.load(str(self.domain_file))
        except YamlException as error:
            raise _broken_yaml(self.domain_file, error) from error
        # Rasa wants a response for every sub-intent of a retrieval intent; the answers themselves are the articles'.
        answered = [*(article.slug for article in self._articles), NO_ARTICLE]
        answers = {f"utter_{QUESTION}/{slug}": [{"text": slug}] for slug in answered}
        return domain.merge(Domain.from_dict({"responses": answers}))

    @cached_property
    def _articles(self) -> list[Article]:
        articles, errors = load_articles(self.articles_folder)
        for error in errors:
            raise TrainingDataError(error.path, error.line, error.message)
        return articles

    @cached_property
    def _nlu_data(self) -> TrainingData:
        served = pipeline_languages(self.get_config())
        files = [path for path in sorted((self.data_folder / "nlu").glob("*/*.yml")) if path.parent.name in served]
        data = [read_examples(path, language=path.parent.name) for path in files]
        examples = [example for part in data for example in part.training_examples]
        for article in self._articles:
            if article.language not in served:
                continue
            intent = f"{QUESTION}/{article.slug}"
            examples += [_example(question, intent, article.language) for question in article.examples]
        synonyms = {value: name for part in data for value, name in part.entity_synonyms.items()}
        regexes = [regex for part in data for regex in part.regex_features]
        lookups = [table for part in data for table in part.lookup_tables]
        return TrainingData(examples, synonyms, regexes, lookups)


class Example(Message):
    """A training example that Rasa can compare and copy cheaply.

    Rasa merges and fingerprints the training data several times, and compares messages by a hash of all that is on
    them; with thousands of examples that takes longer than training.
    """

    def fingerprint(self) -> str:
        """A hash of what the example is: its language, its text, its labels."""
        return self._identity[0]

    def __hash__(self) -> int:
        return self._identity[1]

    @cached_property
    def _identity(self) -> tuple[str, int]:
        parts = (
            self.get(LANGUAGE),
            self.get(INTENT_RESPONSE_KEY) or self.get(INTENT),
            self.get(TEXT),
            *(f"{mark['entity']}:{mark['start']}:{mark['end']}" for mark in self.get(ENTITIES, [])),
        )
        digest = hashlib.md5("\0".join(map(str, parts)).encode(), usedforsecurity=False).hexdigest()
        return digest, hash(digest)

    def set(self, prop: str, info: Any, add_to_output: bool = False) -> None:
        """Set a property of the example."""
        self.__dict__.pop("_identity", None)
        super().set(prop, info, add_to_output)

    def __deepcopy__(self, memo: dict[int, Any]) -> Example:
        # Rasa copies all of the data whenever it merges two sets of them, and changes none of it.
        return self


def read_examples(path: Path, language: str) -> TrainingData:
    """The examples of one file of training data, tagged with `language`.

    Raises:
        TrainingDataError: when the file is no valid YAML, or a line in it is no usable example.
    """
    try:
        text = path.read_text(encoding="utf-8")
        _check(path, yaml.compose(text, Loader=yaml.CSafeLoader))
        content = yaml.load(text, Loader=yaml.CSafeLoader)
    except yaml.MarkedYAMLError as error:
        raise _broken_yaml(path, error) from error
    except (UnicodeDecodeError, yaml.reader.ReaderError) as error:
        raise TrainingDataError(path, 1, f"not readable as YAML in UTF-8: {error}") from error
    # Rasa's reader of parsed blocks: reading the file through it too takes ten times as long, in pure Python.
    reader = RasaYAMLReader()
    reader.filename = str(path)
    reader._parse_nlu(content["nlu"])
    examples = [_tagged(message, language) for message in reader.training_examples]
    lookups = [{**table, LANGUAGE: language} for table in reader.lookup_tables]
    return TrainingData(examples, reader.entity_synonyms, reader.regex_features, lookups)


def _example(text: str, intent: str, language: str) -> Message:
    entities = entities_parser.find_entities_in_training_example(text)
    return _tagged(Message.build(entities_parser.replace_entities(text), intent, entities), language)


def _tagged(message: Message, language: str) -> Example:
    return Example(data={**message.data, LANGUAGE: language})


def _broken_yaml(path: Path, error: Exception) -> TrainingDataError:
    cause: BaseException = error
    while not hasattr(cause, "problem_mark") and cause.__cause__ is not None:
        cause = cause.__cause__
    cause = getattr(error, "underlying_yaml_exception", None) or cause
    mark = getattr(cause, "problem_mark", None)
    problem = getattr(cause, "problem", None) or str(error).strip().splitlines()[0]
    return TrainingDataError(path, mark.line + 1 if mark else 1, str(problem))


def _check(path: Path, root: yaml.Node | None) -> None:
    """Raise for what Rasa's reader would only warn of and skip."""
    if not isinstance(root, yaml.MappingNode):
        raise TrainingDataError(path, 1, "expected a mapping with the keys 'version' and 'nlu'")
    if "nlu" not in [key.value for key, _ in root.value]:
        raise TrainingDataError(path, 1, "the key 'nlu' is missing")
    for key, blocks in root.value:
        if key.value != "nlu":
            continue
        if not isinstance(blocks, yaml.SequenceNode):
            raise TrainingDataError(path, key.start_mark.line + 1, "'nlu' must be a list")
        for block in blocks.value:
            _check_block(path, block)


def _check_block(path: Path, block: yaml.Node) -> None:
    line = block.start_mark.line + 1
    if not isinstance(block, yaml.MappingNode):
        raise TrainingDataError(path, line, "expected a block with 'intent' and 'examples'")
    fields = {key.value: value for key, value in block.value}
    name = next((fields[kind] for kind in ("intent", "synonym", "regex", "lookup") if kind in fields), None)
    if not isinstance(name, yaml.ScalarNode) or not name.value:
        raise TrainingDataError(path, line, "the block names no intent, synonym, regex or lookup")
    examples = fields.get("examples")
    if examples is None or not examples.value:
        raise TrainingDataError(path, line, f"'{name.value}' has no examples")
    if isinstance(examples, yaml.SequenceNode):
        for example in examples.value:
            if not isinstance(example, yaml.MappingNode):
                raise TrainingDataError(
                    path, example.start_mark.line + 1, "an example in a list is a mapping with 'text'"
                )
    if isinstance(examples, yaml.ScalarNode):
        for number, example in _example_lines(examples):
            if not example.startswith("- ") or not example[2:].strip():
                raise TrainingDataError(path, number, f"an example starts with '- ' and has a text, not: {example!r}")
            if example.count("](") + example.count("]{") != len(
                entities_parser.find_entities_in_training_example(example)
            ):
                raise TrainingDataError(path, number, f"broken entity mark, expected [value](entity): {example!r}")


def _example_lines(examples: yaml.ScalarNode) -> Iterator[tuple[int, str]]:
    # The text of a block scalar (`|`) begins on the line after its mark.
    first = examples.start_mark.line + 2
    for offset, example in enumerate(examples.value.splitlines()):
        if example.strip():
            yield first + offset, example
