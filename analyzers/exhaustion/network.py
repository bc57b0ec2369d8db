"""What a small network has learnt of where series lead, from many histories whose future is known.

It tells quantiles of the highest value until each of some days ahead (a multilayer perceptron under the pinball loss,
Koenker and Bassett 1978), and is not told the limit: so a higher limit is never reached earlier. Its coefficients are
in `network.npz`: they were fitted by `benchmarks.exhaustion.learn` to generated histories, and to nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from io import BytesIO
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from analyzers.exhaustion.contract import Flags, Floats
from analyzers.exhaustion.outline import INPUTS, Outline, squash

HORIZONS = (0.25, 0.5, 1, 1.5, 2, 3, 4, 5, 6, 7, 8.5, 10, 12, 14, 17, 20, 24, 28, 33, 39, 46, 53, 60)  # days
LEVELS = (0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98)
Real = TypeVar("Real", np.float32, np.float64)

NAME = "learnt from histories"
BELIEVED = 0.3  # the share of the answer that is the network's: benchmarks.exhaustion.leftout
SHARPER = 1.15  # the power of the odds of what gates and network say together
FARTHEST = 5.0  # standard deviations: an input further from its mean says no more
FIRST_GAP = 2.0  # what is taken off before a gap between quantiles is made positive: small ones come easier
FALL = 1.6  # how fast the tails beyond the outermost quantiles fall, by the gaps next to them: about as a normal's do
LEAST_GAP = 1e-3


@dataclass(frozen=True, slots=True, eq=False)
class Network:
    """The coefficients: of each layer, `weights[n_in, n_out]` and `biases[n_out]`."""

    mean: Floats  # [n_inputs]
    deviation: Floats  # [n_inputs]
    weights: tuple[Floats, ...]
    biases: tuple[Floats, ...]
    names: tuple[str, ...] = INPUTS  # what it was fitted to; what an outline has beside is not shown to it

    def quantiles(self, inputs: Floats) -> Floats:
        """Quantiles of the highest value, squashed: `[n_series, n_horizons, n_levels]`, rising with the level.

        `inputs` are all of an outline's.
        """
        value = np.clip((inputs[:, _places(self.names)] - self.mean) / self.deviation, -FARTHEST, FARTHEST)
        for weight, bias in zip(self.weights[:-1], self.biases[:-1], strict=True):
            value = np.maximum(value @ weight + bias, 0.0)
        return rising((value @ self.weights[-1] + self.biases[-1]).reshape(-1, len(HORIZONS), len(LEVELS)))


@cache
def _places(names: tuple[str, ...]) -> NDArray[np.intp]:
    """Where some inputs stand in an outline."""
    place = {name: at for at, name in enumerate(INPUTS)}
    return np.array([place[name] for name in names], dtype=np.intp)


def rising(raw: NDArray[Real]) -> NDArray[Real]:
    """The lowest quantile, and the gaps between each and the next made positive and added up."""
    gaps = np.logaddexp(0.0, raw[..., 1:] - FIRST_GAP)
    result: NDArray[Real] = np.concatenate([raw[..., :1], raw[..., :1] + np.cumsum(gaps, axis=-1)], axis=-1)
    return result


@dataclass(frozen=True, slots=True, eq=False)
class Learnt:
    """What the network says of a batch, and how much of the answer is its own."""

    quantiles: Floats  # [n_series, n_horizons, n_levels], see `Network.quantiles`
    top: Floats
    scale: Floats
    share: Floats  # [n_series]

    def crossed(self, limit: Floats, days: Floats) -> Floats:
        """The probability that `limit[n_series]` was reached by each day, `[n_series, n_days]`."""
        reached = np.maximum.accumulate(exceeded(self.quantiles, squash((limit - self.top) / self.scale)), axis=1)
        knots = np.array([0.0, *HORIZONS])
        at = np.clip(np.searchsorted(knots, days, side="left") - 1, 0, knots.size - 2)
        part = np.clip((days - knots[at]) / (knots[at + 1] - knots[at]), 0.0, 1.0)
        padded = np.concatenate([np.zeros((limit.size, 1)), reached], axis=1)
        result: Floats = padded[:, at] + part * (padded[:, at + 1] - padded[:, at])
        return result


def pooled(others: Floats, said: Learnt, limit: Floats, days: Floats) -> Floats:
    """What others say, `[n_series, n_days]`, with what the network says, where it has a share.

    The mean of probabilities that differ is less sure than it could be: the odds of it are raised to a power (Satopaa
    et al. 2014), by which dates come within their intervals as often as these promise (docs/decisions/0019).
    """
    experienced = np.clip(2 - days / HORIZONS[-1], 0.0, 1.0)  # farther ahead nothing was learnt
    share = said.share[:, None] * experienced
    mean = np.clip(others + share * (said.crossed(limit, days) - others), 0.0, 1.0)
    power = 1 + (SHARPER - 1) * experienced
    more, less = mean**power, (1 - mean) ** power
    result = np.clip(np.where(share > 0, more / (more + less), others), 0.0, 1.0)
    fading = max(int(np.searchsorted(days, HORIZONS[-1], side="right")) - 1, 0)
    result[:, fading:] = np.maximum.accumulate(result[:, fading:], axis=1)
    return result


def exceeded(quantiles: Floats, height: Floats) -> Floats:
    """The probability that the highest value until each horizon is at least `height[n_series]`, squashed.

    Between quantiles it falls evenly, beyond the outermost ones exponentially.
    """
    levels = np.array(LEVELS)
    asked = height[:, None]
    below = np.count_nonzero(quantiles <= asked[:, :, None], axis=2)
    at = np.clip(below - 1, 0, levels.size - 2)

    def quantile(index: np.ndarray[tuple[int, ...], np.dtype[np.intp]]) -> Floats:
        return np.take_along_axis(quantiles, index[:, :, None], axis=2)[:, :, 0]

    low, high = quantile(at), quantile(at + 1)
    part = np.clip((asked - low) / np.maximum(high - low, 1e-9), 0.0, 1.0)
    inside = levels[at] + part * (levels[at + 1] - levels[at])
    first, last = quantiles[:, :, 0], quantiles[:, :, -1]
    above = np.maximum(asked - last, 0.0) / np.maximum(last - quantiles[:, :, -3], LEAST_GAP)
    under = np.maximum(first - asked, 0.0) / np.maximum(quantiles[:, :, 2] - first, LEAST_GAP)
    not_yet = np.where(below == levels.size, 1 - (1 - levels[-1]) * np.exp(-FALL * above), inside)
    not_yet = np.where(below == 0, levels[0] * np.exp(-FALL * under), not_yet)
    return np.asarray(1 - not_yet, dtype=np.float64)


def learnt(network: Network, shown: Outline, believed: Flags) -> Learnt:
    """What the network says of a batch. It has no part in the answer of series that are not `believed[n_series]`."""
    return Learnt(network.quantiles(shown.inputs), shown.top, shown.scale, np.where(believed, BELIEVED, 0.0))


def to_bytes(network: Network) -> bytes:
    """The content of `network.npz`, rounded to half precision."""
    arrays = {"mean": network.mean, "deviation": network.deviation}
    for i, (weight, bias) in enumerate(zip(network.weights, network.biases, strict=True)):
        arrays |= {f"weight{i}": weight, f"bias{i}": bias}
    halves = {name: array.astype(np.float16) for name, array in arrays.items()}
    content = BytesIO()
    np.savez_compressed(content, allow_pickle=False, inputs=np.array(network.names), **halves)
    return content.getvalue()


@cache
def fitted_network() -> Network:
    """The network of `network.npz`.

    Raises
    ------
    ValueError
        when it was fitted to inputs that an outline does not have.
    """
    raw = files("analyzers.exhaustion").joinpath("network.npz").read_bytes()
    with np.load(BytesIO(raw), allow_pickle=False) as content:
        names = tuple(content["inputs"].tolist())
        if not set(names) <= set(INPUTS):
            raise ValueError("network.npz was fitted to other inputs: run python -m benchmarks.exhaustion.learn")
        n_layers = sum(name.startswith("weight") for name in content.files)
        read = {name: content[name].astype(np.float64) for name in content.files if name != "inputs"}
    return Network(
        read["mean"],
        read["deviation"],
        tuple(read[f"weight{i}"] for i in range(n_layers)),
        tuple(read[f"bias{i}"] for i in range(n_layers)),
        names,
    )
