"""`forewarn serve`: the service, whole or in parts."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from forewarn.cli.options import Config


class Part(StrEnum):
    """What can be served alone."""

    SCHEDULER = "scheduler"
    API = "api"
    DISPATCHER = "dispatcher"


def serve(
    only: Annotated[list[Part] | None, typer.Option(help="Only this part; may be repeated.")] = None,
    config: Config = None,
) -> None:
    """Run the scheduler, the read API and the dispatcher until told to stop. Any number may run side by side."""
    from forewarn.cli.logging import configure
    from forewarn.service import Service
    from forewarn.settings import load_settings

    settings = load_settings(config)
    configure(settings, quiet=False)
    parts = {part.value for part in (only or list(Part))}
    Service(settings, frozenset(parts)).run()
