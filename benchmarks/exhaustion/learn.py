"""Fit the network to what became of generated histories: `python -m benchmarks.exhaustion.learn`.

Its targets are the highest values of the noise-free future until each horizon, in ranges of the series above its last
day; its loss is the pinball loss, by Adam (Kingma and Ba 2015) with decoupled weight decay (Loshchilov and Hutter
2019), a learning rate that warms up and fades, and dropout (Srivastava et al. 2014). Only histories of
`benchmarks.exhaustion.generator` are used, so the open sample stays a fair check.
"""

from __future__ import annotations

import argparse
import math
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from multiprocessing import Pool
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from analyzers.exhaustion.features import features
from analyzers.exhaustion.network import FARTHEST, FIRST_GAP, HORIZONS, LEVELS, Learnt, Network, rising, to_bytes
from analyzers.exhaustion.outline import outline, squash
from analyzers.exhaustion.structure import structure
from analyzers.threads import one_thread
from benchmarks.exhaustion.generator import DAY, FAMILY_KINDS, History, generate
from benchmarks.exhaustion.parts import Floats, Rng
from benchmarks.exhaustion.runner import batch, parameters, parted

HIDDEN = (256, 256)
EPOCHS, BATCH = 12, 256
RATE, WARM_UP = 2e-3, 0.2  # the highest learning rate, and the share of the steps until it is reached
DECAY = 1e-2
DROPOUT = 0.05
FIRST_MOMENT, SECOND_MOMENT, TINY = 0.9, 0.999, 1e-8
LOWEST = -3.0  # ranges: how far below the last day the highest value may be
Singles = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Lessons:
    """What is shown of histories, and what became of them, squashed: `ahead[n_series, n_horizons]`.

    `limit[n_series]` is in ranges of the series above its last day.
    """

    inputs: Singles
    ahead: Singles
    limit: Singles
    kind: np.ndarray[tuple[int], np.dtype[np.str_]]


class Moments(NamedTuple):
    """Running means of the slopes of a layer's coefficients, and of their squares."""

    mean: Singles
    square: Singles


def lessons(histories: Sequence[History]) -> Lessons:
    """What is shown of histories, and what became of them."""
    rows = list(parted(histories))
    parts = [_lessons([histories[i] for i in chosen]) for chosen in rows]
    order = np.argsort(np.concatenate(rows))
    shown, ahead, limit = (np.concatenate(column)[order] for column in zip(*parts, strict=True))
    return Lessons(shown, ahead, limit, np.array([history.kind for history in histories]))


def _lessons(histories: Sequence[History]) -> tuple[Singles, Singles, Singles]:
    _, values, limits = batch(histories)
    found = structure(float(histories[0].step), values, limits, parameters(histories[0]))
    shown = outline(found, features(found))
    highest = np.stack([_highest(found.turned.sign * history.future, history.step) for history in histories])
    above = (highest - shown.top[:, None]) / shown.scale[:, None]
    limit = (found.turned.limit - shown.top) / shown.scale
    return (
        shown.inputs.astype(np.float32),
        squash(np.maximum(above, LOWEST)).astype(np.float32),
        limit.astype(np.float32),
    )


def _highest(future: Floats, step: int) -> Floats:
    """The highest value until each horizon."""
    until = np.ceil(np.array(HORIZONS) * DAY / step - 1e-6).astype(np.intp)
    return np.asarray(np.maximum.accumulate(future)[np.minimum(until, future.size) - 1], dtype=np.float64)


def together(parts: Sequence[Lessons]) -> Lessons:
    """Several sets of lessons as one."""
    return Lessons(
        np.concatenate([part.inputs for part in parts]),
        np.concatenate([part.ahead for part in parts]),
        np.concatenate([part.limit for part in parts]),
        np.concatenate([part.kind for part in parts]),
    )


def only(data: Lessons, rows: NDArray[np.bool_]) -> Lessons:
    """Some of the lessons."""
    return Lessons(data.inputs[rows], data.ahead[rows], data.limit[rows], data.kind[rows])


def drawn(seed: int, per_kind: int) -> Lessons:
    """Lessons of every kind, family by family: one family's histories are held in memory at a time."""
    return together([lessons(list(generate(seed, per_kind, kinds))) for kinds in FAMILY_KINDS.values()])


