"""Probabilities in reasons."""

from __future__ import annotations

import pytest

from jobs.chances import chance, share


@pytest.mark.parametrize(("p", "written"), [(1.0, "> 99%"), (0.997, "> 99%"), (0.5, "50%"), (0.0, "< 1%")])
def test_a_forecast_is_never_certain(p: float, written: str) -> None:
    assert chance(p) == written


@pytest.mark.parametrize(
    ("p", "threshold", "written"),
    [(0.497, 0.5, "49.7%"), (0.4999, 0.5, "49.9%"), (0.42, 0.5, "42%"), (0.503, 0.5, "50%"), (0.003, 0.3, "< 1%")],
)
def test_what_is_below_a_threshold_is_not_written_as_the_threshold(p: float, threshold: float, written: str) -> None:
    assert chance(p, beside=threshold) == written


@pytest.mark.parametrize(("threshold", "written"), [(0.3, "30%"), (1.0, "100%"), (0.625, "62.5%"), (0.995, "99.5%")])
def test_a_threshold_is_written_as_it_is_configured(threshold: float, written: str) -> None:
    assert share(threshold) == written
