"""Open a source by its settings."""

from __future__ import annotations

from importlib import import_module

from sources.base import Source
from sources.config import FilesConfig, PrometheusConfig
from sources.prometheus import PrometheusSource


def open_source(name: str, config: PrometheusConfig | FilesConfig) -> Source:
    """The source that the configuration calls by this name. Nothing is asked of it yet. Raises `SourceError`."""
    if isinstance(config, PrometheusConfig):
        return PrometheusSource(name, config)
    # Imported when it is wanted: a run against a server has no need of the readers of files, which are large.
    source: Source = import_module("sources.files").FileSource(name, config.path)
    return source
