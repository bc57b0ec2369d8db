"""Many series on one time grid, and what is known about how well they were seen."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from domain.labels import Labels
from domain.times import Grid


class SeriesStatus(StrEnum):
    """Whether an analysis can say anything about a series, and if not, why."""

    OK = "ok"
    CONSTANT = "constant"  # one value all the time: it is forecast as that value
    TOO_SHORT = "too_short"  # younger than the analysis needs
    TOO_SPARSE = "too_sparse"  # too few of its steps were seen
    EMPTY = "empty"  # nothing was seen at all
    STALE = "stale"  # it ended before the window did: the thing may be gone
    NO_LIMIT = "no_limit"  # its limit is missing, zero, infinite or not a number
    FAILED = "failed"  # the method raised; the reason is kept beside it


@dataclass(frozen=True, slots=True)
class SourceNotes:
    """What a source said about an answer, or left out of it: shown beside every result (absence is not health)."""

    warnings: tuple[str, ...] = ()
    infos: tuple[str, ...] = ()
    partial: bool = False  # something that was asked for is not in the answer
    missing: tuple[str, ...] = ()  # what is not there, in words: a window, a series that was cut, ...
    requests: int = 0
    samples: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class SeriesBatch:
    """Many series on one grid.

    `values[n_series, n_steps]` is float64, NaN where nothing was seen; `labels[i]` names row `i`.
    """

    labels: tuple[Labels, ...]
    grid: Grid
    values: NDArray[np.float64]
    notes: SourceNotes = field(default_factory=SourceNotes)

    def __post_init__(self) -> None:
        """Refuse arrays whose shape does not fit the labels and the grid."""
        expected = (len(self.labels), self.grid.steps)
        if self.values.shape != expected:
            raise ValueError(f"values have shape {self.values.shape}, labels and grid ask for {expected}")
        if self.values.dtype != np.float64:
            raise ValueError(f"values are {self.values.dtype}: a batch holds float64")

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def seen(self) -> NDArray[np.int64]:
        """How many steps of each series were seen, `[n_series]`."""
        counts: NDArray[np.int64] = np.count_nonzero(~np.isnan(self.values), axis=1)
        return counts
