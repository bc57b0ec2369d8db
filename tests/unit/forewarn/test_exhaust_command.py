"""`forewarn exhaust` on files: every series answered in one line, and faults told in plain words."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import numpy as np
import pytest
import typer
from numpy.typing import NDArray
from typer.testing import CliRunner, Result

from domain.series import SeriesStatus
from forewarn.cli.durations import seconds
from forewarn.cli.exhaust import _answer, exhaust
from tests.fixtures.exhaustion import noise

Files = tuple[Path, Path, Path]  # series, limits, answers
Line = dict[str, Any]
Values = NDArray[np.float64]
END = 1_764_000_000
runner = CliRunner()
app = typer.Typer()
app.command()(exhaust)


def rows(name: str, values: Values, step: int, end: int = END, as_text: bool = False) -> Iterator[str]:
    times = end - step * np.arange(values.size)[::-1]
    for time, value in zip(times, values, strict=True):
        if not np.isnan(value):
            ds = datetime.fromtimestamp(int(time)).astimezone().isoformat() if as_text else int(time)
            yield f"{name},{ds},{value:.6g}\n"


@pytest.fixture
def files(tmp_path: Path) -> Files:
    """Series of several steps, lengths and kinds, and their limits."""
    hours = np.arange(-30 * 24, 1) / 24
    quarters = np.arange(-20 * 96, 1) / 96
    grows = 85 + hours + noise(1, hours.size, 0.2)
    lines = [
        *rows("grows", grows, 3600),
        *rows("flat", 50 + noise(2, hours.size, 0.2), 3600),
        *rows("free", 15 - quarters * 1.0 + noise(3, quarters.size, 0.1), 900, END - 86400),
        *rows("counter", np.linspace(5, 45, hours.size), 3600),
        *rows("young", np.linspace(1, 2, 20), 3600),
        *rows("nameless", grows, 3600),
    ]
    series, limits = tmp_path / "series.csv", tmp_path / "limits.csv"
    series.write_text("unique_id,ds,y\n" + "".join(lines))
    limits.write_text(
        "unique_id,limit,direction,kind\n"
        "grows,100,up,gauge\nflat,100,up,gauge\nfree,0,down,gauge\ncounter,50,up,counter\nyoung,9,,\nstranger,1,,\n"
    )
    return series, limits, tmp_path / "out.jsonl"


def answered(files: Files, *more: str) -> tuple[dict[str, Line], list[Line], Result]:
    series, limits, out = files
    result = runner.invoke(app, [str(series), "--limits", str(limits), "--out", str(out), *more])
    assert result.exit_code == 0, result.output
    lines = [msgspec.json.decode(line) for line in out.read_bytes().splitlines()]
    return {line["unique_id"]: line for line in lines}, lines, result


def days_after(text: str, end: int = END) -> float:
    return (datetime.fromisoformat(text).timestamp() - end) / 86400


def test_every_series_has_one_line_in_the_order_of_the_file(files: Files) -> None:
    found, lines, _ = answered(files)

    assert [line["unique_id"] for line in lines] == ["grows", "flat", "free", "counter", "young", "nameless"]
    assert list(found["grows"]) == ["unique_id", "status", "exhausts_at", "p10", "p90", "p_within"]
    assert list(found["grows"]["p_within"]) == ["7d", "14d", "30d"]


def test_dates_count_from_the_last_sample_of_each_series(files: Files) -> None:
    found, _, _ = answered(files)

    assert days_after(found["grows"]["exhausts_at"]) == pytest.approx(15, abs=1)
    assert found["grows"]["p10"] < found["grows"]["exhausts_at"] < found["grows"]["p90"]
    assert found["grows"]["exhausts_at"].endswith("Z")


def test_a_free_amount_and_a_counter_are_taken_as_such(files: Files) -> None:
    found, _, _ = answered(files)

    assert found["free"]["exhausts_at"] is not None
    assert days_after(found["free"]["exhausts_at"], END - 86400) == pytest.approx(15, abs=2)
    assert days_after(found["counter"]["exhausts_at"]) == pytest.approx(7.5, abs=1.5)  # an increase of 50 from 5 on


def test_what_does_not_fill_is_null_and_what_cannot_be_told_says_why(files: Files) -> None:
    found, _, result = answered(files)

    assert found["flat"]["exhausts_at"] is None
    assert found["flat"]["p_within"]["30d"] < 0.05
    assert found["young"]["status"] == "too_short"
    assert found["young"]["p_within"] == {"7d": None, "14d": None, "30d": None}
    assert "days" in found["young"]["reason"]
    assert found["nameless"]["status"] == "no_limit"
    assert "1 limit names no series" in result.output


def test_names_are_taken_as_they_are_written(tmp_path: Path) -> None:
    hours = np.arange(-30 * 24, 1) / 24
    names = ["web,1", 'says ""so""', "磁碟 /資料", " with spaces ", "two\nlines"]
    series, limits, out = tmp_path / "s.csv", tmp_path / "l.csv", tmp_path / "o.jsonl"
    series.write_text("unique_id,ds,y\n" + "".join("".join(rows(f'"{n}"', 85 + hours, 3600)) for n in names))
    limits.write_text("unique_id,limit\n" + "".join(f'"{n}",100\n' for n in names))

    found, _, result = answered((series, limits, out))

    assert list(found) == [name.replace('""', '"') for name in names]
    assert {line["status"] for line in found.values()} == {"ok"}
    assert "no series" not in result.output


def test_a_time_zone_changes_no_series_that_only_grows(files: Files) -> None:
    found, _, _ = answered(files)
    in_berlin, _, _ = answered(files, "--timezone", "Europe/Berlin")

    for name in ("grows", "free", "counter"):
        assert in_berlin[name]["exhausts_at"] == found[name]["exhausts_at"]


def test_a_time_zone_that_is_not_known_is_told(files: Files) -> None:
    series, limits, out = files

    result = runner.invoke(app, [str(series), "--limits", str(limits), "--out", str(out), "--timezone", "Mars/Olympus"])

    assert result.exit_code == 1
    assert "no time zone" in str(result.exception or result.output)


def test_a_date_beyond_the_horizon_is_null(files: Files) -> None:
    found, _, _ = answered(files, "--horizon", "7d")

    assert found["grows"]["exhausts_at"] is None


def test_a_probability_is_never_below_zero_not_even_by_its_sign() -> None:
    never = np.array([np.nan])
    result: Any = SimpleNamespace(
        status=(SeriesStatus.CONSTANT,),
        reason=("",),
        p10=never,
        p50=never,
        p90=never,
        within=np.array([[-0.0, -1e-17, 0.5]]),
    )

    assert msgspec.json.encode(_answer("still", result, 0, END)["p_within"]) == b'{"7d":0.0,"14d":0.0,"30d":0.5}'


def test_more_than_ten_years_ahead_are_refused(files: Files) -> None:
    series, limits, out = files

    result = runner.invoke(app, [str(series), "--limits", str(limits), "--out", str(out), "--horizon", "4000d"])

    assert result.exit_code == 1
    assert "--horizon is 4,000 days: at most 3,653 (ten years) can be told" in result.output


def test_times_in_rfc3339_say_the_same_as_seconds(files: Files, tmp_path: Path) -> None:
    series, limits, out = files
    hours = np.arange(-30 * 24, 1) / 24
    written = tmp_path / "text.csv"
    written.write_text(
        "unique_id,ds,y\n" + "".join(rows("grows", 85 + hours + noise(1, hours.size, 0.2), 3600, as_text=True))
    )

    in_words, _, _ = answered((written, limits, out))
    in_seconds, _, _ = answered((series, limits, out))

    assert in_words["grows"] == in_seconds["grows"]


def test_empty_rows_at_the_end_answer_the_same_as_leaving_them_out(files: Files) -> None:
    series, _, _ = files
    before, _, _ = answered(files)
    with series.open("a") as more:
        more.write("".join(f"{name},{END + 3600 * k},\n" for name in before for k in range(1, 60)))

    after, _, _ = answered(files)

    assert after == before


def test_a_limit_that_changed_counts_from_its_time_on(files: Files) -> None:
    series, limits, out = files
    limits.write_text(f"unique_id,ds,limit\ngrows,0,100\ngrows,{END - 5 * 86400},120\n")

    found, _, _ = answered((series, limits, out))

    assert days_after(found["grows"]["exhausts_at"]) == pytest.approx(35, abs=3)


def test_a_limit_that_was_removed_or_has_not_begun_is_none(files: Files) -> None:
    series, limits, out = files
    day = 86400
    limits.write_text(
        f"unique_id,ds,limit\ngrows,0,100\ngrows,{END - day},\nflat,{END + day},100\n"
        f"nameless,0,100\nnameless,{END + 1},9\n"
    )

    found, _, result = answered((series, limits, out))

    assert found["grows"]["status"] == found["flat"]["status"] == "no_limit"
    assert found["grows"]["exhausts_at"] is None
    assert found["grows"]["reason"] == "its limit was removed at 2025-11-23T16:00:00Z"
    assert found["flat"]["reason"] == "its limit holds from 2025-11-25T16:00:00Z on only, after its last sample"
    assert days_after(found["nameless"]["exhausts_at"]) == pytest.approx(15, abs=1)
    assert "2 limits begin too late to count, after the last sample, such as that of 'flat'" in result.output


def test_a_series_that_cannot_be_used_fails_alone_and_says_why(files: Files) -> None:
    series, _, _ = files
    with series.open("a") as more:
        more.write(f"grows,{END},1\nchance,{END},1\nchance,{END},2\n")

    found, lines, result = answered(files)

    assert lines[-1]["unique_id"] == "chance"
    assert found["grows"]["status"] == found["chance"]["status"] == "failed"
    assert found["grows"]["exhausts_at"] is None
    assert found["grows"]["p_within"] == {"7d": None, "14d": None, "30d": None}
    assert "twice" in found["grows"]["reason"]
    assert found["free"]["exhausts_at"] is not None
    assert "2 series are refused, such as 'grows': lines " in result.output


def test_a_minus_reads_standard_input_and_only_one_file_may(files: Files) -> None:
    series, limits, out = files
    expected, _, _ = answered(files)

    piped = runner.invoke(app, ["-", "--limits", str(limits), "--out", str(out)], input=series.read_bytes())
    both = runner.invoke(app, ["-", "--limits", "-", "--out", str(out)], input=series.read_bytes())

    assert piped.exit_code == 0
    assert [msgspec.json.decode(line) for line in out.read_bytes().splitlines()] == list(expected.values())
    assert both.exit_code == 1
    assert "both standard input" in both.output


def test_a_minus_writes_to_standard_output(files: Files) -> None:
    series, limits, _ = files

    result = runner.invoke(app, [str(series), "--limits", str(limits), "--out", "-"])

    assert result.exit_code == 0
    assert [msgspec.json.decode(line)["unique_id"] for line in result.stdout.splitlines()][:2] == ["grows", "flat"]


@pytest.mark.parametrize("over", [0, 1], ids=["series", "limits"])
def test_what_is_read_is_not_written_over(files: Files, over: int) -> None:
    series, limits, _ = files
    before = files[over].read_bytes()

    result = runner.invoke(app, [str(series), "--limits", str(limits), "--out", str(files[over])])

    assert result.exit_code == 1
    assert "which is read: write to another one" in result.output
    assert files[over].read_bytes() == before


@pytest.mark.parametrize(
    ("series", "limits", "said"),
    [
        ("unique_id,ds\na,1\n", "unique_id,limit\na,1\n", "no column y"),
        ("unique_id,ds,y\na,1,2\na,2,3\n", "unique_id,limit\na,1\n", "counts steps"),
        ("unique_id,ds,y\na,1700000000,2\n", "unique_id,limit\na,big\n", "column limit holds 'big'"),
        ("unique_id,ds,y\na,1700000000000,2\n", "unique_id,limit\na,1\n", "not milliseconds"),
        ("unique_id,ds,y\na,1700000000,2\n", "unique_id,ds,limit\na,1700000000000,1\n", "not milliseconds"),
        ("", "unique_id,limit\na,1\n", "has no rows"),
        ("unique_id,ds,y\na,1700000000,2\n", "", "has no rows"),
    ],
    ids=["column", "steps", "limit", "milliseconds", "limit-in-milliseconds", "empty", "no-limits"],
)
def test_a_file_that_cannot_be_read_is_told_plainly(tmp_path: Path, series: str, limits: str, said: str) -> None:
    (tmp_path / "s.csv").write_text(series)
    (tmp_path / "l.csv").write_text(limits)
    out = tmp_path / "o.jsonl"

    result = runner.invoke(app, [str(tmp_path / "s.csv"), "--limits", str(tmp_path / "l.csv"), "--out", str(out)])

    assert result.exit_code == 1
    assert said in str(result.exception or result.output)
    assert not out.exists()


@pytest.mark.parametrize(
    ("text", "expected"),
    [("60d", 5_184_000), ("48h", 172_800), ("2w", 1_209_600), ("1.5d", 129_600), ("60D", 5_184_000)],
)
def test_durations_are_read_as_people_write_them(text: str, expected: float) -> None:
    assert seconds(text, "--horizon") == expected


@pytest.mark.parametrize("text", ["", "60", "0d", "-3d", "two days", "1M", "9" * 400 + "d"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(typer.BadParameter, match="write 60d"):
        seconds(text, "--horizon")
