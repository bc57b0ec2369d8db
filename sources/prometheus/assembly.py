"""Slices of an answer, put together as one array: rows by label set, columns by instant."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import msgspec
import numpy as np
from numpy.typing import NDArray

from domain.labels import Labels
from domain.times import Grid
from sources.prometheus.answers import Series
from sources.prometheus.decode import Samples, blocks, decode_block
from sources.prometheus.slices import Slice

OFF_GRID = 0.002  # seconds that a sample's time may differ from the grid's: times are told in milliseconds
_LABELS = msgspec.json.Decoder(dict[str, str])


class Assembly:
    """A growing `values[n_series, n_steps]`; memory is the array itself, the slices add nothing to it."""

    def __init__(self, grid: Grid) -> None:
        """No series yet."""
        self._grid = grid
        self._times = grid.times
        self._values: NDArray[np.float64] = np.empty((0, grid.steps))
        self._rows: dict[Labels, int] = {}
        self._row_of_text: dict[bytes, int] = {}
        self.samples = 0
        self.left_out: Counter[str] = Counter()  # what was not taken over, in words

    def add(self, piece: Slice, series: list[Series]) -> None:
        """Take over the samples of one slice. Raises `ValueError` for what is no sample."""
        with_values = [one for one in series if len(one.values) > len(b"[]")]
        histograms = sum(len(one.histograms) > 0 for one in series)
        if histograms:
            self.left_out["native histograms, which have no single value"] = max(
                histograms, self.left_out["native histograms, which have no single value"]
            )
        rows = np.array([self._row(one.metric) for one in with_values], dtype=np.intp)
        expected = self._times[piece.low : piece.high]
        self._grow()
        for block in blocks([len(one.values) for one in with_values]):
            self._put(piece, rows[block], decode_block([one.values for one in with_values[block]], expected))

    def finish(self) -> tuple[tuple[Labels, ...], NDArray[np.float64]]:
        """The labels and `values[n_series, n_steps]`, rows sorted by labels."""
        labels = list(self._rows)
        order = sorted(range(len(labels)), key=labels.__getitem__)
        if any(above > below for above, below in pairwise(order)):
            self._values = self._values[order]
        return tuple(labels[row] for row in order), self._values

    def _row(self, text: msgspec.Raw) -> int:
        """The row of a series. The same text means the same labels; the same labels may come as different texts."""
        key = bytes(text)
        row = self._row_of_text.get(key)
        if row is None:
            labels = Labels.of(_LABELS.decode(key))
            row = self._rows.setdefault(labels, len(self._rows))
            self._row_of_text[key] = row
        return row

    def _grow(self) -> None:
        """Make room for the rows that are new. In place: the pages of a large array are moved, not copied."""
        before, after = len(self._values), len(self._rows)
        if after > before:
            self._values.resize((after, self._grid.steps), refcheck=False)
            self._values[before:] = np.nan

    def _put(self, piece: Slice, rows: NDArray[np.intp], samples: Samples) -> None:
        """The samples of some rows, each in the column of its time."""
        self.samples += len(samples.values)
        if samples.times is None:
            self._values[rows, piece.low : piece.high] = samples.values.reshape(len(rows), piece.steps)
            return
        columns = np.rint((samples.times - self._grid.start) / self._grid.step)
        beside = np.abs(samples.times - (self._grid.start + columns * self._grid.step)) > OFF_GRID
        kept = ~beside & (columns >= piece.low) & (columns < piece.high)
        self._values[np.repeat(rows, samples.counts)[kept], columns[kept].astype(np.intp)] = samples.values[kept]
        if not kept.all():
            self.left_out["samples that lie beside the grid"] += int(np.count_nonzero(~kept))
