"""Prometheus and what speaks its API: questions, answers, refusals, slices, decoding to arrays."""

from sources.prometheus.source import PrometheusSource

__all__ = ["PrometheusSource"]
