"""A history says the same in every form that it is written in."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from forewarn.demo.bundle import bundled
from forewarn.demo.history import BUNDLED_AS_OF, DemoHistory, generate
from forewarn.demo.writers import write_openmetrics, write_parquet, write_planted, write_victoria_jsonl
from sources.files.folder import load

SOME = 40  # series are enough to see that all is written


@pytest.fixture(scope="module")
def history() -> DemoHistory:
    whole = generate(BUNDLED_AS_OF)
    return DemoHistory(whole.as_of, whole.series[:: len(whole.series) // SOME], whole.planted)


def test_parquet_and_openmetrics_hold_the_same(history: DemoHistory, tmp_path: Path) -> None:
    write_parquet(history, tmp_path / "history.parquet")
    write_openmetrics(history, tmp_path / "history.om")

    parquet, text = load(tmp_path / "history.parquet"), load(tmp_path / "history.om")

    assert text.metrics == parquet.metrics
    np.testing.assert_array_equal(text.every.keys, parquet.every.keys)
    np.testing.assert_array_equal(text.every.values, parquet.every.values)


def test_openmetrics_is_as_promtool_wants_it(history: DemoHistory, tmp_path: Path) -> None:
    write_openmetrics(history, tmp_path / "history.om")
    lines = (tmp_path / "history.om").read_text(encoding="utf-8").splitlines()
    families = [line.split()[2] for line in lines if line.startswith("# TYPE")]

    assert lines[-1] == "# EOF"
    assert len(families) == len(set(families))
    assert all(not family.endswith("_total") for family in families)
    assert int(lines[-2].rpartition(" ")[2]) == history.series[-1].times[-1]  # seconds


def test_victoria_lines_hold_a_series_each(history: DemoHistory, tmp_path: Path) -> None:
    write_victoria_jsonl(history, tmp_path / "history.jsonl")
    lines = [json.loads(line) for line in (tmp_path / "history.jsonl").read_text(encoding="utf-8").splitlines()]

    assert [line["metric"] for line in lines] == [dict(one.labels) for one in history.series]
    assert lines[0]["timestamps"][-1] == history.series[0].times[-1] * 1_000  # milliseconds
    assert lines[0]["values"] == history.series[0].values.tolist()


def test_the_truth_is_written_and_read_back(history: DemoHistory, tmp_path: Path) -> None:
    write_planted(history, tmp_path / "planted.json")

    bundle = bundled(tmp_path)

    assert (bundle.as_of, bundle.planted) == (history.as_of, history.planted)
