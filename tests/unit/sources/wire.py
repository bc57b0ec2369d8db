"""Answers as Prometheus writes them, and a transport that keeps what it was asked."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

import httpx

from domain.times import Grid
from sources.config import PrometheusConfig
from sources.prometheus import PrometheusSource

URL = "http://prometheus.test:9090"
Handler = Callable[[httpx.Request], httpx.Response]


def form(request: httpx.Request) -> dict[str, str]:
    """The parameters of a request, from its body or its address."""
    text = request.content.decode() if request.method == "POST" else request.url.query.decode()
    return {name: values[-1] for name, values in parse_qs(text, keep_blank_values=True).items()}


def asked_grid(request: httpx.Request) -> Grid:
    """The grid that a range query asks for."""
    asked = form(request)
    start, end, step = int(asked["start"]), int(asked["end"]), int(asked["step"])
    return Grid(start, step, (end - start) // step + 1)


def success(data: Any, **more: Any) -> httpx.Response:
    """An answer with status 200."""
    return httpx.Response(200, json={"status": "success", "data": data, **more})


def matrix(series: list[tuple[Mapping[str, str], list[tuple[float, str]]]], **more: Any) -> httpx.Response:
    """The answer to a range query."""
    result = [{"metric": dict(metric), "values": [[t, v] for t, v in values]} for metric, values in series]
    return success({"resultType": "matrix", "result": result}, **more)


def failure(status: int, kind: str, text: str, **headers: str) -> httpx.Response:
    """A refusal in Prometheus' own form."""
    body = json.dumps({"status": "error", "errorType": kind, "error": text})
    return httpx.Response(status, content=body, headers={"content-type": "application/json", **headers})


def counting(request: httpx.Request) -> httpx.Response:
    """Two series whose value is the instant itself, and the same plus a half."""
    times = [int(moment) for moment in asked_grid(request).times]
    return matrix(
        [
            ({"__name__": "x", "host": "a"}, [(t, str(t)) for t in times]),
            ({"__name__": "x", "host": "b"}, [(t, f"{t}.5") for t in times]),
        ]
    )


@dataclass
class Recorder:
    """Keeps every request, and answers as it is told."""

    answer: Handler
    requests: list[httpx.Request] = field(default_factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        request.read()
        self.requests.append(request)
        return self.answer(request)


def in_turn(*answers: httpx.Response | Handler | Exception) -> Handler:
    """One answer after the other; the last one for all that come later."""
    left = list(answers)

    def answer(request: httpx.Request) -> httpx.Response:
        current = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(current, Exception):
            raise current
        return current if isinstance(current, httpx.Response) else current(request)

    return answer


@contextmanager
def source_of(answer: Handler, **settings: Any) -> Iterator[tuple[PrometheusSource, Recorder]]:
    """A source whose every request goes to `answer`; one request in flight unless told otherwise."""
    recorder = Recorder(answer)
    config = PrometheusConfig.model_validate({"url": URL, "concurrency": 1, **settings})
    source = PrometheusSource("metrics", config, httpx.MockTransport(recorder))
    try:
        yield source, recorder
    finally:
        source.close()
