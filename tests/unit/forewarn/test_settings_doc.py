"""The page on configuration says what the settings say."""

from __future__ import annotations

from pathlib import Path

import pytest

from forewarn.settings import load_settings
from forewarn.settings_doc import document, main
from jobs.packs import load_packs

PAGE = Path(__file__).parents[3] / "docs" / "configuration.md"


def test_the_page_is_current() -> None:
    """Write it anew with: python -m forewarn.settings_doc docs/configuration.md"""
    assert PAGE.read_text(encoding="utf-8") == document()


def test_every_watch_is_on_the_page() -> None:
    page = document()

    assert [watch.key for pack in load_packs() for watch in pack.watches if f"`{watch.key}`" not in page] == []


@pytest.mark.parametrize("section", ["jobs", "api", "control_plane", "workers", "reports", "log"])
def test_every_setting_says_what_it_is(section: str) -> None:
    rows = [line for line in document().splitlines() if line.startswith(f"| `{section}.")]

    assert rows
    assert [row for row in rows if row.endswith("|  |")] == []


def test_the_examples_of_the_page_are_valid(tmp_path: Path) -> None:
    first, watches, pack = (block.partition("```")[0] for block in document().split("```yaml\n")[1:])
    (tmp_path / "ours.yaml").write_text(pack, encoding="utf-8")

    (tmp_path / "forewarn.yaml").write_text(watches, encoding="utf-8")
    job = load_settings(tmp_path / "forewarn.yaml").build_job("nightly-capacity")

    assert "licences/seats" in {watch.key for watch in job.watches}
    (tmp_path / "forewarn.yaml").write_text(first, encoding="utf-8")
    assert load_settings(tmp_path / "forewarn.yaml").timezone == "Asia/Taipei"


def test_the_page_can_be_written_to_a_file(tmp_path: Path) -> None:
    main([str(tmp_path / "page.md")])

    assert (tmp_path / "page.md").read_text(encoding="utf-8") == document()
