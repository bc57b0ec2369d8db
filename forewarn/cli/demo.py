"""`forewarn demo`: the whole way once, on bundled history, with a real Postgres and a sandbox Control Plane."""

from __future__ import annotations

import shlex
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from forewarn.cli.invocation import this_program

if TYPE_CHECKING:
    from rich.console import Console
    from sqlalchemy import Engine

    from forewarn.cli.untold import Untold
    from forewarn.settings import Settings

JOB = "nightly-capacity"
DELIVERY_SECONDS = 60.0


def demo(
    folder: Annotated[Path, typer.Option(help="Where the report and a configuration are written.")] = Path("out/demo"),
    language: Annotated[str, typer.Option(help="en or zh-TW.")] = "en",
) -> None:
    """Run the nightly capacity job on thirty days of bundled history: no server, no account, nothing to configure."""
    from rich.console import Console

    from forewarn.assembly import run_context
    from forewarn.cli.progress import shown
    from forewarn.cli.rendering import print_summary
    from forewarn.cli.reporting import write_reports
    from forewarn.demo.bundle import bundled
    from forewarn.logs import configure_logs
    from jobs.pipeline import run_job
    from sandbox.server import running_sandbox
    from sandbox.settings import SandboxSettings

    console = Console(highlight=False)
    configure_logs("warning")
    bundle = bundled()
    began = time.perf_counter()
    settings = _settings(folder, bundle.history, language)
    with _database_of_its_own(settings) as engine:
        ready = time.perf_counter()
        console.print(
            f"A Postgres of its own is ready ({ready - began:.1f} s). Thirty days of history: {bundle.history.name}"
        )
        job = settings.build_job(JOB)
        with shown() as progress:
            context = replace(run_context(settings, engine, job, progress), clock=lambda: bundle.as_of)
            summary = run_job(job, bundle.as_of, context)
        ran = time.perf_counter()
        with running_sandbox(SandboxSettings(_url(engine))) as url:
            untold = _tell(url, engine, settings)
            told = _incidents_at(url)
        files = write_reports(engine, summary.run, folder)
    console.print()
    print_summary(summary, files, untold, settings.timezone, job.watches)
    console.print(f"The sandbox Control Plane has {told} incidents. The run took {ran - ready:.1f} s.")
    _look_further(console, folder / "forewarn.yaml")


@contextmanager
def _database_of_its_own(settings: Settings) -> Iterator[Engine]:
    """An empty embedded Postgres: the demo shows the first night, every time. It does not outlive the demo."""
    from storage.embedded import find_server
    from storage.schema import open_database

    server = find_server(settings.database.data_dir)
    server.stop()
    shutil.rmtree(server.folder.data, ignore_errors=True)
    try:
        engine = open_database(settings.database)
        yield engine
        engine.dispose()
    finally:
        server.stop()


def _look_further(console: Console, config: Path) -> None:
    """The two commands to look further, as they have to be typed."""
    call = f"-c {shlex.quote(str(config))}"
    for title, command, remark in (
        ("To look further:", f"findings {call}", ""),
        ("", f"serve --only api {call}", "   # http://127.0.0.1:8080/api/v1/findings"),
        ("They start its Postgres again; this stops it:", f"db stop {call}", ""),
    ):
        if title:
            console.print(f"\n{title}", style="bold")
        console.print(f"  {this_program()} {command}{remark}", soft_wrap=True, markup=False)


def _settings(folder: Path, history: Path, language: str) -> Settings:
    """Write a configuration for the demo, so that other commands can look at what it left, and read it."""
    from forewarn.settings import load_settings

    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "forewarn.yaml"
    place = folder.absolute()
    path.write_text(
        "# What `forewarn demo` ran with.\n"
        f"sources: {{demo: {{path: {_quoted(history)}}}}}\n"
        f"database: {{data_dir: {_quoted(place / 'state')}}}\n"
        f"reports: {{folder: {_quoted(place)}}}\n"
        f"timezone: Asia/Taipei\n"
        f"language: {language}\n",
        encoding="utf-8",
    )
    return load_settings(path)


def _quoted(path: Path) -> str:
    import json

    return json.dumps(str(path), ensure_ascii=False)


def _url(engine: Engine) -> str:
    return engine.url.render_as_string(hide_password=False)


def _tell(url: str, engine: Engine, settings: Settings) -> Untold:
    from controlplane.client import ControlPlaneClient
    from controlplane.config import ControlPlaneConfig
    from forewarn.assembly import make_dispatcher
    from forewarn.cli.untold import Untold

    config = ControlPlaneConfig(url=url)
    with ControlPlaneClient(config) as client:
        make_dispatcher(config, engine, client, settings=settings).drain(DELIVERY_SECONDS)
    return Untold.of(engine)


def _incidents_at(url: str) -> int:
    from controlplane.client import ControlPlaneClient
    from controlplane.config import ControlPlaneConfig

    with ControlPlaneClient(ControlPlaneConfig(url=url)) as client:
        return client.list_incidents(source="forewarn").pagination.total
