"""Functions of labels: `label_replace` and `label_join`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

import polars as pl

from sources.files.promql.select import from_end_to_end, full_match
from sources.files.promql.values import QueryRefusedError, Vector, drop
from sources.files.store import Metric

LABEL_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")


def label_replace(vector: Vector, target: str, template: str, source: str, pattern: str) -> Vector:
    """Set a label from another one where a regular expression matches it from end to end; `$1` is its first group."""
    _refuse_name(target)
    values = [metric.get(source, "") for metric in vector.metrics]
    hits = full_match(pattern, values)
    written = pl.Series(values, dtype=pl.String).str.replace(from_end_to_end(pattern), template).to_list()
    metrics = [
        _with(metric, target, text) if hit else metric
        for metric, text, hit in zip(vector.metrics, written, hits, strict=True)
    ]
    return replace(vector, metrics=metrics).merged()


def label_join(vector: Vector, target: str, separator: str, sources: Sequence[str]) -> Vector:
    """Set a label to the values of others, joined."""
    _refuse_name(target)
    metrics = [
        _with(metric, target, separator.join(metric.get(name, "") for name in sources)) for metric in vector.metrics
    ]
    return replace(vector, metrics=metrics).merged()


def _with(metric: Metric, name: str, value: str) -> Metric:
    rest = drop(metric, (name,))
    return {**rest, name: value} if value else rest


def _refuse_name(name: str) -> None:
    if not LABEL_NAME.fullmatch(name):
        raise QueryRefusedError(f"{name!r} can't be a label's name", token=name)
