"""`forewarn config`: validate the settings, print those in force, and their JSON Schema."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(name="config", help="Validate and show the configuration.", no_args_is_help=True)

ConfigOption = Annotated[
    Path | None,
    typer.Option("--config", "-c", help="The configuration file; else $FOREWARN_CONFIG and the usual places."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command()
def check(config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Say whether the configuration is valid; exit with 1 and every fault when it is not."""
    from forewarn.configuration import check_configuration

    result = check_configuration(config)
    typer.echo(result.to_json() if as_json else result.to_text())
    if result.problems:
        raise typer.Exit(1)


@app.command()
def show(config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Print the settings in force, with where each was given. Secrets are masked."""
    from forewarn.configuration import show_json, show_yaml
    from forewarn.settings import load_settings

    settings = load_settings(config)
    typer.echo(show_json(settings) if as_json else show_yaml(settings), nl=False)


@app.command()
def schema() -> None:
    """Print the JSON Schema of the configuration file, for editors that complete and check."""
    from forewarn.configuration import json_schema

    sys.stdout.write(json_schema())
