"""What the weights of the models are told from: how well each did in the series' past, and how the series looks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analyzers.exhaustion.arrays import first_bin, nan_median
from analyzers.exhaustion.breaks import Segment
from analyzers.exhaustion.contract import Flags, Floats
from analyzers.exhaustion.experts import Experts
from analyzers.exhaustion.models import NAMES
from analyzers.exhaustion.structure import Structure

MODEL_FEATURES = (
    "error within a day",
    "error within a week",
    "error within a month",
    "error for yesterday",
    "error for the last two days",
    "error for the last five days",
    "error for the last week",
)
EXACT_AT = 2  # the horizon of the backtest at which models are held against each other: two days
MISSED = 1e4  # times the rounding: an error this large is one
CLEAR = 0.02  # of the error of what stays as it is: growth that is foretold so well is not talked away
SHORT_DAYS = (1, 2)  # lines so short say nothing but the step that is in them
STEPPED = 0.8  # of the growth, from which on it is a step
STILL = 0.1  # of a step: a smaller change of the last hours is none
LITTLE = 0.2  # of the usual change: how much smaller one is says nothing
ROUNDING = 1e-9  # of the highest value: errors below it are none
KEY_MODELS = ("last", "mean 28d", "line 2d", "line 7d", "line 28d", "drift all", "curve 14d")
KEY_FEATURES = (1, 2, 5)  # of the model features
LOOKS = (
    "one",
    "history",
    "steps up",
    "steps down",
    "day",
    "week",
    "cycles",
    "noise",
    "growth",
    "growth changed",
    "growth changed lately",
    "bend",
    "since step up",
    "since step down",
    "leak changed",
    "leak surely changed",
    "teeth grow",
    "teeth no longer end",
    "teeth explained",
    "teeth explained and leak changed",
    "teeth irregular",
    "teeth seen",
    "teeth",
    "broken",
    "since break",
    "growth since break",
    "growth of the lows",
    "lows climb",
    "growth of the week's peaks",
    "week's peaks climb",
    "height above the lows",
    "day's change beyond the usual",
    "two days' change beyond the usual",
    "five days' change beyond the usual",
    "levels off",
    "levels off and is not broken",
    "share of the curve that is done",
    "month",
    "week before",
    "stronger than the week before",
    "grows by a share of itself",
    "grown by a share of itself",
    "growth by a share of itself changed",
    "speeds up",
    "pace at which it speeds up",
)
SERIES_FEATURES = (*LOOKS, *(f"{MODEL_FEATURES[k]}: {name}" for name in KEY_MODELS for k in KEY_FEATURES))


@dataclass(frozen=True, slots=True, eq=False)
class Features:
    """What weights are told from: `model[n_series, n_models, n_model_features]`,
    `series[n_series, n_series_features]`, `usable[n_series, n_experts]`.

    What is not usable gets no weight.
    """

    model: Floats
    series: Floats
    usable: np.ndarray[tuple[int, int], np.dtype[np.bool_]]


def features(found: Structure) -> Features:
    """What the weights are told from, for a batch; every feature is bounded and has no unit.

    The limit is not among them: so a higher limit is never reached earlier.
    """
    seen, jump, tested = found.seen, found.jump, found.tested
    usable = ~np.isnan(tested.now.at(np.array(1.0))[:, :, 0])
    rounding = ROUNDING * np.nan_to_num(np.nanmax(np.abs(seen.top), axis=1))
    errors = np.concatenate([tested.raw, tested.recent], axis=2) + rounding[:, None, None]
    relative = _relative(errors, usable)
    groups = ((0, 1), (2, 3, 4), (5, 6), (7,), (8,), (9,), (10,))
    model = np.stack([relative[:, :, list(group)].mean(axis=2) for group in groups], axis=2)
    keys = (
        model[:, [NAMES.index(name) for name in KEY_MODELS]][:, :, list(KEY_FEATURES)].reshape(model.shape[0], -1) / 2
    )
    series = np.concatenate([_series(found), keys], axis=1)
    error = np.where(usable, tested.raw[:, :, EXACT_AT], np.nan)
    best = np.fmin.reduce(error, axis=1)
    exact = best <= rounding  # a certificate ends when it ends
    clear = exact | (best < CLEAR * error[:, NAMES.index("last")])
    usable &= ~_missed(error, rounding)
    for days in SHORT_DAYS:
        stepped = _stepped(seen.top, seen.level, jump, max(1, round(days * seen.per_day)))
        usable[:, NAMES.index(f"line {days}d")] &= ~stepped
    others = [expert.usable(exact, clear) for expert in found.experts.every]
    return Features(model, series, np.concatenate([usable, *others], axis=1))


def _missed(error: Floats, rounding: Floats) -> Flags:
    """Which models err where others are exact, `[n_series, n_models]`: in a series without noise that decides.

    `error[n_series, n_models]`: NaN where a model can't be used or was not tested; `rounding[n_series]` is no error.
    """
    exact = (np.fmin.reduce(error, axis=1) <= rounding)[:, None]
    return np.asarray(exact & (error > MISSED * rounding[:, None]))


def _relative(error: Floats, usable: np.ndarray[tuple[int, int], np.dtype[np.bool_]]) -> Floats:
    """The logarithm of each model's error over the median model's, bounded; 0 where nothing was measured."""
    shown = np.where(usable[:, :, None], error, np.nan)
    middle = nan_median(np.swapaxes(shown, 1, 2))[:, None, :]
    floor = 1e-3 * middle
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.log(np.maximum(shown, floor) / middle)
    return np.asarray(np.clip(np.nan_to_num(ratio, nan=0.0, posinf=0.0, neginf=0.0), -3, 3), dtype=np.float64)


def _series(found: Structure) -> Floats:
    """What a series looks like, `[n_series, n_series_features]`."""
    seen, jump, tested = found.seen, found.jump, found.tested
    lines, cyclic = found.experts.lines, found.experts.cyclic.seen
    n_series, n_bins = seen.top.shape
    now = tested.now
    index = {name: i for i, name in enumerate(NAMES)}
    slope = {d: np.nan_to_num(now.slope[:, index[f"line {d}d"], 0]) for d in (1, 2, 7, 14, 28)}
    error = tested.spread[:, index["last"], 1]  # never zero
    peaks, lows, weekly = lines.peaks, lines.lows, lines.weekly
    bins = np.arange(n_bins)
    first = first_bin(seen.top)[:, None]
    up = np.max(np.where(jump > 0, bins, first), axis=1)
    down = np.max(np.where(jump < 0, bins, first), axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        leak = np.nan_to_num(np.log(cyclic.slope / cyclic.usual), posinf=0.0, neginf=0.0)
    columns = [
        np.ones(n_series),
        np.log(np.maximum(np.count_nonzero(~np.isnan(seen.top), axis=1), 1) / seen.per_day / 40),
        0.5 * np.log1p((jump > 0).sum(axis=1)),
        0.5 * np.log1p((jump < 0).sum(axis=1)),
        seen.day_gain,
        seen.week.found,
        cyclic.found.astype(np.float64),
        0.3 * np.log1p(seen.noise / error),
        np.arcsinh(slope[28] * 7 / error) / 3,
        np.arcsinh((slope[7] - slope[28]) * 3 / error) / 3,
        np.arcsinh((slope[2] - slope[14]) * 2 / error) / 3,
        5 * np.nan_to_num(now.bend[:, index["curve 28d"] - len(NAMES), 0]),
        np.log1p((n_bins - up) / seen.per_day) / 4,
        np.log1p((n_bins - down) / seen.per_day) / 4,
        leak * cyclic.found,
        0.3 * leak / np.hypot(cyclic.slope_error, cyclic.slope_spread) * cyclic.found,
        10 * cyclic.taller * cyclic.found,
        2 * cyclic.endless * cyclic.found,
        cyclic.explained * cyclic.found,
        cyclic.explained * leak * cyclic.found,
        cyclic.irregular * cyclic.found,
        0.3 * np.log1p(cyclic.count) * cyclic.found,
        np.log1p(seen.tooth / error) / 2,
        peaks.broken,
        peaks.broken * np.log(peaks.days / 7) / 2,
        np.arcsinh(peaks.slope * 7 / error) / 3,
        np.arcsinh(lows.slope * 7 / error) / 3,
        _climbs(lows, error),
        np.arcsinh(weekly.slope * 7 / error) / 3,
        _climbs(weekly, error),
        np.log1p(np.maximum(peaks.level - lows.level, 0.0) / error) / 3,
        *(_unusual(seen.top - np.cumsum(jump, axis=1), round(days * seen.per_day)) for days in (1, 2, 5)),
        *_of_curves(found.experts),
    ]
    return np.asarray(np.clip(np.nan_to_num(np.stack(columns, axis=1)), -3, 3), dtype=np.float64)


def _of_curves(experts: Experts) -> list[Floats]:
    """What is known of growth that bends, and of what comes back, `[n_series]` each."""
    curves, compounding, speeding = experts.curves, experts.compounding, experts.speeding
    month, week = experts.recurring.monthly, experts.recurring.weekly
    return [
        0.4 * curves.beats,
        0.4 * curves.unbroken,
        curves.done * curves.found,
        month.agrees,
        week.agrees,
        2 * np.log(week.stronger),
        compounding.gain / 5,
        compounding.grown(),
        compounding.line.broken * compounding.found,
        speeding.gain / 5,
        10 * speeding.bend(),
    ]


def _climbs(edge: Segment, error: Floats) -> Floats:
    """How surely an edge rises, as a logarithm; `error[n_series]` is the least that is told apart."""
    sure: Floats = np.log1p(np.maximum(edge.slope, 0.0) / np.maximum(edge.slope_error, ROUNDING * error)) / 3
    return sure


def _stepped(top: Floats, level: Floats, jump: Floats, bins: int) -> Flags:
    """Which series grew by a step alone over the last bins, and have stood still since: no line goes on from there."""
    if top.shape[1] < 2:
        return np.zeros(top.shape[0], dtype=np.bool_)
    step = np.maximum(jump[:, -bins:], 0.0).sum(axis=1)
    grown = np.nan_to_num(top[:, -1] - top[:, max(top.shape[1] - 1 - bins, 0)])
    lately = np.nan_to_num(level[:, -1] - level[:, -2], nan=np.inf)
    return np.asarray((step > STEPPED * np.maximum(grown, 0.0)) & (lately < STILL * step), dtype=np.bool_)


def _unusual(smooth: Floats, bins: int) -> Floats:
    """How far the change over the last bins is beyond the usual ones, as a logarithm: 0 for one as large."""
    bins = max(bins, 1)
    if smooth.shape[1] < 3 * bins + 2:
        return np.zeros(smooth.shape[0])
    change = smooth[:, bins:] - smooth[:, :-bins]
    change -= nan_median(change)[:, None]
    past = np.abs(change[:, :-bins])
    count = np.count_nonzero(~np.isnan(past), axis=1)
    at = past.shape[1] - np.maximum(1, count // 20)
    usual = np.sort(np.where(np.isnan(past), -1.0, past), axis=1)[np.arange(past.shape[0]), at]
    now = np.abs(np.nan_to_num(change[:, -1]))
    floor = ROUNDING * np.nan_to_num(np.nanmax(np.abs(smooth), axis=1)) + 1e-300
    now = np.maximum(now, LITTLE * np.maximum(usual, 0.0))
    long_enough = smooth.shape[1] - first_bin(smooth) >= 3 * bins + 2
    return np.where(long_enough, np.log((now + floor) / (np.maximum(usual, 0.0) + floor)) / 2, 0.0)
