"""A damped straight line through the medians of the last blocks, begun anew after the last step in level.

Sources: Theil (1950) for the slope, his incomplete method: the median of the slopes between each block and its
partner in the other half; Gardner and McKenzie (1985) for the damping. The step is the largest jump between
neighbouring medians that noise and slope do not explain (after Bai and Perron, 1998).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analyzers.forecasting.cycles import cycles_before, levels_before, repeat
from analyzers.forecasting.history import History, Working
from analyzers.forecasting.medians import nan_median, nan_spread
from analyzers.forecasting.origins import Origins

SIDE = 3  # blocks on either side of a step that have to agree on it
STEP_SPREADS = 6.0  # a step is larger than so many robust deviations of the blocks' differences
LEAST_BLOCKS = 4  # that a slope is drawn through
PROFILE_BLOCKS = 7  # that the profile within a block is taken from
TINY = 1e-9


@dataclass(frozen=True, slots=True)
class Trend:
    """One variant: through how many blocks, and what is left of the slope after one more block."""

    name: str
    blocks: int
    damping: float


def robust_trends(history: History, origins: Origins, variants: tuple[Trend, ...], *, width: int) -> dict[str, Working]:
    """The line through the last medians of `width` steps each, `[n_origins, horizon, n_series]` for each variant.

    The profile within a block is added where a block is a season. NaN where fewer than `LEAST_BLOCKS` blocks are
    known.
    """
    level = levels_before(history, origins, width, max(one.blocks for one in variants))
    medians = after_last_step(level[::-1])
    ahead = ((np.arange(1, origins.horizon + 1) + (width - 1) / 2) / width).astype(np.float32)
    enough = (history.known(origins.backs) >= LEAST_BLOCKS * width)[:, None]
    profile: Working = np.zeros((origins.backs.size, origins.horizon, history.series), dtype=np.float32)
    if width == history.season and width > 1:
        past = cycles_before(history, origins, width, PROFILE_BLOCKS)
        past -= level[:PROFILE_BLOCKS, :, None]
        profile = repeat(nan_median(past, 0), origins.horizon)
    out = {}
    for one in variants:
        part = medians[-one.blocks :]
        slope = theil_slope(part)
        middle = np.arange(1 - len(part), 1, dtype=np.float32)
        now = nan_median(part - slope * middle[:, None, None], 0)
        reach = ahead if one.damping == 1.0 else one.damping * (1 - one.damping**ahead) / (1 - one.damping)
        line = now[:, None] + slope[:, None] * reach[:, None]
        out[one.name] = np.where(enough, line + profile, np.nan)
    return out


def after_last_step(medians: Working) -> Working:
    """`medians[n_blocks, ...]`, oldest first, with NaN before the last step in level, where there is one."""
    count = medians.shape[0]
    if count < 2 * SIDE:
        return medians
    middle = nan_median(np.stack([medians[i : count - SIDE + 1 + i] for i in range(SIDE)]), 0)
    jump = middle[SIDE:] - middle[:-SIDE]
    difference = np.diff(medians, axis=0)
    usual = nan_median(difference, 0) * SIDE
    noise = nan_spread(difference, 0) + TINY * np.abs(nan_median(medians, 0))
    large = np.nan_to_num(np.abs(jump - usual)) > STEP_SPREADS * np.nan_to_num(noise, nan=np.inf)
    last = jump.shape[0] - 1 - np.argmax(large[::-1], axis=0)
    start = np.where(large.any(axis=0), np.minimum(last + SIDE, count - LEAST_BLOCKS), 0)
    index = np.arange(count).reshape(-1, *(1,) * start.ndim)
    return np.where(index >= start, medians, np.nan)


def theil_slope(medians: Working) -> Working:
    """The median of the slopes between rows that lie half of `medians[n_blocks, ...]` apart; NaN is left out.

    Where too few are known for that, a quarter apart, or neighbours.
    """
    half = max(medians.shape[0] // 2, 1)
    slope: Working = np.full(medians.shape[1:], np.nan, dtype=np.float32)
    for apart in (half, max(half // 2, 1), 1):
        slope = np.where(np.isfinite(slope), slope, nan_median(medians[apart:] - medians[:-apart], 0) / apart)
    return np.asarray(np.nan_to_num(slope))
