"""What there is to ask for: series, values of a label, and what targets say of a metric."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from domain.labels import Labels
from sources.http.deadline import Deadline
from sources.prometheus import questions
from sources.prometheus.answers import MetadataAnswer, MetricMetadata, SeriesAnswer, ValuesAnswer
from sources.prometheus.api import Api


class Discovery:
    """Looks around in a source. All methods raise `SourceError`."""

    def __init__(self, api: Api, deadline: Deadline, method: str) -> None:
        """Nothing is asked yet."""
        self._api = api
        self._deadline = deadline
        self._method = method

    def series(self, selectors: Iterable[str], start: datetime, end: datetime) -> tuple[Labels, ...]:
        """The label sets that match any of the selectors in a window, sorted."""
        ask = questions.series(selectors, start, end, self._method)
        found = self._api.ask(ask, SeriesAnswer, self._deadline).data or []
        return tuple(sorted({Labels.of(one) for one in found}))

    def label_values(self, label: str, selectors: Iterable[str], start: datetime, end: datetime) -> tuple[str, ...]:
        """The values of a label among the series that match any of the selectors in a window, sorted."""
        ask = questions.label_values(label, selectors, start, end)
        return tuple(sorted(self._api.ask(ask, ValuesAnswer, self._deadline).data or []))

    def metadata(self, metric: str) -> MetricMetadata | None:
        """Type, help and unit of a metric; None where no target tells (backfilled data, VictoriaMetrics)."""
        found = self._api.ask(questions.metadata(metric), MetadataAnswer, self._deadline).data or {}
        return next(iter(found.get(metric, [])), None)
