"""A report as HTML, Markdown or JSON. The only caller of the templates: it knows no settings, no clock and no files."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from functools import cache, partial
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from reports import formats
from reports.languages import language_of
from reports.text import markdown, markdown_block, markdown_cell, markdown_code
from reports.views import CapacityReport

TEMPLATES = Path(__file__).parent / "templates"


def render_html(report: CapacityReport) -> str:
    """One self-contained page: no script, and nothing that a browser would have to fetch."""
    return _render("capacity.html.j2", report)


def render_markdown(report: CapacityReport) -> str:
    """The same report in GitHub's Markdown, without the pictures."""
    return _render("capacity.md.j2", report)


def render_json(report: CapacityReport) -> str:
    """The same report for programs: numbers and RFC 3339 times beside the texts, without the pictures."""
    return json.dumps(_plain(asdict(report)), ensure_ascii=False, indent=1, allow_nan=False) + "\n"


@cache
def environment() -> Environment:
    """The templates, with autoescape on and undefined names refused."""
    templates = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    escapes = {"md": markdown, "code": markdown_code, "cell": markdown_cell, "block": markdown_block}
    templates.filters["unbroken"] = formats.unbroken
    templates.filters.update({name: _escaping(escape) for name, escape in escapes.items()})
    return templates


class Escaped(str):
    """Markdown that is escaped already: HTML escaping leaves it as it is."""

    __slots__ = ()

    def __html__(self) -> str:
        return str(self)


def _escaping(escape: Callable[[str], str]) -> Callable[[str], Escaped]:
    return lambda text: Escaped(escape(str(text)))


def _render(template: str, report: CapacityReport) -> str:
    words = language_of(report.language)
    return (
        environment()
        .get_template(template)
        .render(
            report=report, _=words.gettext, gap=formats.gap(report.language), paired=partial(_paired, report.language)
        )
    )


def _paired(language: str, first: str, second: str) -> str:
    """Two sentences one after the other."""
    return formats.joined((first, second), language)


def _plain(value: Any) -> Any:
    """What a report holds without its pictures, and with numbers that JSON can write."""
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items() if name not in ("chart", "span", "axis")}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return None if isinstance(value, float) and value - value != 0 else value
