"""What is wrong with a configuration: one problem each, with its place, its key and what to do."""

from __future__ import annotations

import difflib
import re
import types
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from jobs.errors import JobError

Key = str | int

_SHOWN = 60  # characters of a wrong value that are repeated to the person
_PRIVATE = re.compile(r"secret|password|passphrase|token|key|credential|url|dsn|header|cookie", re.IGNORECASE)
_WORDS = {
    "model_type": "is not a mapping",
    "model_attributes_type": "is not a mapping",
    "dict_type": "is not a mapping",
    "list_type": "is not a list",
    "tuple_type": "is not a list",
    "string_type": "is not text",
    "int_type": "is not a whole number",
    "int_parsing": "is not a whole number",
    "int_from_float": "is not a whole number",
    "float_type": "is not a number",
    "float_parsing": "is not a number",
    "bool_type": "is not true or false",
    "bool_parsing": "is not true or false",
    "time_delta_type": "is not a duration",
    "time_delta_parsing": "is not a duration",
    "too_short": "is empty",  # nothing that is listed here has to have two
    "string_too_short": "is empty",
}
_ADVICE = {
    "too_short": "name at least one",
    "string_too_short": "write something",
    "int_type": "write a whole number, such as 10",
    "int_parsing": "write a whole number, such as 10",
    "int_from_float": "write a whole number, such as 10",
    "float_type": "write a number, such as 0.5",
    "float_parsing": "write a number, such as 0.5",
    "bool_type": "write true or false",
    "bool_parsing": "write true or false",
    "string_type": "write text; put it into quotes when it looks like a number or true/false",
    "list_type": "write a list: one item per line, each after '- '",
    "tuple_type": "write a list: one item per line, each after '- '",
    "dict_type": "write a mapping: one 'key: value' per line, indented",
    "model_type": "write a mapping: one 'key: value' per line, indented",
    "model_attributes_type": "write a mapping: one 'key: value' per line, indented",
    "time_delta_type": "write it as 30d, 6h, 5m, 90s or 1h30m",
    "time_delta_parsing": "write it as 30d, 6h, 5m, 90s or 1h30m",
}


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in a file; both count from 1."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong. Without a mark it is about the file as a whole, or about an environment variable."""

    file: str
    what: str
    advice: str = ""
    mark: Mark | None = None
    path: tuple[Key, ...] = ()

    @property
    def key(self) -> str:
        """The key path as people write it: `watches.node/memory.lead_time`, `languages[1]`."""
        return key_path(self.path)

    def __str__(self) -> str:
        place = f"{self.file}:{self.mark.line}:{self.mark.column}" if self.mark else self.file
        parts = [place, *([self.key] if self.path else []), self.what]
        return ": ".join(parts) + (f"; {self.advice}" if self.advice else "")


class ConfigError(JobError):
    """A configuration that can't be used. `problems` holds everything that is wrong with it; never empty."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


def key_path(path: Sequence[Key]) -> str:
    """A path of keys as text."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}"
    return text.removeprefix(".")


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Advice for a word that is not known: the nearest known one, or all of them."""
    names = sorted(known)
    near = difflib.get_close_matches(word, names, n=1, cutoff=0.6)
    if near:
        return f"did you mean {near[0]}?"
    return f"known here: {', '.join(names)}" if names else "remove it"


def problems_of(
    error: ValidationError,
    model: type[BaseModel],
    file: str,
    mark: Callable[[tuple[Key, ...]], Mark | None],
) -> tuple[Problem, ...]:
    """The faults that a model found in a file's values, in the order of the file."""
    found = []
    faults = error.errors(include_url=False)
    for details in faults:
        if details["type"] == "too_short" and _holds_another(details["loc"], faults):
            continue  # what is wrong in it is not counted: it only looks empty
        path = real_path(model, details["loc"], unknown_key=details["type"] == "extra_forbidden")
        what, advice = explain(details, model, path)
        found.append(Problem(file, what, advice, mark(path), path))
    return tuple(
        sorted(dict.fromkeys(found), key=lambda problem: (problem.mark.line if problem.mark else 0, problem.key))
    )


