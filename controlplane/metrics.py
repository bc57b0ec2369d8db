"""What the dispatcher counts, for /metrics."""

from __future__ import annotations

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram

from controlplane.outbox import OutboxState


class DispatcherMetrics:
    """The dispatcher's metrics on one registry."""

    def __init__(self, registry: CollectorRegistry = REGISTRY) -> None:
        self.waiting = Gauge(
            "forewarn_outbox_waiting", "Messages that are neither delivered nor dead", registry=registry
        )
        self.dead = Gauge(
            "forewarn_outbox_dead", "Messages that were given up, for a person to look at", registry=registry
        )
        self.oldest_age = Gauge(
            "forewarn_outbox_oldest_age_seconds",
            "Age of the oldest message that waits and is not held back by a mute or for want of an approval; else 0",
            registry=registry,
        )
        self.paused = Gauge(
            "forewarn_dispatcher_paused",
            "1 from when the Control Plane refuses our credential, or the URL is wrong, until something is delivered",
            registry=registry,
        )
        self.attempts = Counter(
            "forewarn_delivery_attempts_total", "Tries to tell a message", ["kind", "result"], registry=registry
        )
        self.seconds = Histogram(
            "forewarn_delivery_seconds",
            "How long one try took",
            buckets=(0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100),
            registry=registry,
        )

    def show(self, state: OutboxState) -> None:
        """Set the gauges."""
        self.waiting.set(state.waiting)
        self.dead.set(state.dead)
        self.oldest_age.set(state.oldest_age.total_seconds() if state.oldest_age else 0.0)
        self.paused.set(1.0 if state.paused else 0.0)
