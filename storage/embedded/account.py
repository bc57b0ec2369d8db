"""Under which account the server runs: our own, but never root's, which Postgres refuses."""

from __future__ import annotations

import os
import pwd
import stat
from dataclasses import dataclass
from pathlib import Path

from storage.errors import EmbeddedServerError

UNPRIVILEGED = "nobody"  # exists everywhere; nothing is created for us


@dataclass(frozen=True, slots=True)
class Account:
    """The account of the server, and the name of the one that connects to it."""

    uid: int
    gid: int
    client: str  # the system's name of the account that Forewarn itself runs under
    switched: bool  # whether the server runs under another account than ours

    def may_reach(self, folder: Path) -> bool:
        """Whether the account can pass through that folder and all above it (those that are there)."""
        for parent in (folder, *folder.parents):
            try:
                status = parent.stat()
            except FileNotFoundError:
                continue
            except OSError:
                return False
            needed = stat.S_IXUSR if status.st_uid == self.uid else stat.S_IXOTH
            if not status.st_mode & needed:
                return False
        return True


def server_account() -> Account:
    """Our own account, or an unprivileged one when we are root. Raises `EmbeddedServerError` when it has no name."""
    uid = os.geteuid()
    try:
        client = pwd.getpwuid(uid).pw_name
        if uid != 0:
            return Account(uid, os.getegid(), client, switched=False)
        entry = pwd.getpwnam(UNPRIVILEGED)
    except KeyError as error:
        raise EmbeddedServerError(
            f"the embedded Postgres needs an account with a name, and the system knows none for {error}: "
            "add one to /etc/passwd, or set database.url to a Postgres that runs elsewhere"
        ) from error
    return Account(entry.pw_uid, entry.pw_gid, client, switched=True)
