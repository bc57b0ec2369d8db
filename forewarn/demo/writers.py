"""Writes a history in the forms that other programs read: Parquet, OpenMetrics text, VictoriaMetrics' JSON lines."""

from __future__ import annotations

import json
from itertools import groupby
from pathlib import Path

import numpy as np
import polars as pl

from domain.labels import Labels, quote
from domain.times import rfc3339
from forewarn.demo.history import DemoHistory, DemoSeries

SMALLEST = 19  # zstd's level for what is shipped: slow to write, as fast to read as any other


def write_parquet(history: DemoHistory, path: Path, *, level: int = 3) -> None:
    """Write the long form that the file source reads: `name`, `labels` (JSON), `ts` (ms), `value`, sorted."""
    lengths = [len(one.times) for one in history.series]
    names = pl.Series([one.labels["__name__"] for one in history.series], dtype=pl.String)
    labels = pl.Series([_json(one.labels) for one in history.series], dtype=pl.String)
    row = pl.Series(np.repeat(np.arange(len(lengths)), lengths))
    frame = pl.DataFrame(
        {
            "name": names.gather(row),
            "labels": labels.gather(row),
            "ts": np.concatenate([one.times for one in history.series]) * 1_000,
            "value": np.concatenate([one.values for one in history.series]),
        }
    )
    frame.write_parquet(path, compression="zstd", compression_level=level)


def write_openmetrics(history: DemoHistory, path: Path) -> None:
    """Write OpenMetrics text as `promtool tsdb create-blocks-from openmetrics` reads it: seconds, and `# EOF`."""
    with path.open("w", encoding="utf-8") as out:
        for name, members in groupby(history.series, key=lambda one: one.labels["__name__"]):
            kind, family = ("counter", name.removesuffix("_total")) if name.endswith("_total") else ("unknown", name)
            out.write(f"# TYPE {family} {kind}\n")
            for series in members:
                prefix = name + _braces(series.labels)
                out.writelines(f"{prefix} {value!r} {time}\n" for time, value in _pairs(series))
        out.write("# EOF\n")


def write_victoria_jsonl(history: DemoHistory, path: Path) -> None:
    """Write JSON lines as VictoriaMetrics' `/api/v1/import` reads them: one series a line, times in milliseconds."""
    with path.open("w", encoding="utf-8") as out:
        for series in history.series:
            times = (series.times * 1_000).tolist()
            line = {"metric": dict(series.labels), "values": series.values.tolist(), "timestamps": times}
            out.write(json.dumps(line, ensure_ascii=False) + "\n")


def write_planted(history: DemoHistory, path: Path) -> None:
    """Write the truth as JSON: `as_of`, and for everything that runs out its watch, entity and moment."""
    truth = {
        "as_of": rfc3339(history.as_of),
        "planted": [
            {"watch": one.watch, "entity": dict(one.entity), "exhausts_at": rfc3339(one.exhausts_at)}
            for one in history.planted
        ],
    }
    path.write_text(json.dumps(truth, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def _json(labels: Labels) -> str:
    return json.dumps(dict(labels.without(["__name__"])), ensure_ascii=False, separators=(",", ":"))


def _braces(labels: Labels) -> str:
    pairs = (f"{name}={quote(value)}" for name, value in labels.pairs if name != "__name__")
    return "{" + ",".join(pairs) + "}"


def _pairs(series: DemoSeries) -> zip[tuple[int, float]]:
    return zip(series.times.tolist(), series.values.tolist(), strict=True)
