"""A full disk is said so, and what was written before it stays."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import Engine, text

from storage.embedded import EmbeddedServer, ServerFolder
from storage.embedded import folder as folders
from storage.engine import make_engine, read_only, transaction
from storage.errors import DatabaseUnavailable, EmbeddedServerError, FolderUnusable
from tests.fixtures.postgres import CONFIG, short_folder

pytestmark = pytest.mark.server


@pytest.fixture
def small_disk() -> Iterator[Path]:
    """A disk of 300 MB."""
    place = short_folder(uuid4().hex)
    place.mkdir(mode=0o755)
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=300m,mode=0755", "tmpfs", str(place)], capture_output=True, check=False
    )
    if mounted.returncode != 0:
        place.rmdir()
        pytest.skip("mounting a small disk needs root")
    yield place
    subprocess.run(["umount", str(place)], check=True)
    place.rmdir()


@pytest.fixture
def server(small_disk: Path) -> Iterator[EmbeddedServer]:
    own = EmbeddedServer(ServerFolder(small_disk / "postgres"))
    yield own
    (small_disk / "ballast").unlink(missing_ok=True)
    own.stop()


def fill(disk: Path, leave: int) -> None:
    (disk / "ballast").write_bytes(b"x" * max(0, shutil.disk_usage(disk).free - leave))


def free(disk: Path) -> None:
    (disk / "ballast").unlink()


def test_no_database_is_begun_on_a_disk_that_is_too_small(server: EmbeddedServer, small_disk: Path) -> None:
    fill(small_disk, leave=50 * 2**20)

    with pytest.raises(FolderUnusable, match=r"50 MB left.*needs 200 MB.*free some space"):
        server.ensure_running()


def test_a_disk_that_fills_up_while_the_database_is_made_leaves_nothing(
    server: EmbeddedServer, small_disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folders, "NEEDED_BYTES", 0)
    fill(small_disk, leave=8 * 2**20)

    with pytest.raises(EmbeddedServerError, match="No space left on device"):
        server.ensure_running()

    assert not server.folder.data.exists()
    free(small_disk)
    server.ensure_running()


def test_a_disk_that_fills_up_in_the_middle_loses_nothing_and_is_told_plainly(
    server: EmbeddedServer, small_disk: Path
) -> None:
    engine = make_engine(server.ensure_running(), CONFIG)
    with transaction(engine) as session:
        session.execute(text("CREATE TABLE t (line text)"))
        session.execute(text("INSERT INTO t VALUES ('before')"))
    fill(small_disk, leave=2**20)

    with pytest.raises(DatabaseUnavailable, match=r"disk|cannot be used"):
        _write_much(engine)

    free(small_disk)
    server.ensure_running()
    with read_only(engine) as session:
        assert session.scalars(text("SELECT line FROM t")).all() == ["before"]
    engine.dispose()


def _write_much(engine: Engine) -> None:
    with transaction(engine) as session:
        session.execute(text("INSERT INTO t SELECT repeat(md5(n::text), 100) FROM generate_series(1, 100000) n"))
