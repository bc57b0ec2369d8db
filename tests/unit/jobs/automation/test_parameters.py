"""A script's parameters come from labels that are allowed, and from nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from domain.labels import Labels
from jobs.automation.config import ParameterModel
from jobs.automation.parameters import NotAllowed, bind


def value_of(text: str, **model: Any) -> object:
    parameter = ParameterModel.model_validate({"label": "x"} | model)
    return bind({"p": parameter}, Labels.of(x=text))["p"]


def test_each_type_gives_its_own_value() -> None:
    assert value_of("db-1", pattern="[a-z0-9-]+") == "db-1"
    assert value_of("-17", type="int", minimum=-20) == -17
    assert value_of("small", type="enum", values=["small", "large"]) == "small"


def test_a_bound_is_allowed_itself() -> None:
    assert value_of("abc", pattern=".*", longest=3) == "abc"
    assert [value_of(text, type="int", minimum=3, maximum=5) for text in ("3", "5")] == [3, 5]


@pytest.mark.parametrize(
    ("text", "model", "why"),
    [
        ("db-1\n", {"pattern": "(?s).*"}, "can't be printed"),
        ("a\x00b", {"pattern": "(?s).*"}, "can't be printed"),
        ("abcd", {"pattern": ".*", "longest": 3}, "more than 3"),
        ("ab", {"pattern": "a"}, "does not match"),
        ("--force", {"pattern": ".*"}, "begins with a dash"),
        ("-rf", {"pattern": ".*"}, "begins with a dash"),
        ("db-1\u202e", {"pattern": ".*"}, "can't be printed"),
        ("12", {"type": "int", "pattern": "[0-9]"}, "does not match"),
        ("large", {"type": "enum", "values": ["large"], "pattern": "s.*"}, "does not match"),
        ("１２", {"type": "int"}, "no whole number"),
        ("9" * 19, {"type": "int"}, "no whole number"),
        ("1e3", {"type": "int"}, "no whole number"),
        ("5", {"type": "int", "maximum": 4}, "above 4"),
        ("3", {"type": "int", "minimum": 4}, "below 4"),
        ("Small", {"type": "enum", "values": ["small"]}, "none of small"),
    ],
)
def test_what_is_not_allowed_is_refused_with_a_reason(text: str, model: dict[str, Any], why: str) -> None:
    with pytest.raises(NotAllowed, match=why):
        value_of(text, **model)


def test_a_label_that_the_entity_does_not_have_is_no_parameter() -> None:
    parameter = ParameterModel.model_validate({"label": "device", "pattern": ".*"})

    with pytest.raises(NotAllowed, match="needs the label device"):
        bind({"p": parameter}, Labels.of(instance="db-1"))


@pytest.mark.parametrize(
    "model",
    [
        {"pattern": "("},
        {"type": "enum"},
        {"type": "int", "values": ["1"]},
        {"pattern": ".", "minimum": 1},
        {"pattern": ".", "value": "fixed"},
    ],
)
def test_a_parameter_that_means_nothing_is_refused_when_it_is_read(model: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"regular expression|enum needs|minimum and maximum|Extra inputs"):
        ParameterModel.model_validate({"label": "x"} | model)
