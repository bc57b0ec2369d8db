"""All checks in the order in which a person would make them: what later ones need comes first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from forewarn.checks.activity import check_activity
from forewarn.checks.api import check_api
from forewarn.checks.configuration import check_settings
from forewarn.checks.control_plane import check_control_plane
from forewarn.checks.database import check_database
from forewarn.checks.reports import check_report_folder
from forewarn.checks.sources import check_sources
from forewarn.checks.workers import check_workers
from sources.base import Check


@dataclass(frozen=True, slots=True)
class Item:
    """One check, and the area that it belongs to: "database", "source prometheus", "job nightly-capacity", ..."""

    area: str
    check: Check


def examine(config: Path | None, now: datetime) -> Iterator[Item]:
    """Every check, as its answer comes. Never raises for what it finds."""
    settings, found = check_settings(config)
    yield from _items("configuration", found)
    if settings is None:
        return
    usable = True
    for item in _items("database", check_database(settings.database)):
        usable = usable and (item.check.ok or not item.check.required)
        yield item
    if usable:
        yield from _items("activity", check_activity(settings, now))
    yield from _items("reports", check_report_folder(settings))
    yield from _items("workers", check_workers(settings.workers))
    for area, check in check_sources(settings, now):
        yield Item(area, check)
    yield from _items("control plane", check_control_plane(settings))
    yield from _items("api", check_api(settings.api))


def _items(area: str, checks: Iterable[Check]) -> Iterator[Item]:
    return (Item(area, check) for check in checks)
