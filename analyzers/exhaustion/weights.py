"""How much each model is believed for each series: by its own backtest first, and by what is known of such series.

A softmax over the models. What goes in for a model is how well it did in the series' past (relative to the others, for
several horizons and for the last days alone), and for a series how it looks (steps, seasons, cycles, noise). The
coefficients are in `weights.json`: they were fitted by `benchmarks.exhaustion.train` to the true days of histories that
`benchmarks.exhaustion.generator` made, and to nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import msgspec
import numpy as np

from analyzers.exhaustion.arrays import first_bin, nan_median
from analyzers.exhaustion.backtest import Backtest
from analyzers.exhaustion.breaks import Segment
from analyzers.exhaustion.contract import Flags, Floats
from analyzers.exhaustion.cycles import Cycles
from analyzers.exhaustion.envelope import Envelope
from analyzers.exhaustion.models import NAMES
from analyzers.exhaustion.pieces import enough_for_pieces

EXPERTS = (*NAMES, "line since the last change", "pieces of the past", "cycles")
MODEL_FEATURES = (
    "error within a day",
    "error within a week",
    "error within a month",
    "error for yesterday",
    "error for the last two days",
    "error for the last five days",
    "error for the last week",
)
FACTORS = (0.5, 1.0, 2.0)  # what errors ahead may be of the errors in the past
EXACT_AT = 2  # the horizon of the backtest at which models are held against each other: two days
MISSED = 1e4  # times the rounding: an error this large is one
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
    "teeth explained",
    "teeth explained and leak changed",
    "teeth irregular",
    "teeth seen",
    "teeth",
    "broken",
    "since break",
    "growth since break",
    "day's change beyond the usual",
    "two days' change beyond the usual",
    "five days' change beyond the usual",
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


def features(seen: Envelope, jump: Floats, tested: Backtest, segment: Segment, cyclic: Cycles) -> Features:
    """What the weights are told from, for a batch; every feature is bounded and has no unit.

    The limit is not among them: so a higher limit is never reached earlier.
    """
    usable = ~np.isnan(tested.now.at(np.array(1.0))[:, :, 0])
    rounding = ROUNDING * np.nan_to_num(np.nanmax(np.abs(seen.top), axis=1))
    errors = np.concatenate([tested.raw, tested.recent], axis=2) + rounding[:, None, None]
    relative = _relative(errors, usable)
    groups = ((0, 1), (2, 3, 4), (5, 6), (7,), (8,), (9,), (10,))
    model = np.stack([relative[:, :, list(group)].mean(axis=2) for group in groups], axis=2)
    always = np.ones(usable.shape[0], dtype=np.bool_)
    enough = enough_for_pieces(seen.top, seen.per_day)
    keys = (
        model[:, [NAMES.index(name) for name in KEY_MODELS]][:, :, list(KEY_FEATURES)].reshape(model.shape[0], -1) / 2
    )
    series = np.concatenate([_series(seen, jump, tested, segment, cyclic), keys], axis=1)
    usable &= ~_missed(np.where(usable, tested.raw[:, :, EXACT_AT], np.nan), rounding)
    return Features(model, series, np.column_stack([usable, always, enough, cyclic.found]))


def _missed(error: Floats, rounding: Floats) -> Flags:
    """Which models err where others are exact, `[n_series, n_models]`: in a series without noise that decides.

    `error[n_series, n_models]`: NaN where a model can't be used or was not tested; `rounding[n_series]` is no error.
    """
    best = np.fmin.reduce(error, axis=1)
    exact = (best <= rounding)[:, None]
    return np.asarray(exact & (error > MISSED * rounding[:, None]))


def _relative(error: Floats, usable: np.ndarray[tuple[int, int], np.dtype[np.bool_]]) -> Floats:
    """The logarithm of each model's error over the median model's, bounded; 0 where nothing was measured."""
    shown = np.where(usable[:, :, None], error, np.nan)
    middle = nan_median(np.swapaxes(shown, 1, 2))[:, None, :]
    floor = 1e-3 * middle
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.log(np.maximum(shown, floor) / middle)
    return np.asarray(np.clip(np.nan_to_num(ratio, nan=0.0, posinf=0.0, neginf=0.0), -3, 3), dtype=np.float64)


def _series(seen: Envelope, jump: Floats, tested: Backtest, segment: Segment, cyclic: Cycles) -> Floats:
    """What a series looks like, `[n_series, n_series_features]`."""
    n_series, n_bins = seen.top.shape
    now = tested.now
    index = {name: i for i, name in enumerate(NAMES)}
    slope = {d: np.nan_to_num(now.slope[:, index[f"line {d}d"], 0]) for d in (1, 2, 7, 14, 28)}
    error = np.maximum(tested.spread[:, index["last"], 1], 1e-12)
    bins = np.arange(n_bins)
    first = first_bin(seen.top)[:, None]
    up = np.max(np.where(jump > 0, bins, first), axis=1)
    down = np.max(np.where(jump < 0, bins, first), axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        leak = np.nan_to_num(np.log(cyclic.slope / cyclic.usual), posinf=0.0, neginf=0.0)
    columns = [
        np.ones(n_series),
        np.full(n_series, 0.0)
        + np.log(np.maximum(np.count_nonzero(~np.isnan(seen.top), axis=1), 1) / seen.per_day / 40),
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
        cyclic.explained * cyclic.found,
        cyclic.explained * leak * cyclic.found,
        cyclic.irregular * cyclic.found,
        0.3 * np.log1p(cyclic.count) * cyclic.found,
        np.log1p(seen.tooth / error) / 2,
        segment.broken,
        segment.broken * np.log(segment.days / 7) / 2,
        np.arcsinh(segment.slope * 7 / error) / 3,
        *(_unusual(seen.top - np.cumsum(jump, axis=1), round(days * seen.per_day)) for days in (1, 2, 5)),
    ]
    return np.asarray(np.clip(np.nan_to_num(np.stack(columns, axis=1)), -3, 3), dtype=np.float64)


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
    long_enough = smooth.shape[1] - first_bin(smooth) >= 3 * bins + 2
    return np.where(long_enough, np.log((now + floor) / (np.maximum(usual, 0.0) + floor)) / 2, 0.0)


class Coefficients(msgspec.Struct, frozen=True):
    """The content of `weights.json`, by name."""

    experts: list[str]
    model_features: list[str]
    series_features: list[str]
    model: list[float]  # one per model feature
    series: list[list[float]]  # [n_experts][n_series_features]
    factor: list[list[float]]  # [n_factors][n_series_features]


@cache
def coefficients() -> tuple[Floats, Floats, Floats]:
    """The coefficients: `[n_model_features]`, `[n_experts, n_series_features]`, `[n_factors, n_series_features]`.

    Raises
    ------
    ValueError
        when `weights.json` was fitted for other models or features than these.
    """
    raw = files("analyzers.exhaustion").joinpath("weights.json").read_bytes()
    read = msgspec.json.decode(raw, type=Coefficients)
    wanted = [list(EXPERTS), list(MODEL_FEATURES), list(SERIES_FEATURES)]
    if [read.experts, read.model_features, read.series_features] != wanted:
        raise ValueError("weights.json was fitted for other models: run python -m benchmarks.exhaustion.train")
    return np.array(read.model), np.array(read.series), np.array(read.factor)


def weights(seen: Features) -> tuple[Floats, Floats]:
    """The weight of every expert, `[n_series, n_experts]`, and of every factor, `[n_series, n_factors]`.

    Rows add up to one.
    """
    by_model, by_series, by_factor = coefficients()
    raw = seen.series @ by_factor.T
    factors = softmax(raw, np.ones(raw.shape, dtype=np.bool_))
    return softmax(logits(seen, by_model, by_series), seen.usable), factors


def logits(seen: Features, by_model: Floats, by_series: Floats) -> Floats:
    """What the softmax is taken of, `[n_series, n_experts]`."""
    result: Floats = seen.series @ by_series.T
    result[:, : len(NAMES)] += seen.model @ by_model
    return result


def softmax(scores: Floats, usable: np.ndarray[tuple[int, int], np.dtype[np.bool_]]) -> Floats:
    """Weights from scores; those that can't be used have none. A row without any believes the first expert."""
    allowed = usable.copy()
    allowed[~usable.any(axis=1), 0] = True
    shown = np.where(allowed, scores, -np.inf)
    raw = np.exp(shown - shown.max(axis=1, keepdims=True))
    result: Floats = raw / raw.sum(axis=1, keepdims=True)
    return result
