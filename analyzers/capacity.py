"""When does each series run out: the distribution of its first crossing of its limit, for a whole batch at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from analyzers.clocks import Flags, Laid, laid_out
from analyzers.exhaustion.arrays import last_seen
from analyzers.exhaustion.contract import CapacityParameters, CapacityResult, Floats, join, nothing_said, reordered
from analyzers.exhaustion.outlook import outlook
from analyzers.threads import one_thread
from analyzers.workdays import as_usual
from domain.notes import Note, NoteCode
from domain.series import SeriesStatus
from domain.watch import Direction

__all__ = ["CapacityParameters", "CapacityResult", "analyse_capacity"]

CHUNK_SAMPLES = 360_000  # worked on at once: bounds the memory beyond the input; fewer cost time (benchmarks.run)
CHUNK_SERIES = 128
ALIKE = 0.5  # of its longest series: how much shorter others of a chunk may be


def analyse_capacity(
    times: Floats, values: Floats, limits: Floats, parameters: CapacityParameters, special: Flags | None = None
) -> CapacityResult:
    """When does each series of a batch run out, and how sure is that?

    The series are worked on in chunks. A chunk that raises is tried again series by series, so that a bad one is
    `failed`, with the reason, and stops no other.

    Parameters
    ----------
    times : `[n_steps]`, seconds since 1970, rising by one step; the last one is `as_of`.
    values : `[n_series, n_steps]`, NaN or infinite where nothing was seen.
    limits : `[n_series, n_steps]`, the limit in force at each time, NaN where nothing new is said. One of which nothing
        is said, or that is infinite at the end, or zero where trouble lies upward, is no limit.
    parameters : what is asked. Series that live by the wall clock of its time zone are judged by it over clock changes.
    special : `[n_steps]`, true on holidays, which are judged as usual days where they were quiet; None: there are none.

    Raises
    ------
    ValueError
        when the shapes do not fit each other, the times are not a regular grid, or the time zone is not known.
    """
    times = np.asarray(times, dtype=np.float64)
    _check(times, values, limits)
    special = np.zeros(times.size, dtype=np.bool_) if special is None else special
    parts: list[CapacityResult] = []
    order: list[NDArray[np.intp]] = []
    with one_thread():
        for rows, begin in _chunks(values):
            there, known = _finite(values[rows, begin:]), _in_force(limits[rows, : begin + 1], limits[rows, begin:])
            for laid in laid_out(times[begin:], there, known, special[begin:], parameters.timezone):
                parts.append(_judged(laid, parameters))
                order.append(rows[laid.rows])
    if not parts:
        return nothing_said(0, times[-1], parameters, SeriesStatus.EMPTY, "")
    return reordered(join(parts), np.argsort(np.concatenate(order)))


def _judged(laid: Laid, parameters: CapacityParameters) -> CapacityResult:
    """The outlook of rows on one grid, with quiet holidays as the usual days that they would have been."""
    step = float(laid.times[1] - laid.times[0]) if laid.times.size > 1 else 1.0
    usual = as_usual(laid.values, step, laid.special, 1.0 if parameters.direction is Direction.UP else -1.0)
    result = join(_isolated(laid.times, usual.values, laid.limits, parameters))
    notes = (
        (*said, Note(NoteCode.SPECIAL_DAYS, (("count", float(days)),))) if days else said
        for said, days in zip(result.notes, usual.replaced.tolist(), strict=True)
    )
    return replace(result, notes=tuple(notes))


def _finite(values: Floats) -> Floats:
    """The values, NaN where one is infinite: nothing was measured there."""
    there: Floats = values.astype(np.float64)  # a copy
    there[np.isinf(there)] = np.nan
    return there


def _in_force(before: Floats, limits: Floats) -> Floats:
    """`limits[n_series, n_steps]`, the first of them as said before where nothing is said then."""
    known: Floats = limits.astype(np.float64)
    known[:, 0] = np.where(np.isnan(known[:, 0]), last_seen(before), known[:, 0])
    return known


def _check(times: Floats, values: Floats, limits: Floats) -> None:
    """Refuse arrays that do not fit each other."""
    if times.ndim != 1 or times.size < 1:
        raise ValueError(f"times have shape {times.shape}: one row of at least one instant is needed")
    if values.ndim != 2 or values.shape[1] != times.size:
        raise ValueError(f"values have shape {values.shape}: [n_series, {times.size}] is needed for these times")
    if limits.shape != values.shape:
        raise ValueError(f"limits have shape {limits.shape}, values have {values.shape}: they must be the same")
    steps = np.diff(times)
    if steps.size and not (steps[0] > 0 and np.allclose(steps, steps[0], rtol=1e-6, atol=1e-3)):
        raise ValueError("times are not a regular grid: every step must be the same and positive")


def _chunks(values: Floats) -> Iterator[tuple[NDArray[np.intp], int]]:
    """Rows that are worked on together, and the step with which the first of them begins.

    They hold no more than `CHUNK_SAMPLES` samples, and are about equally long: what is before a series costs time.
    """
    n_series, n_steps = values.shape
    begin = np.argmax(~np.isnan(values), axis=1)
    order = np.argsort(begin, kind="stable").astype(np.intp)
    at = 0
    while at < n_series:
        first = int(begin[order[at]])
        size = max(1, min(CHUNK_SERIES, CHUNK_SAMPLES // (n_steps - first)))
        alike = np.searchsorted(begin[order], first + ALIKE * (n_steps - first), side="right")
        end = min(at + size, int(alike))
        yield order[at:end], min(first, max(n_steps - 2, 0))
        at = end


def _isolated(times: Floats, values: Floats, limits: Floats, parameters: CapacityParameters) -> list[CapacityResult]:
    """The outlook of a chunk; when it raises, of each of its rows, those that raise again being `failed`."""
    try:
        return [outlook(times, values, limits, parameters)]
    except (ArithmeticError, LookupError, TypeError, ValueError) as error:
        if values.shape[0] == 1:
            reason = f"{type(error).__name__}: {error}"
            return [nothing_said(1, times[-1], parameters, SeriesStatus.FAILED, reason)]
    rows = range(values.shape[0])
    return [part for i in rows for part in _isolated(times, values[i : i + 1], limits[i : i + 1], parameters)]
