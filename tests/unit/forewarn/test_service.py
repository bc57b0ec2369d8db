"""What the service has anew whenever it begins."""

from __future__ import annotations

from prometheus_client import generate_latest

from controlplane.metrics import DispatcherMetrics
from forewarn.job_metrics import JobMetrics
from forewarn.service import new_registry


def test_a_second_beginning_counts_anew_and_still_tells_of_the_process() -> None:
    first, second = new_registry(), new_registry()
    for registry in (first, second):
        JobMetrics(registry)
        DispatcherMetrics(registry).attempts.labels("incident", "told")
    DispatcherMetrics(new_registry()).attempts.labels("incident", "told").inc()

    told = generate_latest(second).decode()

    assert 'forewarn_delivery_attempts_total{kind="incident",result="told"} 0.0' in told
    assert "process_start_time_seconds" in told
    assert "python_info" in told
    assert "python_gc_objects_collected_total" in told
