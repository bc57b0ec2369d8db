"""Every fault of a configuration at once: what one of them hides is found when its part is taken out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from jobs.problems import Key, Problem, did_you_mean
from jobs.yamlfile import Document

Part = tuple[Key, ...]


def faulty_parts(problems: Iterable[Problem]) -> frozenset[Part]:
    """The smallest parts that hold the faults and that the rest can do without: a source, a watch of a job, ..."""
    return frozenset(problem.path[: _depth(problem.path)] for problem in problems)


def _depth(path: Part) -> int:
    """How many keys name the part: what stands in one part is checked together, and needs nothing of the others."""
    if path[:1] == ("sources",):
        return 2
    if path[:1] == ("jobs",):
        return 4 if path[2:3] == ("watches",) else 3
    return 1


def without(data: Any, parts: frozenset[Part], here: Part = ()) -> Any:
    """The values without these parts; a mapping of which nothing is left is left out, too."""
    if not isinstance(data, Mapping):
        return data
    kept = {name: without(value, parts, (*here, name)) for name, value in data.items() if (*here, name) not in parts}
    return {name: value for name, value in kept.items() if value != {} or data[name] == {}}


def unknown_sources(data: Any, default: Iterable[str], document: Document) -> Iterator[Problem]:
    """The jobs that read a source which is not there, whatever else is wrong with either."""
    if not isinstance(data, Mapping):
        return
    sources, jobs = data.get("sources") or dict.fromkeys(default), data.get("jobs")
    if not isinstance(sources, Mapping) or not isinstance(jobs, Mapping):
        return
    for name, job in jobs.items():
        source = job.get("source") if isinstance(job, Mapping) else None
        if isinstance(source, str) and source not in sources:
            path = ("jobs", name, "source")
            what = f"the job {name} reads the source {source!r}, which is not configured"
            advice = did_you_mean(source, map(str, sources))
            yield Problem(document.file, what, advice, document.mark(path), path)
