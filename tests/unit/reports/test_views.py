"""The contract of views and templates: what is documented is what is shown."""

from __future__ import annotations

import dataclasses
import inspect
import re
from types import ModuleType

import pytest
from jinja2 import nodes

from reports import charts, evidence, scales, spans, views
from reports.render import TEMPLATES, environment

FOR_PROGRAMS = {
    ("Moment", "at"), ("Quantity", "value"), ("Chance", "days"), ("CapacityReport", "status"), ("Risk", "state"),
    ("CapacityReport", "version"), ("Axis", "days"), ("Risk", "begin"), ("Unsaid", "status"),
}  # fmt: skip
SHOWN = [
    shape
    for module in (views, charts, spans, evidence, scales)
    for _, shape in inspect.getmembers(module, inspect.isclass)
    if dataclasses.is_dataclass(shape) and shape.__module__ == module.__name__ and shape.__name__ != "Scale"
]


def names_used(template: str) -> set[str]:
    """Every attribute that a template asks for."""
    tree = environment().parse((TEMPLATES / template).read_text())
    filters = {
        arg.value
        for node in tree.find_all(nodes.Filter)
        for arg in node.args
        if isinstance(arg, nodes.Const) and isinstance(arg.value, str)
    }
    return filters | {node.attr for node in tree.find_all(nodes.Getattr)}


@pytest.fixture(scope="module")
def used() -> set[str]:
    return {name for path in TEMPLATES.glob("*.j2") for name in names_used(path.name)}


@pytest.mark.parametrize("shape", SHOWN, ids=lambda shape: shape.__name__)
def test_every_field_is_shown(shape: type, used: set[str]) -> None:
    fields = {field.name for field in dataclasses.fields(shape)}
    unused = {name for name in fields - used if (shape.__name__, name) not in FOR_PROGRAMS}

    assert unused == set()


def test_templates_ask_for_nothing_that_is_no_field(used: set[str]) -> None:
    fields = {field.name for shape in SHOWN for field in dataclasses.fields(shape)}

    assert used - fields - {"items", "first", "equalto"} == set()


def test_no_class_of_the_page_is_a_value_that_means_something_else() -> None:
    """A value that becomes a class has a prefix where another rule of the style has the same name."""
    style = (TEMPLATES / "style.css").read_text()
    bare = set(re.findall(r"\.([a-z]+)(?![\w-])", style))

    assert {"complete", "partial", "failed"} & bare == set()
    assert "s-{{ watch.state }}" in (TEMPLATES / "_coverage.html.j2").read_text()


def documented(module: ModuleType) -> dict[str, str]:
    """The comment of each field, by the class and the field."""
    found: dict[str, str] = {}
    shape = ""
    for line in inspect.getsource(module).splitlines():
        if match := re.match(r"class (\w+)", line):
            shape = match.group(1)
        if match := re.match(r"    (\w+): [^#]*#\s*(.+)", line):
            found[f"{shape}.{match.group(1)}"] = match.group(2)
    return found


def test_every_field_of_a_view_says_what_it_holds() -> None:
    shapes = [shape for shape in SHOWN if shape.__module__ == views.__name__]
    fields = {f"{shape.__name__}.{field.name}" for shape in shapes for field in dataclasses.fields(shape)}

    assert fields - set(documented(views)) == set()


def test_views_are_frozen() -> None:
    for shape in SHOWN:
        view = object.__new__(shape)
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(view, dataclasses.fields(shape)[0].name, None)
