"""The server that we bring along: started by whoever comes first, shared by all, and hard to kill."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from storage.embedded import EmbeddedServer, ServerFolder
from storage.embedded.account import server_account
from storage.embedded.server import run_program
from storage.errors import EmbeddedServerError, FolderUnusable, OtherMajor
from tests.fixtures.postgres import remove_server, short_folder

pytestmark = pytest.mark.server

REPOSITORY = Path(__file__).parents[3]


@pytest.fixture
def server() -> Iterator[EmbeddedServer]:
    """A server of this test's own, not started yet, with all its care for the disk."""
    own = EmbeddedServer(ServerFolder(short_folder(uuid4().hex)))
    yield own
    own.stop()
    remove_server(own)


def connect(server: EmbeddedServer) -> psycopg.Connection[tuple[object, ...]]:
    return psycopg.connect(server.url().set(drivername="postgresql").render_as_string(hide_password=False))


def rows(server: EmbeddedServer) -> int:
    with connect(server) as connection:
        found = connection.execute("SELECT count(*) FROM t").fetchone()
    assert found is not None
    return int(str(found[0]))


def wait_until(true: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.02)


def kill(server: EmbeddedServer) -> None:
    pid = server.status().pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: server.status().pid is None)


def in_another_process(server: EmbeddedServer, script: str) -> subprocess.Popen[str]:
    text = f"""
        from pathlib import Path
        from storage.embedded import EmbeddedServer, ServerFolder
        server = EmbeddedServer(ServerFolder(Path({str(server.folder.base)!r})))
    """
    program = textwrap.dedent(text) + textwrap.dedent(script)
    return subprocess.Popen([sys.executable, "-c", program], cwd=REPOSITORY, stdout=subprocess.PIPE, text=True)


def test_a_server_is_made_started_shared_and_stopped(server: EmbeddedServer) -> None:
    assert not server.status().running
    assert server.status().version is None

    url = server.ensure_running()
    status = server.status()

    assert url.query["host"] == str(server.folder.sockets)
    assert (status.running, status.version) == (True, "18")
    assert EmbeddedServer(server.folder).ensure_running() == url
    assert server.status().pid == status.pid
    assert server.stop()
    assert not server.stop()
    assert not server.status().running


def test_it_listens_on_a_socket_only_in_a_folder_that_is_private(server: EmbeddedServer) -> None:
    server.ensure_running()

    with connect(server) as connection:
        assert connection.execute("SHOW listen_addresses").fetchone() == ("",)
    for folder in (server.folder.base, server.folder.data, server.folder.sockets):
        assert folder.stat().st_mode & 0o777 == 0o700
        assert folder.stat().st_uid == server_account().uid


def test_only_the_account_of_forewarn_may_connect(server: EmbeddedServer) -> None:
    server.ensure_running()

    with pytest.raises(psycopg.OperationalError, match=r"ident|[Pp]eer|pg_hba"):
        psycopg.connect(host=str(server.folder.sockets), dbname="forewarn", user="postgres")


def test_nothing_committed_is_lost_when_the_server_is_killed(server: EmbeddedServer) -> None:
    server.ensure_running()
    with connect(server) as connection:
        connection.execute("CREATE TABLE t AS SELECT generate_series(1, 50000) AS n")

    for _ in range(3):
        kill(server)
        server.ensure_running()

    assert rows(server) == 50_000


def test_a_killed_server_is_started_once_by_the_many_that_miss_it(server: EmbeddedServer) -> None:
    server.ensure_running()
    kill(server)

    with ThreadPoolExecutor(6) as threads:
        urls = set(threads.map(lambda _: EmbeddedServer(server.folder).ensure_running(), range(6)))

    assert len(urls) == 1
    assert server.status().running


def test_processes_that_start_at_the_same_moment_share_one_server(server: EmbeddedServer) -> None:
    script = "server.ensure_running(); print(server.status().pid)"
    processes = [in_another_process(server, script) for _ in range(3)]

    said = [process.communicate(timeout=120)[0].strip() for process in processes]

    assert [process.returncode for process in processes] == [0, 0, 0]
    assert set(said) == {str(server.status().pid)}


def test_the_server_outlives_a_client_that_is_killed(server: EmbeddedServer) -> None:
    client = in_another_process(
        server, "server.ensure_running(); print('up', flush=True); import time; time.sleep(600)"
    )
    assert client.stdout is not None
    assert client.stdout.readline() == "up\n"

    client.kill()
    client.communicate(timeout=30)

    assert server.status().running
    assert server.stop()


