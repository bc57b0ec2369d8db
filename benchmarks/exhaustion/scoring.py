"""How good dates are: the figures of the project's scoreboard, computed from arrays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from benchmarks.exhaustion.parts import HORIZON, Floats

Figures = dict[str, float]
HEADS = {"series_per_s": "series/s"}
COLUMNS = ("f14", "f30", "fa14", "fa30", "mdae", "mdae14", "late", "within25", "cover80", "width", "brier14", "brier30")


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """Days from now, per series: `date`, `early` and `late` (NaN: not within the horizon), and two probabilities."""

    date: Floats
    early: Floats
    late: Floats
    p14: Floats
    p30: Floats

    def only(self, rows: Floats) -> Answers:
        """The answers for some of the series."""
        return Answers(self.date[rows], self.early[rows], self.late[rows], self.p14[rows], self.p30[rows])


def score(truth: Floats, answers: Answers) -> Figures:
    """The figures for series whose true days are `truth` (NaN: not within 60 days); NaN where one does not apply.

    f14, f30: F1 of "exhausted within so many days"; fa14, fa30: alarms per 100 healthy series; mdae: median error in
    days over series that fill within 30; late: share of those told more than a quarter (and a day) too late; cover80,
    width: share within the 80 % interval and its median width; brier14, brier30: squared error of the probabilities.
    """
    figures: Figures = {"n": float(truth.size)}
    healthy = np.isnan(truth)
    for days, probability in ((14, answers.p14), (30, answers.p30)):
        told, true = answers.date <= days, truth <= days
        total = told.sum() + true.sum()
        figures[f"f{days}"] = _share(2.0 * (told & true).sum(), total)
        figures[f"fa{days}"] = _share(100.0 * (told & healthy).sum(), healthy.sum())
        figures[f"brier{days}"] = float(np.mean((probability - true) ** 2)) if truth.size else np.nan
    soon = truth <= 30
    error = np.nan_to_num(answers.date, nan=HORIZON)[soon] - truth[soon]
    tolerance = np.maximum(0.25 * truth[soon], 1.0)
    low, high = np.nan_to_num(answers.early, nan=HORIZON)[soon], np.nan_to_num(answers.late, nan=HORIZON)[soon]
    figures["mdae"] = _median(np.abs(error))
    figures["mdae14"] = _median(np.abs(error[truth[soon] <= 14]))
    figures["late"] = _share((error > tolerance).sum(), error.size)
    figures["within25"] = _share((np.abs(error) <= tolerance).sum(), error.size)
    figures["cover80"] = _share(((low <= truth[soon]) & (truth[soon] <= high)).sum(), error.size)
    figures["width"] = _median(high - low)
    return figures


def table(rows: dict[str, Figures], columns: tuple[str, ...] = COLUMNS) -> str:
    """Rows of figures as text, one line each."""
    width = max(len(name) for name in rows)
    lines = [" " * width + "".join(f"{HEADS.get(column, column):>10}" for column in ("n", *columns))]
    for name, figures in rows.items():
        whole = [f"{figures['n']:10.0f}" if "n" in figures else f"{'':10}"]
        cells = whole + [_cell(figures.get(column, np.nan)) for column in columns]
        lines.append(f"{name:<{width}}" + "".join(cells))
    return "\n".join(lines)


def _cell(value: float) -> str:
    return f"{'-':>10}" if np.isnan(value) else f"{value:10.3f}" if value < 100 else f"{value:10.0f}"


def _share(part: float, whole: float) -> float:
    return float(part / whole) if whole else float("nan")


def _median(values: Floats) -> float:
    return float(np.median(values)) if values.size else float("nan")
