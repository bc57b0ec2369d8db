"""`forewarn config`: validate the settings, print those in force, their JSON Schema, and alerting rules for them."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from forewarn.cli.options import AsJson, Config

app = typer.Typer(name="config", help="Validate and show the configuration.", no_args_is_help=True)


@app.command()
def check(config: Config = None, as_json: AsJson = False) -> None:
    """Say whether the configuration is valid; exit with 1 and every fault when it is not."""
    from forewarn.configuration import check_configuration

    result = check_configuration(config)
    typer.echo(result.to_json() if as_json else result.to_text())
    if result.problems:
        raise typer.Exit(1)


@app.command()
def show(config: Config = None, as_json: AsJson = False) -> None:
    """Print the settings in force, with where each was given. Secrets are masked."""
    from forewarn.configuration import show_json, show_yaml
    from forewarn.settings import load_settings

    settings = load_settings(config)
    typer.echo(show_json(settings) if as_json else show_yaml(settings), nl=False)


@app.command()
def schema(
    pack: Annotated[bool, typer.Option("--pack", help="Of a pack file instead of the configuration file.")] = False,
) -> None:
    """Print the JSON Schema of the configuration file, for editors that complete and check."""
    from forewarn.configuration import json_schema

    sys.stdout.write(json_schema(of_pack=pack))


@app.command()
def alerts(config: Config = None) -> None:
    """Print Prometheus alerting rules that tell when Forewarn itself stands still, from the jobs' schedules."""
    from forewarn.alert_rules import alert_rules, to_yaml
    from forewarn.settings import load_settings
    from jobs.present import now

    settings = load_settings(config)
    rules = alert_rules(settings.build_jobs(), now(), delivers=settings.delivers_to is not None)
    if not settings.api.enabled:
        typer.echo(
            "note: api.enabled is false here, and only the API serves the metrics that these rules need", err=True
        )
    sys.stdout.write(to_yaml(rules))
