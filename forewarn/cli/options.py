"""Options that several commands have."""

from __future__ import annotations

import getpass
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

Config = Annotated[
    Path | None,
    typer.Option(
        "--config", "-c", help="Configuration file; else $FOREWARN_CONFIG, ./forewarn.yaml, ...", dir_okay=False
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]


def told(text: str) -> str:
    """A reason that is written down: it has to say something. For `callback=` of an option."""
    if not text.strip():
        raise typer.BadParameter("say why in a few words: it is kept in the audit log")
    return text.strip()


def this_person() -> str:
    """Who gives the command, for the audit log; in a container there may be no name for the number."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"


def moment(text: str) -> datetime:
    """A time in RFC 3339; a date alone is its midnight in UTC. Raises `typer.BadParameter`."""
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no time: write 2026-11-22T02:00:00Z") from None
    if found.tzinfo is None:
        if len(text.strip()) > len("2026-11-22"):
            raise typer.BadParameter(f"{text!r} has no time zone: write {text.strip()}Z or an offset such as +08:00")
        found = found.replace(tzinfo=UTC)
    return found.astimezone(UTC)


def whole_minute(at: datetime) -> datetime:
    """The minute that has begun."""
    return at.replace(second=0, microsecond=0)
