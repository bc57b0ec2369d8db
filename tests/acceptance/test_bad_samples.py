"""History that is not as it should be: what is wrong with it is told beside the result, and nothing else suffers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from domain.labels import quote
from tests.acceptance.conftest import Product

pytestmark = pytest.mark.server

AS_OF = datetime(2026, 11, 22, tzinfo=UTC)
HOURS = 20 * 24
NASTY = 'rack "7"\n<script>alert(1)</script> \\ 台北機房，二樓 | `x`'
PACK = {
    "name": "tanks",
    "title": {"en": "Tanks", "zh-TW": "儲槽"},
    "requires": "a gauge",
    "watches": {
        name: {
            "title": {"en": f"Level of the {name}", "zh-TW": "液位"},
            "query": f"{name}_level{{}}",
            "limit": {"query": f"{name}_size{{}}"},
            "unit": "count",
            "entity": ["site"],
            "step": "1h",
            "advice": {"en": "Empty it.", "zh-TW": "請清空。"},
        }
        for name in ("tank", "ghost")
    },
}
LIMITS = {"grows": "100", "rests": "100", "zero": "0", "not-a-number": "NaN", "spikes": "100", NASTY: "100"}


def level(site: str, hour: int) -> str:
    """What a site's gauge says so many hours before the end."""
    if site in ("grows", NASTY):
        return str(80 - hour * 0.1)  # full in a bit more than eight days
    if site == "spikes" and hour % 50 == 7:
        return ("NaN", "+Inf", "-Inf")[hour // 50 % 3]
    return str(40 + hour % 24 / 10)


def history() -> Iterator[str]:
    """OpenMetrics text of seven tanks; one of them has no size at all."""
    yield "# TYPE tank_level gauge"
    for site in (*LIMITS, "no-size"):
        for hour in range(HOURS, -1, -1):
            moment = (AS_OF - timedelta(hours=hour)).timestamp()
            yield f"tank_level{{site={quote(site)}}} {level(site, hour)} {moment:.0f}"
    yield "# TYPE tank_size gauge"
    for site, size in LIMITS.items():
        for hour in range(HOURS, -1, -1):
            yield f"tank_size{{site={quote(site)}}} {size} {(AS_OF - timedelta(hours=hour)).timestamp():.0f}"
    yield "# EOF\n"


@pytest.fixture
def night(product: Product, database_url: str) -> Any:
    """What a run over all that says, as a program reads it."""
    (product.folder / "tanks.om").write_text("\n".join(history()), encoding="utf-8")
    (product.folder / "tanks.yaml").write_text(json.dumps(PACK), encoding="utf-8")
    product.configure(
        sources={"files": {"kind": "files", "path": str(product.folder / "tanks.om")}},
        database={"url": database_url},
        jobs={"nightly-capacity": {"packs": ["tanks.yaml"]}},
        reports={"folder": str(product.folder / "reports")},
    )
    return product.json("run", "nightly-capacity", "--as-of", AS_OF.isoformat())


def report(night: Any, ending: str) -> str:
    return next(Path(path) for path in night["reports"] if path.endswith(ending)).read_text(encoding="utf-8")


def test_what_cannot_be_judged_is_counted_and_named_with_its_reason(night: Any) -> None:
    assert night["run"]["status"] == "succeeded"
    assert night["entities"] == {"ok": 4, "no_limit": 3}
    english = report(night, ".en.md")
    assert "**3** No limit: it is missing, zero, infinite or not a number." in english
    assert all(f"  - Level of the tank: {site}\n" in english for site in ("no-size", "not-a-number", "zero"))


def test_a_query_that_matches_nothing_is_told(product: Product, night: Any) -> None:
    again = product.run("run", "nightly-capacity", "--as-of", AS_OF.isoformat())

    assert "1 watch matches nothing: tanks/ghost" in again.stdout
    assert "| Level of the ghost `tanks/ghost` | nothing found |" in report(night, ".en.md")


def test_samples_that_are_no_numbers_are_left_out_and_the_rest_is_judged(night: Any) -> None:
    assert {one["entity"]["site"] for one in night["findings"]} == {"grows", NASTY}


def test_a_label_with_quotes_newlines_markup_and_chinese_comes_through_whole_and_harms_nothing(
    product: Product, night: Any
) -> None:
    stored = {one["entity"]["site"] for one in product.json("findings")}
    table = product.run("findings").stdout

    assert NASTY in stored
    assert "台北機房" in table
    for page in (report(night, ".en.html"), report(night, ".zh-TW.html")):
        assert "台北機房，二樓" in page
        assert "<script>alert" not in page
