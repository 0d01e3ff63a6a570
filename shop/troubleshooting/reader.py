"""Reading a guide's file, with errors that name the file and the line."""

from collections.abc import Mapping
from pathlib import Path

import yaml

from shop.troubleshooting.model import FALLBACK_LANGUAGE, Guide, Problem, Step
from shop.yaml_nodes import DataFileError, NodeReader


class GuidesError(DataFileError):
    """The troubleshooting guides cannot be used. The message begins with the file and, where known, the line."""


def read_guide(path: Path) -> Guide:
    """The guide in a file, which is called after its category. Raises `GuidesError`."""
    return _Reader(path).guide()


class _Reader(NodeReader):
    """Turns a file's YAML nodes into a guide."""

    error_class = GuidesError

    def guide(self) -> Guide:
        root = self._document()
        parts = self._fields(root, required=("category", "problems"))
        category = self._filled(parts["category"])
        if category != self._path.stem:
            raise self._error(parts["category"], f"the category {category!r} belongs into {category}.yml")
        problems = self._mapping(parts["problems"])
        if not problems:
            raise self._error(parts["problems"], "there are no problems")
        return Guide(category, tuple(self._problem(key, node) for key, node in problems.items()))

    def _problem(self, key: str, node: yaml.Node) -> Problem:
        parts = self._fields(node, required=("name", "phrases", "steps"))
        return Problem(
            key,
            names=self._texts(parts["name"]),
            phrases={language: self._phrases(child) for language, child in self._languages(parts["phrases"]).items()},
            steps=self._steps(parts["steps"]),
        )

    def _phrases(self, node: yaml.Node) -> tuple[str, ...]:
        return tuple(self._filled(phrase) for phrase in self._items(node, "phrases"))

    def _steps(self, node: yaml.Node) -> tuple[Step, ...]:
        nodes = self._items(node, "steps")
        steps = tuple(self._step(child) for child in nodes)
        for step, following in zip(steps, nodes[1:], strict=False):
            if step.stop:
                raise self._error(following, "nothing can follow a step with `stop: true`")
        return steps

    def _step(self, node: yaml.Node) -> Step:
        parts = self._fields(node, required=("text",), optional=("stop",))
        return Step(self._texts(parts["text"]), stop="stop" in parts and self._flag(parts["stop"]))

    def _texts(self, node: yaml.Node) -> dict[str, str]:
        return {language: self._filled(text) for language, text in self._languages(node).items()}

    def _languages(self, node: yaml.Node) -> Mapping[str, yaml.Node]:
        """Something per language, the fallback always among them."""
        entries = self._mapping(node)
        for key_node, _ in node.value:
            language = key_node.value
            if not (len(language) == 2 and language.isascii() and language.islower()):
                raise self._error(key_node, f"{language!r} is not a language code")
        if FALLBACK_LANGUAGE not in entries:
            raise self._error(node, f"the English text ({FALLBACK_LANGUAGE}) is missing")
        return entries

    def _fields(
        self, node: yaml.Node, *, required: tuple[str, ...], optional: tuple[str, ...] = ()
    ) -> Mapping[str, yaml.Node]:
        fields = self._mapping(node)
        known = (*required, *optional)
        for key_node, _ in node.value:
            if key_node.value not in known:
                raise self._error(key_node, f"unknown key {key_node.value!r}: known are {', '.join(known)}")
        for key in required:
            if key not in fields:
                raise self._error(node, f"{key!r} is missing")
        return fields

    def _items(self, node: yaml.Node, what: str) -> list[yaml.Node]:
        if not isinstance(node, yaml.SequenceNode):
            raise self._error(node, f"the {what} must be a list: lines that begin with `- `")
        if not node.value:
            raise self._error(node, f"the list of {what} is empty")
        return list(node.value)

    def _filled(self, node: yaml.Node) -> str:
        text = self._text(node).strip()
        if not text:
            raise self._error(node, "the text is empty")
        return text

    def _flag(self, node: yaml.Node) -> bool:
        text = self._text(node)
        if text not in ("true", "false"):
            raise self._error(node, f"{text!r} is neither true nor false")
        return text == "true"
