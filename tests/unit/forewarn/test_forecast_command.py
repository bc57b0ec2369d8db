"""`forewarn forecast FILE --horizon H --out OUT`: files in, files out, and plain words when something is wrong."""

from __future__ import annotations

import shlex
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import typer
from typer.testing import CliRunner, Result

from forewarn.cli.forecast import forecast

app = typer.Typer()
app.command()(forecast)


def run(*words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


def table(path: Path, times: list[str], *, names: tuple[str, ...] = ("a", "b")) -> Path:
    random = np.random.default_rng(1)
    wave = 50 + 20 * np.sin(2 * np.pi * np.arange(len(times)) / 24)
    rows = [(name, time, wave[i] + random.normal()) for name in names for i, time in enumerate(times)]
    pl.DataFrame(rows, schema=["unique_id", "ds", "y"], orient="row").write_csv(path)
    return path


def hours(count: int) -> list[str]:
    return [f"2026-01-{1 + hour // 24:02d}T{hour % 24:02d}:00:00Z" for hour in range(count)]


def test_every_series_gets_a_row_for_every_step_in_the_files_own_form(tmp_path: Path) -> None:
    file, out = table(tmp_path / "in.csv", hours(240)), tmp_path / "out.csv"

    result = run(file, "--horizon", 48, "--out", out)

    assert result.exit_code == 0, result.output
    rows = pl.read_csv(out)
    assert rows.columns == ["unique_id", "ds", "q0.1", "q0.5", "q0.9", "mean"]
    assert rows["unique_id"].to_list() == ["a"] * 48 + ["b"] * 48
    assert rows["ds"][0] == "2026-01-11T00:00:00Z"
    assert rows["ds"][47] == "2026-01-12T23:00:00Z"
    assert (rows["q0.1"] <= rows["q0.5"]).all()
    assert (rows["q0.5"] <= rows["q0.9"]).all()


def test_counted_steps_stay_numbers_and_series_may_end_anywhere(tmp_path: Path) -> None:
    lines = ["unique_id,ds,y", *(f"long,{k},{k % 24}" for k in range(1, 201)), *(f"short,{k},5" for k in range(1, 51))]
    file, out = tmp_path / "in.csv", tmp_path / "out.csv"
    file.write_text("\n".join(lines))

    assert run(file, "--horizon", 3, "--out", out).exit_code == 0

    rows = pl.read_csv(out)
    assert rows["ds"].to_list() == [201, 202, 203, 51, 52, 53]
    assert rows["mean"].to_list()[3:] == [5.0, 5.0, 5.0]


def test_series_of_other_steps_come_out_in_the_order_of_the_file(tmp_path: Path) -> None:
    lines = [
        "unique_id,ds,y",
        *(f"daily,{86400 * k},1" for k in range(30)),
        *(f"hourly,{3600 * k},2" for k in range(30)),
    ]
    file, out = tmp_path / "in.csv", tmp_path / "out.csv"
    file.write_text("\n".join(lines))

    assert run(file, "--horizon", 1, "--out", out).exit_code == 0

    assert pl.read_csv(out)["unique_id"].to_list() == ["daily", "hourly"]


def test_a_series_that_cannot_be_forecast_has_empty_numbers_and_the_reason_is_told(tmp_path: Path) -> None:
    lines = ["unique_id,ds,y", *(f"good,{k},{k % 5}" for k in range(60)), "young,58,1", "young,59,2"]
    file, out = tmp_path / "in.csv", tmp_path / "out.csv"
    file.write_text("\n".join(lines))

    result = run(file, "--horizon", 2, "--out", out)

    assert result.exit_code == 0
    assert "1: fewer than" in result.stderr
    rows = pl.read_csv(out).filter(pl.col("unique_id") == "young")
    assert rows.height == 2
    assert rows["mean"].null_count() == 2


def test_a_series_that_cannot_be_used_has_empty_numbers_and_stops_no_other(tmp_path: Path) -> None:
    lines = ["unique_id,ds,y", *(f"good,{k},{k % 5}" for k in range(60)), "bad,58,1", "bad,59,2", "bad,59,3"]
    file, out = tmp_path / "in.csv", tmp_path / "out.csv"
    file.write_text("\n".join(lines))

    result = run(file, "--horizon", 2, "--out", out)

    assert result.exit_code == 0
    assert "1 cannot be forecast" in result.stderr
    assert "1 series is refused, such as 'bad': lines 63 and 64" in result.stderr
    rows = pl.read_csv(out)
    assert rows["unique_id"].to_list() == ["good", "good", "bad", "bad"]
    assert rows["ds"].to_list() == [60, 61, 60, 61]
    assert rows["mean"].is_null().to_list() == [False, False, True, True]


def test_the_horizon_begins_after_the_last_value(tmp_path: Path) -> None:
    file, out = tmp_path / "in.csv", tmp_path / "out.csv"
    file.write_text("unique_id,ds,y\n" + "".join(f"a,{k},{k % 5 if k < 60 else ''}\n" for k in range(65)))

    assert run(file, "--horizon", 2, "--out", out).exit_code == 0

    assert pl.read_csv(out)["ds"].to_list() == [60, 61]


def test_quantiles_bounds_and_a_time_zone_may_be_given(tmp_path: Path) -> None:
    file, out = table(tmp_path / "in.csv", hours(240)), tmp_path / "out.csv"

    result = run(
        file, "--horizon", 24, "--out", out, "--quantiles", "0.05,0.95", "--upper", 60, "--timezone", "Asia/Taipei"
    )

    assert result.exit_code == 0, result.output
    rows = pl.read_csv(out)
    assert rows.columns == ["unique_id", "ds", "q0.05", "q0.95", "mean"]
    assert (rows["q0.95"] <= 60.0).all()


def test_special_days_come_from_a_country_a_calendar_or_the_months(tmp_path: Path) -> None:
    file, out = table(tmp_path / "in.csv", hours(240)), tmp_path / "out.csv"
    calendar = tmp_path / "days.ics"
    calendar.write_text("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//t//t//EN\r\nEND:VCALENDAR\r\n")

    result = run(file, "--horizon", 24, "--out", out, "--holidays", "TW", "--calendar", calendar, "--month-ends")

    assert result.exit_code == 0, result.output
    assert pl.read_csv(out).height == 48


def test_the_ends_of_months_are_special_only_where_that_is_asked_for(tmp_path: Path) -> None:
    moments = [datetime(2025, 1, 1, tzinfo=UTC) + timedelta(hours=hour) for hour in range(118 * 24)]  # to 28 April
    extra = [40 if (at + timedelta(days=1)).day == 1 else 0 for at in moments]
    rows = [f"a,{at:%Y-%m-%dT%H:%M:%SZ},{50 + at.hour + more}" for at, more in zip(moments, extra, strict=True)]
    file, out = tmp_path / "in.csv", tmp_path / "out.csv"
    file.write_text("\n".join(["unique_id,ds,y", *rows]))

    def noon_of_the_30th(*options: str) -> float:
        assert run(file, "--horizon", 48, "--out", out, *options).exit_code == 0
        return float(pl.read_csv(out).filter(pl.col("ds") == "2025-04-30T12:00:00Z")["q0.5"].item())

    assert noon_of_the_30th() == pytest.approx(62, abs=5)
    assert noon_of_the_30th("--holidays", "TW") == pytest.approx(62, abs=5)
    assert noon_of_the_30th("--month-ends") == pytest.approx(102, abs=5)


@pytest.mark.parametrize(("horizon", "rows_"), [("48", 48), ("48h", 48), ("2d", 48), ("90m", 1), ("10m", 1)])
def test_the_horizon_is_a_number_of_steps_or_a_time(tmp_path: Path, horizon: str, rows_: int) -> None:
    file, out = table(tmp_path / "in.csv", hours(240), names=("a",)), tmp_path / "out.csv"

    assert run(file, "--horizon", horizon, "--out", out).exit_code == 0

    assert pl.read_csv(out).height == rows_


@pytest.mark.parametrize(("horizon", "steps"), [("90m", "1 of 3600 s"), ("10m", "1 of 3600 s"), ("2h", ""), ("3", "")])
def test_a_time_that_is_no_whole_number_of_steps_is_told(tmp_path: Path, horizon: str, steps: str) -> None:
    result = run(table(tmp_path / "in.csv", hours(48)), "--horizon", horizon, "--out", tmp_path / "out.csv")

    said = f"--horizon {horizon} is no whole number of steps for 2 series, such as 'a': {steps} are told"
    assert (said in result.stderr) == bool(steps)
    assert ("no whole number" in result.stderr) == bool(steps)


@pytest.mark.parametrize(
    ("bounds", "told"),
    [
        (["--upper", "60"], "2 series have values outside --lower or --upper, such as 'a'"),
        (["--lower", "0", "--upper", "100"], ""),
        ([], ""),
    ],
)
def test_values_outside_the_bounds_are_told(tmp_path: Path, bounds: list[str], told: str) -> None:
    result = run(table(tmp_path / "in.csv", hours(240)), "--horizon", 4, "--out", tmp_path / "out.csv", *bounds)

    assert result.exit_code == 0
    assert told in result.stderr
    assert ("outside" in result.stderr) == bool(told)


def test_values_too_large_to_calculate_with_are_told_and_stop_no_other(tmp_path: Path) -> None:
    file = tmp_path / "in.csv"
    both = "".join(f"big,{k},{k % 7}e307\nfine,{k},{k % 7}\n" for k in range(1, 80))
    file.write_text("unique_id,ds,y\n" + both)

    result = run(file, "--horizon", 4, "--out", tmp_path / "out.csv")

    assert result.exit_code == 0, result.output
    assert "1 cannot be forecast" in result.stderr
    assert "beyond 1e+307" in result.stderr
    assert pl.read_csv(tmp_path / "out.csv").group_by("unique_id").agg(pl.col("q0.5").count()).sort(
        "unique_id"
    ).rows() == [
        ("big", 0),
        ("fine", 4),
    ]


@pytest.mark.parametrize("value", ["1e308", "1e-308", "-1e308"])
def test_numbers_at_the_edge_warn_of_nothing(tmp_path: Path, value: str) -> None:
    file = tmp_path / "in.csv"
    file.write_text("unique_id,ds,y\n" + "".join(f"a,{k},{value if k % 5 else 0}\n" for k in range(80)))

    result = run(file, "--horizon", 4, "--out", tmp_path / "out.csv")

    assert result.exit_code == 0, result.output
    assert "Warning" not in result.output


def test_a_time_ahead_is_as_many_steps_as_each_series_needs(tmp_path: Path) -> None:
    lines = [
        "unique_id,ds,y",
        *(f"hourly,{1_700_000_000 + 3600 * k},{k % 24}" for k in range(200)),
        *(f"daily,{1_700_000_000 + 86400 * k},{k % 7}" for k in range(60)),
    ]
    file, out = tmp_path / "in.csv", tmp_path / "out.csv"
    file.write_text("\n".join(lines))

    assert run(file, "--horizon", "7d", "--out", out).exit_code == 0

    assert pl.read_csv(out)["unique_id"].to_list() == ["hourly"] * 168 + ["daily"] * 7


def test_a_series_of_one_row_has_one_step_ahead_whatever_the_time(tmp_path: Path) -> None:
    file, out = tmp_path / "in.csv", tmp_path / "out.csv"
    file.write_text("unique_id,ds,y\na,2026-01-01T00:00:00Z,5\n")

    assert run(file, "--horizon", "60d", "--out", out).exit_code == 0

    assert pl.read_csv(out).height == 1


def test_more_steps_than_anybody_can_read_are_refused(tmp_path: Path) -> None:
    result = run(table(tmp_path / "in.csv", hours(48)), "--horizon", 10_000_000, "--out", tmp_path / "out.csv")

    assert result.exit_code == 1
    assert "at most 100,000" in result.output


def test_a_time_ahead_of_counted_steps_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "in.csv"
    file.write_text("unique_id,ds,y\n" + "".join(f"a,{k},{k}\n" for k in range(1, 60)))

    result = run(file, "--horizon", "2d", "--out", tmp_path / "out.csv")

    assert result.exit_code == 1
    assert "write --horizon as a number of steps" in result.output


@pytest.mark.parametrize("horizon", ["0", "-3", "soon", "0d", "4.5", "1M", "9" * 400 + "d", "9" * 5000])
def test_what_is_no_horizon_is_refused(tmp_path: Path, horizon: str) -> None:
    result = run(table(tmp_path / "in.csv", hours(48)), f"--horizon={horizon}", "--out", tmp_path / "out.csv")

    assert result.exit_code == 2
    assert "--horizon" in result.output


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--quantiles", "many"], "--quantiles"),
        (["--quantiles", "0.9,0.1"], "rise"),
        (["--timezone", "Mars/Olympus"], "time zone"),
        (["--lower", "9", "--upper", "1"], "bound"),
        (["--lower", "5", "--upper", "5"], "bound"),
        (["--lower", "nan"], "no bound"),
        (["--upper", "nan"], "no bound"),
        (["--upper", "inf"], "no bound"),
        (["--holidays", "ZZ"], "holidays"),
        (["--calendar", "nowhere.ics"], "nowhere.ics can't be read: No such file or directory; check the path"),
    ],
)
def test_wrong_words_are_refused_plainly(tmp_path: Path, words: list[str], told: str) -> None:
    file = table(tmp_path / "in.csv", hours(48))

    result = run(file, "--horizon", 4, "--out", tmp_path / "out.csv", *words)

    assert result.exit_code != 0
    assert told in result.output
    assert not (tmp_path / "out.csv").exists()


