"""Scales on which bursts are less loud: methods that add up errors are fitted there too."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analyzers.forecasting.history import Working
from analyzers.forecasting.medians import nan_median

SOFTNESS = 0.1  # of the typical size: values well below it are told apart on a linear scale, not on a logarithmic one
LARGEST_EXPONENT = 50.0
RECENT = 512  # steps that the typical size is taken from


@dataclass(frozen=True, slots=True, eq=False)
class SoftLog:
    """`log(1 + y / unit)` for series that are never negative, `asinh((y - centre) / unit)` for others.

    Source: Box and Cox (1964) with a shift; the inverse hyperbolic sine after Johnson (1949). Fields are `[n_series]`.
    """

    centre: Working
    unit: Working
    signed: NDArray[np.bool_]

    @classmethod
    def fit(cls, values: Working) -> SoftLog:
        """The scale of `values[n_steps, n_series]`."""
        signed = np.asarray(np.fmin.reduce(values, axis=0) < 0)
        recent = values[-RECENT:]
        centre = np.zeros(signed.size, dtype=np.float32)
        if signed.any():
            centre[signed] = np.nan_to_num(nan_median(recent[:, signed], 0))
        typical = nan_median(np.abs(recent - centre), 0)
        typical = np.where(typical > 0, typical, np.nanmean(np.abs(values - centre), axis=0))
        unit = np.where(signed, typical, typical * SOFTNESS)
        return cls(centre, np.where(unit > 0, unit, np.float32(1.0)), signed)

    def forward(self, values: Working) -> Working:
        """To the soft scale, `[..., n_series]`."""
        scaled = (values - self.centre) / self.unit
        out: Working = np.log1p(np.maximum(scaled, 0))
        if self.signed.any():
            out[..., self.signed] = np.arcsinh(scaled[..., self.signed])
        return out

    def back(self, values: Working) -> Working:
        """From the soft scale, `[..., n_series]`."""
        bounded = np.clip(values, -LARGEST_EXPONENT, LARGEST_EXPONENT)
        out = np.expm1(bounded)
        if self.signed.any():
            out[..., self.signed] = np.sinh(bounded[..., self.signed])
        out *= self.unit
        out += self.centre
        return out
