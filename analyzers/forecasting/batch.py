"""Forecasts of a whole batch at once: what can't be forecast is sorted out, the rest is forecast group by group."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
from numpy.typing import NDArray

from analyzers.forecasting.group import GroupForecast, forecast_group
from analyzers.forecasting.intervals import widening
from analyzers.forecasting.origins import MOST_ORIGINS, origin_spacing
from analyzers.forecasting.parameters import ForecastBatch, ForecastParameters
from analyzers.forecasting.seasons import find_periods
from analyzers.forecasting.special_days import Days, learn, replaced, set_aside
from analyzers.grids import DAY, local_grid, time_zone, utc_offsets
from analyzers.threads import one_thread
from domain.series import SeriesStatus

EPOCH = date(1970, 1, 1).toordinal()
EPOCH_WEEKDAY = date(1970, 1, 1).weekday()
MINIMUM_SEEN = 10  # samples
MINIMUM_SHARE = 0.1  # of the steps since the first sample
LARGEST = 1e307  # sums and differences of larger values are no numbers
ROWS = 128  # series that are worked on together
CELLS = 500_000  # ... or as many as have so many steps in all
LONGEST = 2160  # steps that are looked back, unless seasons or horizon ask for more
GRAIN = 64  # steps that lengths are rounded up to, or the longest season
CYCLES = 9  # longest seasons that are looked back, at least


def forecast_batch(
    values: NDArray[np.float64],
    parameters: ForecastParameters,
    *,
    start: float = 0.0,
    progress: Callable[[int], None] | None = None,
) -> ForecastBatch:
    """What will the values be? Quantiles of the future of every series, with how well that worked on its past.

    Every method of `methods.py` forecasts the past of each series from up to 14 origins and is weighted by how it did
    there; the errors of the combination make the intervals, which are widened until they hold on held-back origins.

    `values[n_series, n_steps]`: NaN where nothing was seen; all series end at the last step; those that begin later
    are NaN before. `start`: the time of the first step in seconds since 1970, for time zones; 0 where not known.
    `progress` is told how many series are done. A series of which too little was seen gets a status and a reason
    instead of numbers; it never stops the others. The factor that widens intervals is shared by the batch; all else
    depends on the series alone. Raises `ValueError` for an array that is not two-dimensional and for a time zone that
    is not known.

    Time grows with `n_series * n_steps`, about a millisecond a series of 1,000 steps, and three where a batch has a
    hundred different seasons; memory beside input and output does not grow with `n_series`.
    """
    if values.ndim != 2:
        raise ValueError(f"values have {values.ndim} dimensions: a batch is values[n_series, n_steps]")
    zone = parameters.timezone or "UTC"
    time_zone(zone)  # one that is not known is refused also where it makes no difference
    known = np.where(np.isfinite(values), values, np.nan)
    unseen = _unseen_before(known)
    known, start = known[:, unseen:], start + unseen * parameters.step_seconds if start > 0 else start
    steps = known.shape[1]
    if parameters.special_days and parameters.step_seconds == DAY and start > 0 and steps > 0:
        return _forecast_around(
            known, _days(start, parameters, zone, 0, steps + parameters.horizon), parameters, progress
        )
    timeless = start <= 0 or parameters.step_seconds >= DAY or steps == 0
    if timeless or (parameters.timezone is None and not parameters.special_days):
        return _forecast_even(known, parameters, progress)
    grid = local_grid(start, parameters.step_seconds, steps + parameters.horizon, zone)
    ahead = grid.ahead(steps)
    local = replace(parameters, horizon=int(ahead.max()))
    spread = known if grid.even else grid.spread(known, steps)
    if parameters.special_days and DAY % parameters.step_seconds == 0:
        days = _days(start, parameters, zone, int(grid.slot[0]), spread.shape[1] + local.horizon)
        result = _forecast_around(spread, days, local, progress)
    else:
        result = _forecast_even(spread, local, progress)
    return replace(result, values=result.values[:, :, ahead - 1], mean=result.mean[:, ahead - 1])


def _unseen_before(known: NDArray[np.float64]) -> int:
    """How many steps at the beginning no series was seen at: they change nothing. One step is always left."""
    seen = np.isfinite(known).any(axis=0)
    return int(seen.argmax()) if seen.any() else max(0, known.shape[1] - 1)


def _days(start: float, parameters: ForecastParameters, zone: str, begin: int, slots: int) -> Days:
    """The local days of a grid of wall-clock slots; `start` is in slot `begin`."""
    step = parameters.step_seconds
    local = start + float(utc_offsets(np.array([start]), zone)[0])
    slot = int(local % DAY // step) - begin + np.arange(slots)
    day = slot // round(DAY / step)
    first = int(local // DAY) + int(day[0])
    day -= day[0]
    special = np.array([one.toordinal() - EPOCH for one in parameters.special_days], dtype=np.int64)
    numbers = first + np.arange(int(day[-1]) + 1)
    weekday = (numbers + EPOCH_WEEKDAY) % 7
    return Days(day, slot % round(DAY / step), np.isin(numbers, special), weekday)


def _forecast_around(
    known: NDArray[np.float64], days: Days, parameters: ForecastParameters, progress: Callable[[int], None] | None
) -> ForecastBatch:
    """Forecast without the special days where they are not usual, and put those ahead in."""
    steps = known.shape[1]
    cut = days.cut(known)
    kinds = learn(cut, days, int(days.day[steps - 1]))
    result = _forecast_even(set_aside(known, days, kinds), parameters, progress)
    centre = replaced(result.mean, cut, days, kinds, steps)
    moved = result.values + np.nan_to_num(centre - result.mean)[:, None, :]
    low, high = _bounds(known, parameters)
    values = np.clip(moved, low[:, None, None], high[:, None, None])
    return replace(result, mean=np.clip(centre, low[:, None], high[:, None]), values=values)


def _forecast_even(
    known: NDArray[np.float64], parameters: ForecastParameters, progress: Callable[[int], None] | None
) -> ForecastBatch:
    """The forecasts of `known[n_series, n_steps]` on a grid where seasons keep their length."""
    status = [_status(*facts, parameters.horizon) for facts in _facts(known)]
    out = _empty(len(status), parameters)
    constant = np.array([one is SeriesStatus.CONSTANT for one in status], dtype=np.bool_)
    if constant.any():
        level = np.clip(np.nanmax(known[constant], axis=1), *_bounds(known[constant], parameters))
        out.values[constant] = level[:, None, None]
        out.mean[constant] = level[:, None]
    good = np.flatnonzero([one is SeriesStatus.OK for one in status])
    method = ["constant" if flat else "" for flat in constant.tolist()]
    periods: list[tuple[int, ...]] = [()] * len(status)
    if good.size:
        with one_thread():
            parts = list(_forecast(known, good, parameters, progress))
        _fill(out, parts, parameters, known)
        for part in parts:
            for row, name, seasons in zip(part.rows.tolist(), part.forecast.method, part.forecast.periods, strict=True):
                method[row], periods[row] = name, seasons
    return ForecastBatch(
        quantiles=parameters.quantiles,
        values=out.values,
        mean=out.mean,
        status=tuple(status),
        reason=tuple(REASONS.get(one, "") for one in status),
        method=tuple(method),
        backtest_score=out.score,
        periods=tuple(periods),
    )


REASONS = {
    SeriesStatus.EMPTY: "nothing was seen",
    SeriesStatus.TOO_SHORT: f"fewer than {MINIMUM_SEEN} samples were seen",
    SeriesStatus.TOO_SPARSE: f"less than {MINIMUM_SHARE:.0%} of its steps were seen",
    SeriesStatus.STALE: "nothing was seen for longer than the horizon",
    SeriesStatus.FAILED: f"its values lie beyond {LARGEST:g}, which can't be calculated with",
}


@dataclass(frozen=True, slots=True, eq=False)
class _Part:
    """The forecast of the series in `rows`."""

    rows: NDArray[np.int64]
    forecast: GroupForecast


@dataclass(frozen=True, slots=True, eq=False)
class _Out:
    values: NDArray[np.float64]
    mean: NDArray[np.float64]
    score: NDArray[np.float64]


def _empty(series: int, parameters: ForecastParameters) -> _Out:
    shape = (series, len(parameters.quantiles), parameters.horizon)
    return _Out(np.full(shape, np.nan), np.full((shape[0], shape[2]), np.nan), np.full(series, np.nan))


def _facts(values: NDArray[np.float64]) -> Iterator[tuple[int, int, int, bool, bool]]:
    """Of each series: samples, steps since the first and the last; whether all are alike, and any is too large."""
    seen = np.isfinite(values)
    steps = values.shape[1]
    count = np.count_nonzero(seen, axis=1)
    first, after = _before_any(seen), _before_any(seen[:, ::-1])
    low = np.where(seen, values, np.inf).min(axis=1, initial=np.inf)
    high = np.where(seen, values, -np.inf).max(axis=1, initial=-np.inf)
    alike, large = low >= high, np.maximum(high, -low) > LARGEST
    return zip(*(one.tolist() for one in (count, steps - first, after, alike, large)), strict=True)


def _before_any(seen: NDArray[np.bool_]) -> NDArray[np.int64]:
    """How many steps come before the first that is seen; all of them where none is."""
    index = np.arange(seen.shape[1])
    first: NDArray[np.int64] = np.where(seen, index, seen.shape[1]).min(axis=1, initial=seen.shape[1])
    return first


def _status(count: int, length: int, after: int, alike: bool, large: bool, horizon: int) -> SeriesStatus:
    if count == 0:
        return SeriesStatus.EMPTY
    if count < MINIMUM_SEEN:
        return SeriesStatus.TOO_SHORT
    if after > horizon:
        return SeriesStatus.STALE
    if count < MINIMUM_SHARE * length:
        return SeriesStatus.TOO_SPARSE
    if alike:
        return SeriesStatus.CONSTANT
    return SeriesStatus.FAILED if large else SeriesStatus.OK


def _forecast(
    values: NDArray[np.float64],
    good: NDArray[np.int64],
    parameters: ForecastParameters,
    progress: Callable[[int], None] | None,
) -> Iterator[_Part]:
    """Forecast the series in `good`, those with the same seasons and of like length together."""
    candidates = find_periods(values[good], parameters)
    length = values.shape[1] - np.argmax(np.isfinite(values[good]), axis=1)
    groups: dict[tuple[tuple[int, ...], int], list[int]] = {}
    for row, periods, known in zip(good.tolist(), candidates, length.tolist(), strict=True):
        groups.setdefault((periods, _width(known, periods, parameters.horizon)), []).append(row)
    for (periods, width), rows in sorted(groups.items()):
        size = max(min(ROWS, CELLS // width), 1)
        for start in range(0, len(rows), size):
            chosen = np.array(rows[start : start + size])
            yield _Part(chosen, forecast_group(_last(values, chosen, width), periods, parameters))
            if progress is not None:
                progress(chosen.size)


def _width(known: int, periods: tuple[int, ...], horizon: int) -> int:
    """How many steps are looked back on: what is known, rounded up, so that it does not depend on other series."""
    season = max(periods, default=1)
    longest = max(LONGEST, CYCLES * season, 4 * horizon + MOST_ORIGINS * origin_spacing(horizon, periods))
    grain = max(GRAIN, season)
    return min(-(-known // grain) * grain, longest)


def _last(values: NDArray[np.float64], rows: NDArray[np.int64], width: int) -> NDArray[np.float64]:
    """The last `width` steps of some series, NaN in front where there are not so many."""
    tail = values[rows, -width:]
    missing = np.full((rows.size, width - tail.shape[1]), np.nan)
    return np.concatenate([missing, tail], axis=1)


def _fill(out: _Out, parts: list[_Part], parameters: ForecastParameters, values: NDArray[np.float64]) -> None:
    """Widen the intervals of all parts by what the batch as a whole asks for, and keep them in bounds and in order."""
    need = np.concatenate([part.forecast.spread.need for part in parts], axis=1)
    origins = np.concatenate([part.forecast.spread.origins for part in parts])
    factors = np.split(widening(need, origins), np.cumsum([part.rows.size for part in parts])[:-1])
    for part, factor in zip(parts, factors, strict=True):
        centre = part.forecast.centre
        farthest = _range(values[part.rows])  # few origins ask for much widening: no farther than all that was seen
        quantiles = centre + np.clip(part.forecast.spread.offsets * factor, -farthest, farthest)
        low, high = _bounds(values[part.rows], parameters)
        out.values[part.rows] = np.moveaxis(np.sort(np.clip(quantiles, low, high), axis=0), 2, 0)
        out.mean[part.rows] = np.clip(centre, low, high).T
        out.score[part.rows] = part.forecast.score


def _range(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """How far apart the highest and the lowest value of each series are, `[n_series]`."""
    return np.asarray(np.fmax.reduce(values, axis=1) - np.fmin.reduce(values, axis=1))


def _bounds(
    values: NDArray[np.float64], parameters: ForecastParameters
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """What each series can't pass, `[n_series]`: as given, else zero for one that was never negative."""
    never = np.fmin.reduce(values, axis=1) >= 0
    low = np.where(never, 0.0, -np.inf) if parameters.lower is None else np.full(never.size, parameters.lower)
    high = np.full(never.size, np.inf if parameters.upper is None else parameters.upper)
    return low, high
