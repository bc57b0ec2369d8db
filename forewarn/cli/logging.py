"""Logs of a command: quiet for people at a terminal, as configured for services."""

from __future__ import annotations

from forewarn.logs import configure_logs
from forewarn.settings import Settings


def configure(settings: Settings, *, quiet: bool) -> None:
    """Configure the logs. A command that prints its own result logs warnings only, unless debug is asked for."""
    level = settings.log.level
    configure_logs("warning" if quiet and level == "info" else level, settings.log.format)
