"""Where a command on files writes its answers: a file whole or not at all, and never one of those that it reads."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Callable
from pathlib import Path
from typing import IO

STANDARD = Path("-")  # standard output; among what is read, standard input

Writer = Callable[[IO[bytes]], object]


def require_apart(out: Path, *read: Path) -> None:
    """Refuse to write over what is read, under whatever name. Raises `ValueError`."""
    for path in read:
        if STANDARD not in (out, path) and _is_file(out) and _is_file(path) and out.samefile(path):
            raise ValueError(f"--out {out} is the same file as {path}, which is read: write to another one")


def write_whole(out: Path, writer: Writer) -> None:
    """Let `writer` write to `out`; a file is replaced when all is written, and stays as it was when that fails.

    `-` is standard output. What is no file (a device, a pipe) is written to as it is; a link stays one, and its target
    is replaced. Raises `ValueError` when it can't be written, with what to do.
    """
    if out == STANDARD and sys.stdout is None:
        raise ValueError("standard output can't be written: it is closed; check where it leads to")
    try:
        if out == STANDARD:
            writer(sys.stdout.buffer)
            sys.stdout.buffer.flush()
        elif is_stream(out):
            with out.open("ab") as stream:
                writer(stream)
        else:
            _replace(out.resolve(), writer)
    except OSError as error:
        name, remedy = str(out), "check that its folder is there, may be written to and has room"
        if out == STANDARD:
            name, remedy = "standard output", "check where it leads to"
        raise ValueError(f"{name} can't be written: {error.strerror or error}; {remedy}") from error


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:
        return False


def is_stream(out: Path) -> bool:
    """Whether it is something to write through: no file, or what is open already (`>> file` behind /dev/stdout)."""
    if not out.exists():
        return False
    opened = out.parent.resolve().match("/proc/*/fd") or str(out.absolute()) in ("/dev/stdout", "/dev/stderr")
    return opened or not stat.S_ISREG(out.stat().st_mode)


def _replace(target: Path, writer: Writer) -> None:
    """Write beside the target, with its permissions, and put that in its place."""
    partial = target.with_name(f"{target.name}.{os.getpid()}.partial")
    try:
        with partial.open("wb") as stream:
            if target.exists():
                partial.chmod(stat.S_IMODE(target.stat().st_mode))
            writer(stream)
        partial.replace(target)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
