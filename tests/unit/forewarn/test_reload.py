"""A configuration is read again: one that can be used is returned, of any other every fault is logged."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from forewarn.reload import reread
from tests.fixtures.packs import TANKS


def write(folder: Path, text: str) -> Path:
    file = folder / "forewarn.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def test_what_can_be_used_is_read_whole(tmp_path: Path) -> None:
    (tmp_path / "ours.yaml").write_text(json.dumps(TANKS), encoding="utf-8")
    file = write(tmp_path, "jobs:\n  nightly: {packs: [ours.yaml]}\napi: {port: 8081}\n")

    read = reread(file)

    assert read is not None
    assert read.settings.api.port == 8081
    assert [(job.name, [watch.key for watch in job.watches]) for job in read.jobs] == [("nightly", ["tanks/tank"])]


def test_every_fault_is_logged_with_its_line_and_advice(tmp_path: Path) -> None:
    file = write(tmp_path, "api: {prot: 8081}\ntimezone: Asia/Taipeh\n")

    with capture_logs() as logged:
        assert reread(file) is None

    assert [(line["event"], line["log_level"]) for line in logged] == [("configuration_refused", "error")] * 2
    assert [(line["file"], line["line"], line["key"]) for line in logged] == [
        (str(file), 1, "api.prot"),
        (str(file), 2, "timezone"),
    ]
    assert logged[0]["advice"] == "did you mean port?"


@pytest.mark.parametrize("pack", [None, "name: tanks\n"])
def test_a_pack_that_is_gone_or_broken_is_a_fault(pack: str | None, tmp_path: Path) -> None:
    if pack is not None:
        (tmp_path / "ours.yaml").write_text(pack, encoding="utf-8")
    file = write(tmp_path, "jobs:\n  nightly: {packs: [ours.yaml]}\n")

    with capture_logs() as logged:
        assert reread(file) is None

    assert {line["event"] for line in logged} == {"configuration_refused"}


def test_a_file_that_was_read_and_is_gone_is_a_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without it the defaults would be taken: another database, another Prometheus."""
    monkeypatch.chdir(tmp_path)

    with capture_logs() as logged:
        assert reread(Path("forewarn.yaml")) is None

    assert [(line["file"], line["what"]) for line in logged] == [("forewarn.yaml", "there is no such file")]


def test_a_database_url_that_is_none_any_more_is_a_fault(tmp_path: Path) -> None:
    (tmp_path / "url").write_text("postgresql//hunter2\n", encoding="utf-8")
    file = write(tmp_path, f"database: {{url_file: {tmp_path / 'url'}}}\n")

    with capture_logs() as logged:
        assert reread(file) is None

    assert [(line["line"], line["key"]) for line in logged] == [(1, "database.url_file")]
    assert "hunter2" not in str(logged)
