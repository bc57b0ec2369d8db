"""The file source gives what real servers of both generations answered over the same samples."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from domain.times import Grid
from sources.files import Dialect, FileSource

RECORDED = Path(__file__).parents[3] / "fixtures" / "recorded" / "prometheus"

CASES = [
    pytest.param("matrix_plain", "v3_infos_rate_of_gauge", Dialect.PROMETHEUS_3, id="Prometheus 3, rate"),
    pytest.param(
        "matrix_counter_reset_raw", "matrix_counter_reset_rate", Dialect.PROMETHEUS_2, id="Prometheus 2, reset"
    ),
]


def recorded(name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((RECORDED / f"{name}.json").read_text(encoding="utf-8"))
    return content


@pytest.mark.parametrize(("raw", "answer", "dialect"), CASES)
def test_a_rate_is_what_the_server_answered(tmp_path: Path, raw: str, answer: str, dialect: Dialect) -> None:
    (samples,) = recorded(raw)["body"]["data"]["result"]
    name, case = samples["metric"]["__name__"], samples["metric"]["case"]
    lines = [f'{name}{{case="{case}"}} {value} {time}\n' for time, value in samples["values"]]
    (tmp_path / "history.om").write_text("".join(lines), encoding="utf-8")
    expected = recorded(answer)
    asked = expected["request"]["params"]
    (series,) = expected["body"]["data"]["result"]
    grid = Grid(asked["start"], asked["step"], (asked["end"] - asked["start"]) // asked["step"] + 1)

    batch = FileSource("files", tmp_path / "history.om", dialect=dialect).fetch(asked["query"], grid)

    assert [dict(labels) for labels in batch.labels] == [series["metric"]]
    there = ~np.isnan(batch.values[0])
    assert grid.times[there].tolist() == [time for time, _ in series["values"]]
    np.testing.assert_allclose(batch.values[0][there], [float(value) for _, value in series["values"]], rtol=1e-12)
