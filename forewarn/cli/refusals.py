"""What people are told of the series of a file that can't be used: the first of them, and how many they are."""

from __future__ import annotations

import typer


def tell_refused(refused: dict[str, str]) -> None:
    """One line on standard error where series were refused: `refused` says why, by name."""
    if refused:
        name, reason = next(iter(refused.items()))
        many = "1 series is" if len(refused) == 1 else f"{len(refused)} series are"
        typer.echo(f"{many} refused, such as {name!r}: {reason}", err=True)
