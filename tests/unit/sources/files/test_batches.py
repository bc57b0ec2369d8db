"""Laws of the evaluator: work on many series at once is the same as work on each of them alone."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from domain.labels import Labels
from domain.times import Grid
from sources.files import FileSource
from sources.files.promql import windows

BEGIN = 1_793_556_000
GRID = Grid(BEGIN, 70, 40)
QUERIES = (
    "level",
    "rate(level[4m])",
    "avg_over_time(level[4m])",
    "min_over_time(level[4m])",
    "quantile_over_time(0.3, level[4m])",
    "deriv(level[4m])",
    "resets(level[9m])",
)

samples = st.lists(
    st.tuples(st.integers(0, 2_800), st.integers(-1_000, 1_000)), min_size=1, max_size=60, unique_by=lambda one: one[0]
)
histories = st.lists(samples, min_size=1, max_size=5)


def write(folder: str, history: list[list[tuple[int, int]]], order: NDArray[np.intp] | None = None) -> FileSource:
    rows = [
        ("level", json.dumps({"n": str(number)}), BEGIN + at, float(value))
        for number, one in enumerate(history)
        for at, value in one
    ]
    if order is not None:
        rows = [rows[int(place)] for place in order]
    path = Path(folder) / "history.parquet"
    pl.DataFrame(rows, schema=["name", "labels", "ts", "value"], orient="row").write_parquet(path)
    return FileSource("test", path, widen=False)


def answers(source: FileSource, query: str) -> dict[str, NDArray[np.float64]]:
    batch = source.fetch(query, GRID)
    return {labels["n"]: row for labels, row in zip(batch.labels, batch.values, strict=True)}


@settings(max_examples=15, deadline=None)
@given(history=histories, query=st.sampled_from(QUERIES))
def test_a_batch_gives_what_each_series_gives_alone(history: list[list[tuple[int, int]]], query: str) -> None:
    with TemporaryDirectory() as folder:
        together = answers(write(folder, history), query)
        # The file's interval sets the lookback, so all series stay in the file: they are asked for one by one.
        source = write(folder, history)
        alone: dict[str, NDArray[np.float64]] = {}
        for number in range(len(history)):
            alone |= answers(source, query.replace("level", f'level{{n="{number}"}}'))

    assert together.keys() == alone.keys()
    for name, row in together.items():
        np.testing.assert_array_equal(row, alone[name])


@settings(max_examples=15, deadline=None)
@given(history=histories, seed=st.integers(0, 99), query=st.sampled_from(QUERIES))
def test_the_order_of_rows_in_a_file_means_nothing(history: list[list[tuple[int, int]]], seed: int, query: str) -> None:
    shuffled = np.random.default_rng(seed).permutation(sum(len(one) for one in history))
    with TemporaryDirectory() as folder:
        expected = answers(write(folder, history), query)
        found = answers(write(folder, history, shuffled), query)

    assert expected.keys() == found.keys()
    for number, row in expected.items():
        np.testing.assert_array_equal(row, found[number])


@pytest.mark.parametrize("query", QUERIES)
def test_the_size_of_a_block_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, query: str) -> None:
    rng = np.random.default_rng(3)
    history = [list(zip(range(0, 2_800, 20), rng.integers(0, 99, 140).tolist(), strict=True)) for _ in range(7)]
    source = write(str(tmp_path), history)
    expected = source.fetch(query, GRID)

    monkeypatch.setattr(windows, "BLOCK_WINDOWS", 60)
    monkeypatch.setattr(windows, "BLOCK_CELLS", 50)
    found = source.fetch(query, GRID)

    assert found.labels == expected.labels == tuple(Labels.of(one) for one in expected.labels)
    np.testing.assert_array_equal(found.values, expected.values)