def test_a_broken_file_is_told_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "in.csv"
    file.write_text("unique_id,ds,y\na,1,1\na,2,many\n")

    result = run(file, "--horizon", 4, "--out", tmp_path / "out.csv")

    assert result.exit_code == 1
    assert "line 3" in result.output
    assert "Traceback" not in result.output


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    file = table(tmp_path / "in.csv", hours(48))

    result = run(file, "--horizon", 4, "--out", tmp_path / "nowhere" / "out.csv")

    assert result.exit_code == 1
    assert "can't be written" in result.output


def test_what_is_read_is_not_written_over(tmp_path: Path) -> None:
    file = table(tmp_path / "in.csv", hours(48))

    result = run(file, "--horizon", 4, "--out", file)

    assert result.exit_code == 1
    assert "which is read: write to another one" in result.output


def test_every_quantile_that_is_asked_for_has_its_column(tmp_path: Path) -> None:
    out = tmp_path / "out.csv"

    run(table(tmp_path / "in.csv", hours(48)), "--horizon", 2, "--out", out, "--quantiles", "0.9999991,0.9999992")

    assert pl.read_csv(out).columns == ["unique_id", "ds", "q0.9999991", "q0.9999992", "mean"]


@pytest.mark.parametrize(("closed", "code"), [("2>&-", 0), (">&-", 1)])
def test_a_stream_that_is_closed_costs_no_more_than_what_it_would_have_shown(
    tmp_path: Path, closed: str, code: int
) -> None:
    file, out = table(tmp_path / "in.csv", hours(48)), tmp_path / "out.csv"
    words = [sys.executable, "-m", "forewarn", "forecast", file, "--horizon", 2, "--out", "-" if code else out]

    done = subprocess.run(
        f"{shlex.join(map(str, words))} {closed}", shell=True, capture_output=True, text=True, check=False
    )

    assert done.returncode == code
    assert out.exists() == (code == 0)
    assert done.stderr == ("forewarn: standard output can't be written: it is closed; check where it leads to\n" * code)


def test_a_minus_writes_to_standard_output(tmp_path: Path) -> None:
    result = run(table(tmp_path / "in.csv", hours(48)), "--horizon", 4, "--out", "-")

    assert result.exit_code == 0
    assert result.stdout.splitlines()[0] == "unique_id,ds,q0.1,q0.5,q0.9,mean"
    assert len(result.stdout.splitlines()) == 9