def _holds_another(location: tuple[Key, ...], faults: Sequence[ErrorDetails]) -> bool:
    return any(one["loc"][: len(location)] == location and one["loc"] != location for one in faults)


def explain(details: ErrorDetails, model: type[BaseModel], path: tuple[Key, ...]) -> tuple[str, str]:
    """What is wrong and what to do, from one fault that pydantic found."""
    kind, value = details["type"], details["input"]
    if kind == "extra_forbidden":
        return "unknown key", did_you_mean(str(path[-1]), known_keys(model, path[:-1]))
    if kind == "missing":
        return "is missing", "add it"
    message = details["msg"].removeprefix("Value error, ").replace("Input should", "should").replace("String", "text")
    what = _WORDS.get(kind, message)
    context = details.get("ctx", {})
    expected = str(context.get("expected", "")).replace("'", "")
    advice = _ADVICE.get(kind, "")
    if kind in {"literal_error", "enum", "union_tag_invalid"}:
        options = expected or str(context.get("expected_tags", "")).replace("'", "")
        what = f"is not one of {options}"
        advice = (
            did_you_mean(str(value), re.split(r",? or |, ", options))
            if isinstance(value, str)
            else "choose one of them"
        )
    private = any(isinstance(part, str) and _PRIVATE.search(part) for part in path)
    if isinstance(value, str | int | float | bool) and not private and kind != "value_error":
        what += f" (found {str(value)[:_SHOWN]!r})"
    return what, advice


def real_path(model: type[BaseModel], location: Sequence[Key], *, unknown_key: bool) -> tuple[Key, ...]:
    """A fault's place without what pydantic adds to it: the tags and type names of unions.

    With `unknown_key` its last part is a key that no model has, and is kept.
    """
    path: list[Key] = []
    for position, part in enumerate(location):
        last = unknown_key and position == len(location) - 1
        if part == "[key]":  # the key itself is wrong
            continue
        if isinstance(part, str) and not _leads_on(model, (*path, part)) and not (last and _models_at(model, path)):
            continue
        path.append(part)
    return tuple(path)


def known_keys(model: type[BaseModel], path: Sequence[Key]) -> set[str]:
    """The keys that may stand at a place."""
    return {alias for found in _models_at(model, path) for alias in _fields(found)}


def _fields(model: type[BaseModel]) -> dict[str, Any]:
    return {field.alias or name: field.annotation for name, field in model.model_fields.items()}


def _models_at(model: type[BaseModel], path: Sequence[Key]) -> list[type[BaseModel]]:
    return [found for found in _types_at(model, path) if isinstance(found, type) and issubclass(found, BaseModel)]


def _leads_on(model: type[BaseModel], path: Sequence[Key]) -> bool:
    return bool(_types_at(model, path))


def _types_at(annotation: Any, path: Sequence[Key]) -> list[Any]:
    """The types that a value at a path may have; nothing where the path leads nowhere."""
    origin = get_origin(annotation)
    if origin is Annotated:
        return _types_at(get_args(annotation)[0], path)
    if origin in {Union, types.UnionType}:
        return [found for option in get_args(annotation) for found in _types_at(option, path)]
    if not path:
        return [annotation]
    inner = _inside(annotation, path[0])
    return [] if inner is None else _types_at(inner, path[1:])


def _inside(annotation: Any, key: Key) -> Any:
    """The type of what a container holds under a key; None where it can't hold one."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return _fields(annotation).get(str(key))
    origin, arguments = get_origin(annotation), get_args(annotation)
    if isinstance(origin, type) and issubclass(origin, Mapping) and isinstance(key, str):
        return arguments[1]
    if origin in {list, tuple, set, frozenset} and isinstance(key, int):
        return arguments[0]
    return None