def test_a_process_that_is_killed_while_it_starts_the_server_leaves_no_wreck(server: EmbeddedServer) -> None:
    client = in_another_process(server, "server.ensure_running()")
    wait_until(lambda: bool(server.folder.unfinished()))
    client.kill()
    client.communicate(timeout=30)

    server.ensure_running()

    assert server.status().running


def test_a_pid_file_whose_number_belongs_to_another_process_is_no_server(server: EmbeddedServer) -> None:
    server.ensure_running()
    kill(server)
    pid_file = server.folder.data / "postmaster.pid"
    lines = pid_file.read_text().splitlines()
    pid_file.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")

    assert server.status().pid is None
    server.ensure_running()

    assert server.status().pid not in (None, os.getpid())


def test_a_folder_of_another_major_version_is_left_alone_with_advice(server: EmbeddedServer) -> None:
    server.ensure_running()
    server.stop()
    (server.folder.data / "PG_VERSION").write_text("17\n")

    with pytest.raises(OtherMajor, match=r"made by Postgres 17.*brings Postgres 18.*pg_dump"):
        server.ensure_running()


def test_a_folder_with_something_else_in_it_is_left_alone(server: EmbeddedServer) -> None:
    server.folder.data.mkdir(parents=True)
    (server.folder.data / "precious.txt").write_text("mine")

    with pytest.raises(FolderUnusable, match="holds no Postgres data"):
        server.ensure_running()

    assert (server.folder.data / "precious.txt").read_text() == "mine"


def test_a_file_in_the_place_of_the_folder_is_said_so(server: EmbeddedServer) -> None:
    server.folder.base.write_text("not a folder")

    with pytest.raises(FolderUnusable, match=r"File exists|Not a directory"):
        server.ensure_running()

    server.folder.base.unlink()


def test_a_link_in_the_place_of_the_folder_is_not_followed(server: EmbeddedServer, tmp_path: Path) -> None:
    server.folder.base.symlink_to(tmp_path)

    with pytest.raises(FolderUnusable, match="is not a folder of ours"):
        server.ensure_running()

    server.folder.base.unlink()
    assert list(tmp_path.iterdir()) == []


def test_a_server_that_does_not_start_says_what_its_log_says(server: EmbeddedServer) -> None:
    server.ensure_running()
    server.stop()
    (server.folder.data / "postgresql.auto.conf").write_text("shared_buffers = 'nonsense'\n")
    broken = EmbeddedServer(server.folder, settings={"no_such_setting": "1"})

    with pytest.raises(EmbeddedServerError, match=r"does not start.*no_such_setting.*postgres\.log"):
        broken.ensure_running()


def test_a_path_too_long_for_a_socket_gets_a_short_one(server: EmbeddedServer) -> None:
    base = server.folder.base
    base.mkdir(mode=0o755)
    deep = EmbeddedServer(ServerFolder(base / ("d" * 60) / ("e" * 60) / "postgres"))

    try:
        deep.ensure_running()
        assert len(str(deep.folder.sockets)) < 40
        assert deep.status().running
    finally:
        deep.stop()
        shutil.rmtree(deep.folder.sockets)


@pytest.fixture
def home() -> Iterator[Path]:
    """The home folder of an ordinary user."""
    folder, account = short_folder(uuid4().hex), server_account()
    folder.mkdir()
    os.chown(folder, account.uid, account.gid)
    yield folder
    EmbeddedServer(ServerFolder(folder / ".local" / "state" / "forewarn" / "postgres")).stop()
    shutil.rmtree(folder)


def test_an_ordinary_user_has_a_server_of_their_own_in_their_home(home: Path) -> None:
    account = server_account()
    script = f"""
        import os
        from storage.embedded import find_server
        if os.geteuid() == 0:
            os.setgroups([])
            os.setgid({account.gid})
            os.setuid({account.uid})
        server = find_server(None)
        server.ensure_running()
        print(server.folder.base, server.status().running, server.stop())
    """
    environment = {name: value for name, value in os.environ.items() if name != "XDG_STATE_HOME"}

    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)],
        cwd=REPOSITORY,
        env={**environment, "HOME": str(home)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert done.stdout.strip() == f"{home}/.local/state/forewarn/postgres True True", done.stderr


def test_programs_hear_nothing_of_our_own_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PGHOST", "elsewhere")
    monkeypatch.setenv("FOREWARN_DATABASE__URL", "postgresql://secret")

    done = run_program(Path("/usr/bin/env"), (), server_account())

    names = {line.partition("=")[0] for line in done.stdout.splitlines()}
    assert names == {"PATH", "LC_ALL", "TZ"}
