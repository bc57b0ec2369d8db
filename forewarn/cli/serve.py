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
    """Run the scheduler, the read API and the dispatcher until told to stop. Any number may run side by side.

    SIGHUP makes it wait for the run that goes on, and begin anew with what
    the configuration says by then. One that can't be used is logged with
    every fault, and the former one holds.
    """
    from forewarn.reload import serve_anew

    serve_anew(config, frozenset(part.value for part in (only or list(Part))))
