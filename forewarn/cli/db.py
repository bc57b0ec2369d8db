"""`forewarn db`: bring the tables to the newest shape, look at them, and stop the database that Forewarn brings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from forewarn.cli.options import AsJson, Config

if TYPE_CHECKING:
    from storage.embedded import EmbeddedServer
    from storage.schema import SchemaStatus

app = typer.Typer(name="db", help="Migrate, look at and stop the database.", no_args_is_help=True)


@app.command()
def upgrade(config: Config = None) -> None:
    """Bring the tables to the shape that this version works with. Safe while the service runs, and to repeat."""
    from forewarn.settings import load_settings
    from storage import schema
    from storage.engine import open_engine

    engine = open_engine(load_settings(config).database)
    try:
        before = schema.status(engine)
        after = schema.upgrade(engine)
    finally:
        engine.dispose()
    if before.current == after.current:
        typer.echo(f"The database is at migration {after.current}: nothing to do.")
    else:
        typer.echo(f"The database is at migration {after.current} now (before: {before.current or 'empty'}).")


@app.command()
def status(as_json: AsJson = False, config: Config = None) -> None:
    """Say where the database is and whether its tables have the shape that this version works with.

    Exits with 1 when they have not, or when the embedded server does not run.
    """
    import json

    from forewarn.settings import load_settings
    from storage import schema
    from storage.config import configured_url
    from storage.embedded import find_server
    from storage.engine import make_engine

    database = load_settings(config).database
    server = find_server(database.data_dir) if database.embedded else None
    place = _of_server(server) if server is not None else {"url": repr(configured_url(database))}
    found: SchemaStatus | None = None
    if server is None or place["running"]:
        engine = make_engine(server.url() if server is not None else configured_url(database), database)
        try:
            found = schema.status(engine)
        finally:
            engine.dispose()
        place |= {"schema": found.state.value, "migration": found.current, "newest": found.head}
    typer.echo(json.dumps(place, indent=2) if as_json else _words(place))
    if found is None or found.state is not schema.SchemaState.CURRENT:
        raise typer.Exit(1)


@app.command()
def stop(config: Config = None) -> None:
    """Stop the embedded server, whoever uses it. The next command that needs it starts it again."""
    from forewarn.settings import load_settings
    from storage.embedded import find_server

    database = load_settings(config).database
    if not database.embedded:
        typer.echo("The database is one that you run: there is nothing of ours to stop.")
        return
    server = find_server(database.data_dir)
    stopped = server.stop()
    typer.echo(f"The embedded Postgres in {server.folder.base} {'is stopped' if stopped else 'was not running'}.")


def _of_server(server: EmbeddedServer) -> dict[str, Any]:
    now = server.status()
    return {
        "embedded": str(now.folder),
        "running": now.running,
        "pid": now.pid,
        "postgres": now.version,
        "socket": str(server.folder.sockets),
        "log": str(now.log),
    }


def _words(place: dict[str, Any]) -> str:
    if "url" in place:
        where = f"Database: {place['url']}"
    elif place["running"]:
        where = f"Database: the embedded Postgres {place['postgres']} in {place['embedded']}, pid {place['pid']}"
    elif place["postgres"]:
        where = f"Database: the embedded Postgres in {place['embedded']} is not running; it starts when it is needed"
    else:
        where = f"Database: none yet; an embedded Postgres will be made in {place['embedded']} when it is needed"
    if "schema" not in place:
        return where
    shape = {
        "current": f"current, at migration {place['migration']}",
        "empty": "empty: run `forewarn db upgrade`",
        "old": f"at migration {place['migration']}, {place['newest']} is the newest: run `forewarn db upgrade`",
        "new": f"at migration {place['migration']}, which this version does not know: run the newer Forewarn",
    }[place["schema"]]
    return f"{where}\nTables: {shape}"
