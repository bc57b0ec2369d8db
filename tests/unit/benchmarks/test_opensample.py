"""A folder of capacity histories is read as it is written, whatever its first lines look like."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np

from benchmarks.exhaustion.opensample import read_open_sample

STEP = 3600


def test_a_value_with_decimals_after_many_whole_ones_is_read(tmp_path: Path) -> None:
    values = [*range(12_000), 0.5]
    _write(
        tmp_path / "series.csv.gz", ["series,ts,value", *(f"a,{i * STEP},{value}" for i, value in enumerate(values))]
    )
    _write(tmp_path / "limits.csv.gz", ["series,ts,limit", "a,0,20000"])
    meta = {"now": 12_000 * STEP, "step_s": STEP, "type": "gauge", "direction": "up"}
    (tmp_path / "meta.json").write_text(json.dumps({"a": meta}))
    (tmp_path / "truth.json").write_text(json.dumps({"a": {"days": None, "kind": "made up"}}))

    (history,) = read_open_sample(tmp_path)

    np.testing.assert_array_equal(history.values, values)
    assert (history.limits == 20_000).all()


def _write(path: Path, lines: list[str]) -> None:
    path.write_bytes(gzip.compress("\n".join(lines).encode()))
