"""Where answers go: a file whole or not at all, through what is no file, never over what is read."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import IO

import pytest

from forewarn.cli.outfile import require_apart, write_whole


def hello(stream: IO[bytes]) -> None:
    stream.write(b"hello\n")


def fail(stream: IO[bytes]) -> None:
    stream.write(b"half")
    raise OSError(28, "No space left on device")


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_is_replaced_and_keeps_its_permissions(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.write_text("old")
    out.chmod(0o640)

    write_whole(out, hello)

    assert out.read_text() == "hello\n"
    assert out.stat().st_mode & 0o777 == 0o640
    assert names(tmp_path) == ["out"]


def test_what_fails_leaves_the_file_as_it_was_and_nothing_beside_it(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.write_text("old")

    with pytest.raises(ValueError, match=r"out can't be written: No space left on device; check"):
        write_whole(out, fail)

    assert out.read_text() == "old"
    assert names(tmp_path) == ["out"]


def test_a_link_stays_and_its_target_is_written(tmp_path: Path) -> None:
    (tmp_path / "to").mkdir()
    link = tmp_path / "link"
    link.symlink_to("to/target")

    write_whole(link, hello)  # also where the target is not there yet
    write_whole(link, hello)

    assert link.is_symlink()
    assert (tmp_path / "to" / "target").read_text() == "hello\n"


def test_a_pipe_is_written_through(tmp_path: Path) -> None:
    pipe, got = tmp_path / "pipe", list[bytes]()
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: got.append(pipe.read_bytes()))
    reader.start()

    write_whole(pipe, hello)
    reader.join()

    assert got == [b"hello\n"]
    assert pipe.is_fifo()


def test_a_device_is_written_through() -> None:
    leader, follower = os.openpty()  # a device of its own: a fault here must not replace one that others use
    try:
        device = Path(os.ttyname(follower))

        write_whole(device, hello)

        assert os.read(leader, 100) == b"hello\r\n"
        assert device.is_char_device()
    finally:
        os.close(leader)
        os.close(follower)


def test_what_is_open_already_is_written_on(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("before\n")

    with log.open("ab") as stream:
        write_whole(Path(f"/dev/fd/{stream.fileno()}"), hello)

    assert log.read_text() == "before\nhello\n"
    assert names(tmp_path) == ["log"]


def test_a_minus_is_standard_output(capfdbinary: pytest.CaptureFixture[bytes], tmp_path: Path) -> None:
    write_whole(Path("-"), hello)

    assert capfdbinary.readouterr().out == b"hello\n"
    assert not Path("-").exists()


@pytest.mark.parametrize("place", ["nowhere/out", "."])
def test_a_place_that_cannot_be_written_is_told_with_what_to_do(tmp_path: Path, place: str) -> None:
    with pytest.raises(ValueError, match=r"can't be written: .*; check that its folder"):
        write_whole(tmp_path / place, hello)

    assert names(tmp_path) == []


@pytest.mark.parametrize("by", ["name", "link", "hard link"])
def test_what_is_read_is_not_written_over(tmp_path: Path, by: str) -> None:
    read, out = tmp_path / "in.csv", tmp_path / "out.csv"
    read.write_text("x")
    if by == "link":
        out.symlink_to(read)
    if by == "hard link":
        out.hardlink_to(read)

    with pytest.raises(ValueError, match=r"is the same file as .*in\.csv, which is read"):
        require_apart(read if by == "name" else out, Path("-"), read)


def test_other_files_devices_and_standard_output_may_be_written(tmp_path: Path) -> None:
    read = tmp_path / "in.csv"
    read.write_text("x")

    require_apart(tmp_path / "out.csv", read)
    require_apart(Path("-"), Path("-"), read)
    require_apart(Path("/dev/null"), Path("/dev/null"))
