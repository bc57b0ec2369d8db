"""The answers of a Prometheus API as types, with samples left raw until their row is known."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec
from msgspec import Raw, Struct

from sources.errors import SourceMalformed
from sources.http.ask import Answer, Ask

T = TypeVar("T", bound="Envelope")
UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)  # the last: lists in lists in lists ...


class Envelope(Struct, rename="camel"):
    """What is around every answer."""

    status: str
    error: str = ""
    warnings: list[str] | None = None
    infos: list[str] | None = None
    is_partial: bool = False  # VictoriaMetrics: some of its storage nodes did not answer


class Series(Struct, gc=False):
    """One series of a matrix: `values` is `[[seconds, "number"], ...]`, absent where there are only histograms."""

    metric: Raw
    values: Raw = Raw(b"[]")
    histograms: Raw = Raw(b"")


class Matrix(Struct, rename="camel"):
    """Series over time."""

    result: list[Series]
    result_type: str = "matrix"


class MatrixAnswer(Envelope):
    """The answer to a range query."""

    data: Matrix | None = None


class Sample(Struct):
    """One series at one instant: `value` is `(seconds, "number")`, absent where there is only a histogram."""

    value: tuple[float, str] = (0.0, "NaN")


class Vector(Struct, rename="camel"):
    """Series at one instant."""

    result: list[Sample]
    result_type: str = "vector"


class VectorAnswer(Envelope):
    """The answer to an instant query."""

    data: Vector | None = None


class SeriesAnswer(Envelope):
    """Label sets."""

    data: list[dict[str, str]] | None = None


class ValuesAnswer(Envelope):
    """Values of a label."""

    data: list[str] | None = None


class MetricMetadata(Struct, frozen=True):
    """What a target says of a metric."""

    type: str = "unknown"
    help: str = ""
    unit: str = ""


class MetadataAnswer(Envelope):
    """What the targets say of metrics, by name."""

    data: dict[str, list[MetricMetadata]] | None = None


class StatusAnswer(Envelope):
    """Pages below /api/v1/status: names and values."""

    data: dict[str, Any] | None = None


def read(answer: Answer, kind: type[T], ask: Ask, source: str) -> T:
    """The answer as `kind`. Raises `SourceMalformed`, saying what came instead."""
    try:
        envelope = msgspec.json.decode(answer.body, type=kind)
    except UNREADABLE as error:
        raise malformed(f"its answer can't be understood: {error}", answer, ask, source) from error
    if envelope.status != "success":
        raise malformed(f"it says {envelope.status!r} with status 200: {envelope.error}", answer, ask, source)
    return envelope


def malformed(problem: str, answer: Answer, ask: Ask, source: str) -> SourceMalformed:
    """The error for an answer that is not what it should be."""
    page = answer.content_type == "text/html"
    advice = "A login page is in front of it: check credentials and url" if page else "Is url the address of its API?"
    return SourceMalformed(
        problem, source=source, query=ask.query, window=ask.window, status=answer.status, advice=advice
    )
