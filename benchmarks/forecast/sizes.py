"""Speed and peak memory on series of a given number and length."""

from __future__ import annotations

import resource
import time

import numpy as np

from analyzers.forecasting import ForecastParameters, forecast_batch

SIZES = ((1000, 720), (1000, 1440), (1000, 2160), (1000, 8640))
HOURLY_STEPS = 2160  # more steps than this are taken to be five minutes apart


def measure(series: int, steps: int) -> None:
    """Print one line: series a second (CPU seconds of this process) and the peak of its memory."""
    random = np.random.default_rng(1)
    step = 3600.0 if steps <= HOURLY_STEPS else 300.0
    day = 86_400 / step
    time_of = np.arange(steps)
    values = random.normal(scale=5.0, size=(series, steps))
    values += 100 + 30 * np.sin(2 * np.pi * time_of / day) + 10 * np.sin(2 * np.pi * time_of / (7 * day))
    begin = time.process_time()
    forecast_batch(values, ForecastParameters(horizon=48, step_seconds=step))
    spent = time.process_time() - begin
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"  {series} x {steps:5d} steps of {step:4.0f} s: {series / spent:7.0f} series/s, peak {peak:4.0f} MB")
