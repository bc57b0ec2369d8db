"""YAML files that people write: read within bounds, checked against a model, with errors that name line and key.

Every fault of a file is told at once, each with file, line, column, key path, what is wrong and what to do. Tags other
than YAML's own, merge keys and keys that are there twice are refused: what a file says should be seen by reading it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from jobs.problems import ConfigError, Key, Mark, Problem, problems_of

MAXIMUM_BYTES = 1024 * 1024
MAXIMUM_DEPTH = 40
MAXIMUM_NODES = 100_000  # after aliases are followed, so that a few lines can't stand for billions of values

ModelT = TypeVar("ModelT", bound=BaseModel)
_TAG = "tag:yaml.org,2002:"
_PLAIN = frozenset(_TAG + name for name in ("null", "bool", "int", "float"))
_TEXT = frozenset(_TAG + name for name in ("str", "timestamp"))  # a date is kept as it was written


@dataclass(frozen=True, slots=True)
class Document:
    """A YAML file as plain values, and where each of its keys stands. `marks` has one entry per key path."""

    file: str
    data: Any
    marks: Mapping[tuple[Key, ...], Mark]

    def mark(self, path: tuple[Key, ...]) -> Mark | None:
        """Where a key stands; for one that is not there, where the part that should hold it stands."""
        while path and path not in self.marks:
            path = path[:-1]
        return self.marks.get(path)


def read_yaml(path: Path) -> Document:
    """The file as plain values. Raises `ConfigError` when it can't be read or is no YAML that we take."""
    try:
        with path.open("rb") as file:
            content = file.read(MAXIMUM_BYTES + 1)
        text = content.decode("utf-8-sig")
    except OSError as error:
        raise ConfigError(
            [Problem(str(path), f"can't be read: {error.strerror or error}", _advice_for(error))]
        ) from error
    except UnicodeDecodeError as error:
        raise ConfigError([Problem(str(path), f"is not UTF-8 (byte {error.start})", "save it as UTF-8")]) from error
    return parse_yaml(text, str(path))


def parse_yaml(text: str, file: str) -> Document:
    """YAML text as plain values; an empty text is an empty mapping. Raises `ConfigError`; `file` is named in it."""
    if len(text) > MAXIMUM_BYTES:
        raise ConfigError([Problem(file, f"is larger than {MAXIMUM_BYTES} bytes", "split it into several files")])
    yaml = YAML(typ="safe", pure=True)
    try:
        root = yaml.compose(text)
    except MarkedYAMLError as error:
        raise ConfigError([_syntax(error, file)]) from error
    except YAMLError as error:
        raise ConfigError(
            [Problem(file, f"is not YAML: {str(error).splitlines()[0]}", "remove what can't be read")]
        ) from error
    except RecursionError as error:
        raise ConfigError([Problem(file, f"is nested deeper than {MAXIMUM_DEPTH} levels", "flatten it")]) from error
    if root is None:
        return Document(file, {}, {})
    reader = _Reader(yaml, file)
    data = reader.read(root, ())
    if reader.problems:
        raise ConfigError(reader.problems)
    return Document(file, data, reader.marks)


def check(document: Document, model: type[ModelT]) -> ModelT:
    """The document as a model. Raises `ConfigError` with every fault that the model finds."""
    try:
        return model.model_validate(document.data)
    except ValidationError as error:
        raise ConfigError(problems_of(error, model, document.file, document.mark)) from error


def load_yaml(path: Path, model: type[ModelT]) -> ModelT:
    """A file as a model: `read_yaml` and `check` in one."""
    return check(read_yaml(path), model)


class _Reader:
    """Builds plain values from YAML nodes, counts them, and keeps where they stood."""

    def __init__(self, yaml: YAML, file: str) -> None:
        self._yaml = yaml
        self._file = file
        self._nodes = 0
        self.marks: dict[tuple[Key, ...], Mark] = {}
        self.problems: list[Problem] = []

    def read(self, node: Node, path: tuple[Key, ...]) -> Any:
        self.marks.setdefault(path, _mark(node))
        self._nodes += 1
        if self._nodes > MAXIMUM_NODES or len(path) > MAXIMUM_DEPTH:
            what = f"stands for more than {MAXIMUM_NODES} values, or is nested deeper than {MAXIMUM_DEPTH} levels"
            raise ConfigError([self._problem(node, path, what, "write it out without aliases (*), and flatter")])
        match node:
            case ScalarNode():
                return self._scalar(node, path)
            case SequenceNode() if str(node.tag) == f"{_TAG}seq":
                return [self.read(item, (*path, index)) for index, item in enumerate(node.value)]
            case MappingNode() if str(node.tag) == f"{_TAG}map":
                return self._mapping(node, path)
        return self._refuse(node, path)

    def _scalar(self, node: ScalarNode, path: tuple[Key, ...]) -> Any:
        tag = str(node.tag)
        if tag in _TEXT:
            return str(node.value)
        if tag not in _PLAIN:
            return self._refuse(node, path)
        try:
            return self._yaml.constructor.construct_object(node)
        except (ValueError, YAMLError):
            return str(node.value)

    def _mapping(self, node: MappingNode, path: tuple[Key, ...]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, value in node.value:
            name = str(key.value) if isinstance(key, ScalarNode) else ""
            here = (*path, name)
            if not isinstance(key, ScalarNode) or str(key.tag) == f"{_TAG}merge":
                self.problems.append(
                    self._problem(key, path, "a merge (<<) or a key that is no text", "write the keys out")
                )
            elif name in found:
                first = self.marks[here].line
                what = f"is there twice (first in line {first})"
                self.problems.append(self._problem(key, here, what, "keep one of the two"))
            else:
                self.marks[here] = _mark(key)
                found[name] = self.read(value, here)
        return found

    def _refuse(self, node: Node, path: tuple[Key, ...]) -> None:
        self.problems.append(self._problem(node, path, f"has the tag {node.tag}", "remove the tag: plain values only"))

    def _problem(self, node: Node, path: tuple[Key, ...], what: str, advice: str) -> Problem:
        return Problem(self._file, what, advice, _mark(node), path)


def _mark(node: Node) -> Mark:
    return Mark(node.start_mark.line + 1, node.start_mark.column + 1)


def _syntax(error: MarkedYAMLError, file: str) -> Problem:
    mark = error.problem_mark or error.context_mark
    what = " ".join(str(part) for part in (error.context, error.problem) if part)
    place = Mark(mark.line + 1, mark.column + 1) if mark is not None else Mark(1, 1)
    return Problem(file, f"is not YAML: {what}", _syntax_advice(what), place)


def _syntax_advice(what: str) -> str:
    if "alias" in what:
        return "put text that begins with * into quotes, such as a cron line"
    if "tab" in what or "\\t" in what:
        return "indent with spaces, not tabs"
    if "cannot start any token" in what:
        return "put the text into quotes"
    if "mapping values" in what:
        return "check the indentation, and quote text that holds a colon"
    return "check the indentation and the quotes around this line"


def _advice_for(error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        return "check the path"
    if isinstance(error, PermissionError):
        return "give the account that runs Forewarn the right to read it"
    return "check the path: a YAML file is expected"
