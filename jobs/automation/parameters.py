"""A script's parameters from the labels of an entity: typed, bounded, and nothing but what is allowed. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping

from domain.labels import Labels
from jobs.automation.config import ParameterModel, ParameterType

_INT = re.compile(r"-?[0-9]{1,18}")


class NotAllowed(ValueError):
    """A label's value may not be given to a script. The message does not repeat the value: it is not trusted."""


def bind(parameters: Mapping[str, ParameterModel], entity: Labels) -> dict[str, str | int]:
    """The values that a script is given. Raises `NotAllowed` for the first that may not be."""
    return {name: _value(name, parameter, entity) for name, parameter in sorted(parameters.items())}


def _value(name: str, parameter: ParameterModel, entity: Labels) -> str | int:
    text = entity.get(parameter.label)
    if text is None:
        raise NotAllowed(f"the parameter {name} needs the label {parameter.label}, which the entity does not have")
    where = f"the label {parameter.label}, for the parameter {name},"
    if len(text) > parameter.longest:
        raise NotAllowed(f"{where} has {len(text)} characters: more than {parameter.longest}")
    if not text.isprintable():
        raise NotAllowed(f"{where} has characters that can't be printed")
    if parameter.pattern is not None and re.fullmatch(parameter.pattern, text) is None:
        raise NotAllowed(f"{where} does not match {parameter.pattern}")
    if parameter.type is ParameterType.INT:
        return _int(where, parameter, text)
    if parameter.type is ParameterType.ENUM:
        if text not in parameter.values:
            raise NotAllowed(f"{where} is none of {', '.join(parameter.values)}")
        return text
    if text.startswith("-"):
        raise NotAllowed(f"{where} begins with a dash: a program may take it for an option")
    return text


def _int(where: str, parameter: ParameterModel, text: str) -> int:
    if _INT.fullmatch(text) is None:
        raise NotAllowed(f"{where} is no whole number")
    number = int(text)
    if parameter.minimum is not None and number < parameter.minimum:
        raise NotAllowed(f"{where} is below {parameter.minimum}")
    if parameter.maximum is not None and number > parameter.maximum:
        raise NotAllowed(f"{where} is above {parameter.maximum}")
    return number
