"""Reading a YAML file as nodes, because they know their lines: what is wrong is reported with file and line."""

from pathlib import Path

import yaml

# PyYAML's own loader takes twenty times as long as libyaml's; it is there for platforms without the latter.
_LOADER: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class DataFileError(Exception):
    """A data file cannot be used. The message begins with the file and, where known, the line."""

    def __init__(self, path: Path, line: int | None, problem: str) -> None:
        super().__init__(f"{path}:{line}: {problem}" if line else f"{path}: {problem}")
        self.path = path
        self.line = line
        self.problem = problem


class NodeReader:
    """The nodes of one file. A reader of a kind of file derives from this and names the error that it raises."""

    error_class: type[DataFileError] = DataFileError

    def __init__(self, path: Path) -> None:
        self._path = path

    def _document(self) -> yaml.Node:
        try:
            node = yaml.compose(self._path.read_text(encoding="utf-8"), Loader=_LOADER)
        except OSError as error:
            raise self.error_class(self._path, None, error.strerror or str(error)) from error
        except UnicodeDecodeError as error:
            raise self.error_class(self._path, None, f"not UTF-8 text: {error.reason}") from error
        except yaml.MarkedYAMLError as error:
            line = error.problem_mark.line + 1 if error.problem_mark else None
            raise self.error_class(self._path, line, f"not YAML: {error.problem}") from error
        except yaml.YAMLError as error:
            raise self.error_class(self._path, None, f"not YAML: {error}") from error
        if node is None:
            raise self.error_class(self._path, None, "the file is empty")
        return node

    def _mapping(self, node: yaml.Node) -> dict[str, yaml.Node]:
        if not isinstance(node, yaml.MappingNode):
            raise self._error(node, "expected keys and values")
        entries: dict[str, yaml.Node] = {}
        for key_node, value_node in node.value:
            # The text as written: YAML would read the country NO as false.
            key = self._text(key_node)
            if key in entries:
                raise self._error(key_node, f"{key!r} stands here twice")
            self._check_key(key, key_node)
            entries[key] = value_node
        return entries

    def _check_key(self, key: str, node: yaml.Node) -> None:
        """Raises for a key that no mapping of the file may have."""

    def _text(self, node: yaml.Node) -> str:
        if not isinstance(node, yaml.ScalarNode):
            raise self._error(node, "expected a single value")
        return str(node.value)

    def _error(self, node: yaml.Node, problem: str) -> DataFileError:
        return self.error_class(self._path, node.start_mark.line + 1, problem)