def fit(data: Lessons, seed: int = 0, epochs: int = EPOCHS) -> Network:
    """The network of least pinball loss."""
    rng = np.random.default_rng(seed)
    mean, deviation = data.inputs.mean(axis=0), np.maximum(data.inputs.std(axis=0), 1e-3)
    shown = np.clip((data.inputs - mean) / deviation, -FARTHEST, FARTHEST)
    sizes = (shown.shape[1], *HIDDEN, len(HORIZONS) * len(LEVELS))
    layers = [_layer(rng, *size) for size in pairwise(sizes)]
    coefficients = [part for layer in layers for part in layer]
    moments = [Moments(np.zeros_like(part), np.zeros_like(part)) for part in coefficients]
    steps = epochs * (shown.shape[0] // BATCH)
    for step, rows in enumerate(_batches(rng, shown.shape[0], epochs), start=1):
        slopes = _slopes(rng, coefficients, shown[rows], data.ahead[rows])
        _adam(coefficients, slopes, moments, step, _rate(step / steps))
    weights, biases = coefficients[::2], coefficients[1::2]
    return Network(
        mean.astype(np.float64),
        deviation.astype(np.float64),
        tuple(weight.astype(np.float64) for weight in weights),
        tuple(bias.astype(np.float64) for bias in biases),
    )


def _layer(rng: Rng, n_in: int, n_out: int) -> tuple[Singles, Singles]:
    bound = 1 / np.sqrt(n_in)
    return (
        rng.uniform(-bound, bound, (n_in, n_out)).astype(np.float32),
        rng.uniform(-bound, bound, n_out).astype(np.float32),
    )


def _batches(rng: Rng, n_series: int, epochs: int) -> Iterator[NDArray[np.intp]]:
    for _ in range(epochs):
        order = rng.permutation(n_series)
        for start in range(0, n_series - BATCH + 1, BATCH):
            yield order[start : start + BATCH]


def _rate(done: float) -> float:
    """The learning rate after a share of all steps: it rises evenly, and fades as a cosine does."""
    if done < WARM_UP:
        return RATE * max(done / WARM_UP, 0.04)
    return RATE * 0.5 * (1 + math.cos(math.pi * (done - WARM_UP) / (1 - WARM_UP)))


def _slopes(rng: Rng, coefficients: Sequence[Singles], shown: Singles, ahead: Singles) -> list[Singles]:
    """The slopes of the mean pinball loss of a batch, in the order of the coefficients."""
    weights, biases = coefficients[::2], coefficients[1::2]
    values, kept = [shown], []
    for weight, bias in zip(weights[:-1], biases[:-1], strict=True):
        raw = values[-1] @ weight + bias
        stays = (raw > 0) & (rng.random(raw.shape, dtype=np.float32) >= DROPOUT)
        kept.append(stays.astype(np.float32) / np.float32(1 - DROPOUT))
        values.append(raw * kept[-1])
    raw = (values[-1] @ weights[-1] + biases[-1]).reshape(-1, len(HORIZONS), len(LEVELS))
    blame = pinball_slopes(raw, ahead).reshape(raw.shape[0], -1)
    slopes: list[Singles] = []
    for i in range(len(weights) - 1, -1, -1):
        slopes[:0] = [values[i].T @ blame, blame.sum(axis=0)]
        if i:
            blame = (blame @ weights[i].T) * kept[i - 1]
    return slopes


def pinball_slopes(raw: Singles, ahead: Singles) -> Singles:
    """The slopes of the mean pinball loss by what `rising` takes."""
    levels = np.array(LEVELS, dtype=np.float32)
    over = rising(raw) > ahead[:, :, None]
    by_quantile = (over - levels) / np.float32(raw.size)
    after = np.cumsum(by_quantile[..., ::-1], axis=-1)[..., ::-1]  # a gap moves every quantile after it
    gap = 1 / (1 + np.exp(FIRST_GAP - raw[..., 1:]))
    result: Singles = np.concatenate([after[..., :1], after[..., 1:] * gap], axis=-1)
    return result


def _adam(
    coefficients: Sequence[Singles],
    slopes: Sequence[Singles],
    moments: Sequence[Moments],
    step: int,
    rate: float,
) -> None:
    """One step, in place."""
    size = rate * math.sqrt(1 - SECOND_MOMENT**step) / (1 - FIRST_MOMENT**step)
    for part, slope, moment in zip(coefficients, slopes, moments, strict=True):
        np.add(moment.mean, (1 - FIRST_MOMENT) * (slope - moment.mean), out=moment.mean)
        np.add(moment.square, (1 - SECOND_MOMENT) * (slope * slope - moment.square), out=moment.square)
        np.multiply(part, 1 - rate * DECAY, out=part)
        np.subtract(part, size * moment.mean / (np.sqrt(moment.square) + TINY), out=part)


def pinball(network: Network, data: Lessons) -> float:
    """The mean pinball loss on other histories."""
    return pinball_of(network.quantiles(data.inputs.astype(np.float64)), data.ahead.astype(np.float64))


def pinball_of(quantiles: Floats, ahead: Floats) -> float:
    """The mean pinball loss of `quantiles[n_series, n_horizons, n_levels]`."""
    over = quantiles - ahead[:, :, None]
    levels = np.array(LEVELS)
    return float(np.maximum((1 - levels) * over, -levels * over).mean())


def crossed(network: Network, data: Lessons, days: Floats) -> Floats:
    """What a network gives every day, `[n_series, n_days]`: the probability that the limit was reached by then."""
    quantiles = network.quantiles(data.inputs.astype(np.float64))
    ones = np.ones(data.limit.size)
    told = Learnt(quantiles, top=np.zeros(data.limit.size), scale=ones, share=ones)
    return told.crossed(data.limit.astype(np.float64), days)


def main() -> None:
    """Fit on one set of seeds, report on another, write the file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--per-kind", type=int, default=600)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1000, 1002, 1003, 1004])
    parser.add_argument("--check-seed", type=int, default=1001)
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    parser.add_argument("--out", type=Path, default=Path(__file__).parents[2] / "analyzers/exhaustion/network.npz")
    chosen = parser.parse_args()
    with Pool(os.cpu_count() or 1, one_thread) as pool:
        data = together(pool.starmap(drawn, [(seed, chosen.per_kind) for seed in chosen.seeds], chunksize=1))
    check = drawn(chosen.check_seed, max(chosen.per_kind // 8, 10))
    fitted = fit(data, epochs=chosen.epochs)
    print(f"pinball loss {pinball(fitted, data):.4f}, on other seeds {pinball(fitted, check):.4f}")
    chosen.out.write_bytes(to_bytes(fitted))


if __name__ == "__main__":
    main()
