"""Start, look at and stop the embedded server. Whoever comes first starts it; nobody stops it by leaving."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from psycopg.conninfo import make_conninfo
from sqlalchemy import URL

from storage.embedded.account import Account, server_account
from storage.embedded.binaries import find_programs, major_version
from storage.embedded.folder import ServerFolder, default_folder, usable
from storage.embedded.lock import exclusive
from storage.embedded.process import clear_remains, server_pid
from storage.errors import EmbeddedServerError, FolderUnusable, OtherMajor

ROLE = "sre"
DATABASE = "forewarn"
PORT = 5432  # only part of the socket's name: nothing listens on TCP
START_SECONDS = 180  # a long crash recovery takes its time
LONGEST_LOG = 10 * 2**20

SETTINGS: Mapping[str, str] = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "shared_buffers": "64MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
}


@dataclass(frozen=True, slots=True)
class ServerStatus:
    """How the embedded server is doing."""

    running: bool
    folder: Path
    version: str | None  # of the data, None: there is none yet
    pid: int | None
    log: Path


@dataclass(frozen=True, slots=True)
class EmbeddedServer:
    """The server of one folder. It holds no state: any number of these, in any processes, mean the same server."""

    folder: ServerFolder
    account: Account = field(default_factory=server_account)
    settings: Mapping[str, str] = field(default_factory=dict)  # beyond SETTINGS

    def url(self, database: str = DATABASE) -> URL:
        """The URL of a database of this server, for psycopg 3."""
        return URL.create(
            "postgresql+psycopg", ROLE, database=database, query={"host": str(self.folder.sockets), "port": str(PORT)}
        )

    def ensure_running(self) -> URL:
        """The URL of a server that answers; it is made and started when there is none. Raises `EmbeddedServerError`."""
        if not self._answers(DATABASE):
            with exclusive(self.folder.lock, START_SECONDS + 60):
                if not self._answers(DATABASE):
                    self._start()
        return self.url()

    def stop(self) -> bool:
        """Stop the server, whoever uses it; False when it was not running. Raises `EmbeddedServerError`."""
        with exclusive(self.folder.lock, START_SECONDS + 60):
            if server_pid(self.folder.data) is None:
                return False
            done = self._run("pg_ctl", "-D", str(self.folder.data), "-m", "fast", "-w", "-t", "60", "stop")
            if done.returncode != 0 and server_pid(self.folder.data) is not None:
                raise EmbeddedServerError(f"the embedded Postgres does not stop: {_last_lines(done.stderr)}")
            return True

    def status(self) -> ServerStatus:
        """How it is doing, by a real connection."""
        return ServerStatus(
            running=self._answers("postgres"),
            folder=self.folder.base,
            version=self._version(),
            pid=server_pid(self.folder.data),
            log=self.folder.log,
        )

    def _start(self) -> None:
        self.folder.prepare(self.account)
        if not (self.folder.data / "PG_VERSION").exists():
            self._create()
        self._check_version()
        if server_pid(self.folder.data) is None:
            clear_remains(self.folder.data, self.folder.sockets)
            self._launch()
        self._wait_until_it_answers()
        self._create_database()

    def _create(self) -> None:
        """Make a data folder aside and move it into place: a kill in the middle leaves none that is half made."""
        if self.folder.data.exists() and any(self.folder.data.iterdir()):
            raise FolderUnusable(
                f"{self.folder.data} is not empty and holds no Postgres data: move it away, or set database.data_dir"
            )
        self._remove_unfinished()
        fresh = self.folder.fresh()
        done = self._run(
            "initdb", "-D", str(fresh), "-U", ROLE, "--auth=peer", "--encoding=UTF8", "--locale=C.UTF-8",
            "--no-instructions",
        )  # fmt: skip
        if done.returncode != 0:
            self._remove_unfinished()
            raise EmbeddedServerError(
                f"no database could be made in {self.folder.base}: {_last_lines(done.stderr)}. "
                "Free some space or set database.data_dir to another folder, then try again"
            )
        with usable(self.folder.base):
            # Only the account that Forewarn runs under may connect, and only over the socket.
            (fresh / "pg_hba.conf").write_text("local all all peer map=forewarn\n", encoding="utf-8")
            (fresh / "pg_ident.conf").write_text(f'forewarn "{self.account.client}" {ROLE}\n', encoding="utf-8")
            fresh.rename(self.folder.data)

    def _remove_unfinished(self) -> None:
        for folder in self.folder.unfinished():
            shutil.rmtree(folder, ignore_errors=True)

    def _check_version(self) -> None:
        found, ours = self._version(), major_version()
        if found != ours:
            raise OtherMajor(
                f"{self.folder.data} was made by Postgres {found}, and this Forewarn brings Postgres {ours}: "
                "dump it with the Forewarn that made it (pg_dump is beside its Postgres), "
                f"move {self.folder.base} away, start anew and load the dump; or keep the Forewarn that made it"
            )

    def _launch(self) -> None:
        with usable(self.folder.log):
            if self.folder.log.exists() and self.folder.log.stat().st_size > LONGEST_LOG:
                self.folder.log.replace(self.folder.log.with_suffix(".log.1"))
        options = {**SETTINGS, **self.settings, "unix_socket_directories": str(self.folder.sockets), "port": str(PORT)}
        given = " ".join(f"-c {name}={_quoted(value)}" for name, value in options.items())
        done = self._run(
            "pg_ctl", "-D", str(self.folder.data), "-l", str(self.folder.log), "-w", "-t", str(START_SECONDS),
            "-o", given, "start",
        )  # fmt: skip
        if done.returncode != 0:
            raise EmbeddedServerError(
                f"the embedded Postgres does not start: {self._last_words()}. Its log is {self.folder.log}; "
                "most often its disk is full: free some space, then try again"
            )

    def _wait_until_it_answers(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not self._answers("postgres"):
            if time.monotonic() > deadline:
                raise EmbeddedServerError(
                    f"the embedded Postgres does not answer after {START_SECONDS} s: {self._last_words()}. "
                    f"Its log is {self.folder.log}; `forewarn db stop`, then try again"
                )
            time.sleep(0.05)

    def _create_database(self) -> None:
        with psycopg.connect(self._conninfo("postgres"), autocommit=True) as connection:
            found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone()
            if found is None:
                connection.execute(f"CREATE DATABASE {DATABASE}")

    def _answers(self, database: str) -> bool:
        """Whether a real connection comes about. One that is refused for want of a free place is an answer too."""
        try:
            psycopg.connect(self._conninfo(database)).close()
        except psycopg.OperationalError as error:
            return error.sqlstate == "53300" or "too many clients" in str(error)
        return True

    def _conninfo(self, database: str) -> str:
        return make_conninfo(
            host=str(self.folder.sockets),
            port=PORT,
            user=ROLE,
            dbname=database,
            connect_timeout=10,
            application_name="forewarn-db",
        )

    def _version(self) -> str | None:
        try:
            return (self.folder.data / "PG_VERSION").read_text(encoding="utf-8").strip()
        except OSError:
            return None

    def _run(self, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        return run_program(find_programs(self.account) / program, arguments, self.account)

    def _last_words(self) -> str:
        try:
            return _last_lines(self.folder.log.read_text(encoding="utf-8", errors="replace"))
        except OSError:
            return "it left no log"


def find_server(data_dir: Path | None) -> EmbeddedServer:
    """The embedded server for a configured data folder, or for none; it need not be running, nor be made yet."""
    account = server_account()
    return EmbeddedServer(default_folder(data_dir, account), account)


def run_program(program: Path, arguments: Sequence[str], account: Account) -> subprocess.CompletedProcess[str]:
    """Run one of Postgres' programs under the server's account, without any settings of ours that it would heed."""
    environment = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8", "TZ": "UTC"}
    return subprocess.run(
        [str(program), *arguments],
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
        cwd="/",
        env=environment,
        umask=0o077,
        stdin=subprocess.DEVNULL,
        user=account.uid if account.switched else None,
        group=account.gid if account.switched else None,
        extra_groups=() if account.switched else None,
    )


def _quoted(value: str) -> str:
    """For pg_ctl's -o, which a shell reads."""
    return "'" + value.replace("'", "'\\''") + "'"


def _last_lines(text: str) -> str:
    lines = [line.strip() for line in text.strip().splitlines() if line.strip()]
    return " / ".join(lines[-4:]) or "it said nothing"
