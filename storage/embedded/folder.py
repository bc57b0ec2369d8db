"""Where the embedded server lives: its data, its socket, its lock, and its log."""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
import stat
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from storage.embedded.account import Account
from storage.errors import FolderUnusable

ROOT_FOLDER = Path("/var/lib/forewarn")  # what root's server may use: `nobody` cannot look into private homes
LONGEST_SOCKET_FOLDER = 90  # bytes; the system's limit is 107 for the whole path, and 103 on macOS
NEEDED_BYTES = 200 * 2**20  # a fresh data folder takes 56 MB, and a busy one some hundred more of its log
_NEW = "data.new."


@dataclass(frozen=True, slots=True)
class ServerFolder:
    """The folder of one embedded server: private to the server's account, except the lock beside it."""

    base: Path

    @property
    def data(self) -> Path:
        """Postgres' own data folder."""
        return self.base / "data"

    def fresh(self) -> Path:
        """A new place where a data folder is made, before it is moved into its own in one step.

        Never the same one: an initdb whose starter was killed may still be writing to the one before.
        """
        return self.base / f"{_NEW}{secrets.token_hex(4)}"

    def unfinished(self) -> list[Path]:
        """Data folders that were begun and never finished."""
        return list(self.base.glob(f"{_NEW}*"))

    @property
    def log(self) -> Path:
        """What the server says."""
        return self.base / "postgres.log"

    @property
    def lock(self) -> Path:
        """Held while the server is started or stopped."""
        return self.base.with_name(self.base.name + ".lock")

    @property
    def sockets(self) -> Path:
        """Where the socket is: in the folder itself, or in a short path when that one is too long for a socket."""
        inside = self.base / "run"
        if len(os.fsencode(inside)) <= LONGEST_SOCKET_FOLDER:
            return inside
        digest = hashlib.sha256(os.fsencode(self.base)).hexdigest()[:16]
        return Path("/", "tmp", f"forewarn-{digest}")  # not $TMPDIR: all processes have to find the same one

    def prepare(self, account: Account) -> None:
        """Make the folders, private to the server's account. Raises `FolderUnusable`."""
        with usable(self.base):
            make_parent(self.base.parent)
            for folder in (self.base, self.sockets):
                _make_private(folder, account)
            free = shutil.disk_usage(self.base).free
        if free < NEEDED_BYTES and not self.data.exists():
            raise FolderUnusable(
                f"the disk of {self.base} has {free // 2**20} MB left, "
                f"and a new database needs {NEEDED_BYTES // 2**20} MB: free some space, "
                "or set database.data_dir to a folder on another disk"
            )


def default_folder(data_dir: Path | None, account: Account) -> ServerFolder:
    """The folder of the server for a configured data folder, or for none.

    As root the server runs under an account that may not look into private folders: where it cannot reach the
    configured one, it gets a folder of its own below /var/lib/forewarn instead, and no permission is touched.
    """
    if data_dir is not None:
        wanted = data_dir.expanduser().absolute() / "postgres"
        if account.may_reach(wanted):
            return ServerFolder(wanted)
        digest = hashlib.sha256(os.fsencode(wanted)).hexdigest()[:12]
        return ServerFolder(ROOT_FOLDER / f"postgres-{digest}")
    if account.switched:
        return ServerFolder(ROOT_FOLDER / "postgres")
    state = os.environ.get("XDG_STATE_HOME", "")
    home = Path(state) if Path(state).is_absolute() else Path("~/.local/state").expanduser()
    return ServerFolder(home / "forewarn" / "postgres")


@contextmanager
def usable(folder: Path) -> Generator[None, None, None]:
    """Tell in our words what the system says of a folder that cannot be used."""
    try:
        yield
    except OSError as error:
        raise FolderUnusable(
            f"the embedded Postgres cannot use {error.filename or folder}: {error.strerror}. "
            "Check its owner, its permissions and the space on its disk, or set database.data_dir to another folder"
        ) from error


def make_parent(folder: Path) -> None:
    """Make a folder that others may pass through, whatever the umask; one that is there is left as it is."""
    if not folder.exists():
        make_parent(folder.parent)
        folder.mkdir(exist_ok=True)
        folder.chmod(0o755)


def _make_private(folder: Path, account: Account) -> None:
    folder.mkdir(mode=0o700, exist_ok=True)
    status = folder.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid not in (account.uid, os.geteuid()):
        raise FolderUnusable(
            f"{folder} is not a folder of ours (it belongs to user {status.st_uid}): "
            "move it away, or set database.data_dir to another folder"
        )
    if account.switched:
        os.chown(folder, account.uid, account.gid, follow_symlinks=False)
    if stat.S_IMODE(status.st_mode) != 0o700:
        folder.chmod(0o700)
