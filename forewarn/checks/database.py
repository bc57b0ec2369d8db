"""Can the database be reached, may we write to it, has it our tables, and is there room?"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

from sqlalchemy import Engine, func, select, text

from forewarn.checks.words import size
from jobs.present import now
from sources.base import Check
from storage.config import DatabaseConfig
from storage.embedded import find_server
from storage.engine import ReadSession, open_engine, read_only
from storage.errors import StorageError
from storage.schema import SchemaState, status
from storage.tables import Base

ROOM = 2 * 2**30  # bytes; a year of a thousand entities takes about as much
CLOCK_SKEW = 30.0  # seconds
PRIVILEGES = ("SELECT", "INSERT", "UPDATE", "DELETE")
OLDEST_MAJOR = 15


def check_database(config: DatabaseConfig, clock: Callable[[], datetime] = now) -> Iterator[Check]:
    """Reachable, version, tables, permission, clock, room. The embedded server is started where it does not run."""
    try:
        engine = open_engine(config)
    except StorageError as error:
        yield Check("reachable", False, str(error), "See the message; `forewarn db status` tells where it should be")
        return
    try:
        yield from _asked(engine, config, clock)
    except StorageError as error:
        yield Check("reachable", False, str(error), "Start the database, or correct database.url")
    finally:
        engine.dispose()


def _asked(engine: Engine, config: DatabaseConfig, clock: Callable[[], datetime]) -> Iterator[Check]:
    with read_only(engine) as session:
        version, role, bytes_used = session.execute(
            select(
                func.current_setting("server_version_num"),
                text("current_user"),
                func.pg_database_size(func.current_database()),
            )
        ).one()
        skew = _skew(session, clock)
    major = int(version) // 10_000
    place = "the embedded Postgres" if config.embedded else engine.url.render_as_string(hide_password=True)
    yield Check("reachable", True, f"{place}, Postgres {major}, as {role}, {size(bytes_used)} used")
    if major < OLDEST_MAJOR:
        yield Check("version", False, f"it is Postgres {major}", f"Forewarn needs Postgres {OLDEST_MAJOR} or newer")
    yield _clock(skew)
    yield from _tables(engine, config)
    if config.embedded:
        yield _room(find_server(config.data_dir).folder.base)


def _skew(session: ReadSession, clock: Callable[[], datetime]) -> float:
    """By how many seconds its clock is ahead of ours: both are read at the same moment, half of the way there."""
    before = clock()
    theirs: datetime = session.scalars(select(func.clock_timestamp())).one()
    after = clock()
    return (theirs - before - (after - before) / 2).total_seconds()


def _clock(skew: float) -> Check:
    what = f"its clock and ours differ by {abs(skew):.0f} s"
    advice = "" if abs(skew) <= CLOCK_SKEW else "Let both machines keep time by NTP"
    return Check("clock", abs(skew) <= CLOCK_SKEW, what, advice, required=False)


def _tables(engine: Engine, config: DatabaseConfig) -> Iterator[Check]:
    found = status(engine)
    if found.state is SchemaState.CURRENT:
        yield Check("tables", True, f"at migration {found.current}, the newest")
        yield _may_write(engine)
    elif found.state is SchemaState.NEW:
        what = f"at migration {found.current}, which this version does not know"
        yield Check("tables", False, what, "Run the newer Forewarn that has been there")
    elif config.embedded:
        yield Check("tables", True, f"at migration {found.current or 'none'}; the first run brings it to {found.head}")
    else:
        what = f"at migration {found.current or 'none'}, {found.head} is the newest"
        yield Check("tables", False, what, "Run `forewarn db upgrade` once, as a role that may create tables")


def _may_write(engine: Engine) -> Check:
    names = sorted(Base.metadata.tables)
    # Asked one by one: a list of privileges would be true where any of them is held.
    held = [func.has_table_privilege(name, privilege) for name in names for privilege in PRIVILEGES]
    with read_only(engine) as session:
        answers = list(session.execute(select(*held)).one())
    width = len(PRIVILEGES)
    refused = [name for index, name in enumerate(names) if not all(answers[index * width : (index + 1) * width])]
    if refused:
        what = f"our role may not read and write {', '.join(refused)}"
        return Check("permission", False, what, "Grant it SELECT, INSERT, UPDATE and DELETE on all tables of Forewarn")
    return Check("permission", True, f"our role may read and write all {len(names)} tables")


def _room(folder: Path) -> Check:
    free = shutil.disk_usage(folder).free
    what = f"{size(free)} free at {folder}"
    advice = "" if free >= ROOM else "Free some space there, or move it with database.data_dir"
    return Check("room", free >= ROOM, what, advice, required=False)
