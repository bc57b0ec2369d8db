"""`forewarn forecast`: the future of every series of a file, without configuration, database or network."""

from __future__ import annotations

import math
import re
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from forewarn.cli.durations import seconds

if TYPE_CHECKING:
    import polars as pl

    from analyzers.forecasting import ForecastBatch, ForecastParameters
    from sources.longtable import LongBatch, LongTable
    from sources.timeform import TimeForm

MOST_STEPS = 100_000  # ahead: two months of minutes
HORIZON = (
    "How many steps ahead, in the file's own step; or a time (48h, 7d): as many whole steps as fit into it are told, "
    "at least one."
)

File = Annotated[
    Path, typer.Argument(help="CSV or Parquet with columns unique_id,ds,y; may be gzipped; - is standard input.")
]
Horizon = Annotated[str, typer.Option(help=HORIZON)]
Out = Annotated[Path, typer.Option(help="Where to write CSV: unique_id,ds,q0.1,q0.5,q0.9,mean; - is standard output.")]
Quantiles = Annotated[str, typer.Option(help="Which quantiles, rising.")]
Lower = Annotated[float | None, typer.Option(help="What no value can be below; left out: 0 where none was negative.")]
Upper = Annotated[float | None, typer.Option(help="What no value can be above, such as 100 for percent.")]
Holidays = Annotated[str | None, typer.Option(help="Country whose public holidays are special days: TW, US, DE-BY.")]
Calendar = Annotated[Path | None, typer.Option(help="Calendar file (.ics) whose events are special days.")]
MonthEnds = Annotated[bool, typer.Option("--month-ends", help="The last day of each month is a special day.")]
Zone = Annotated[str | None, typer.Option(help="Time zone in which days are days, such as Asia/Taipei.")]


def forecast(
    file: File,
    horizon: Horizon,
    out: Out,
    quantiles: Quantiles = "0.1,0.5,0.9",
    lower: Lower = None,
    upper: Upper = None,
    timezone: Zone = None,
    holidays: Holidays = None,
    calendar: Calendar = None,
    month_ends: MonthEnds = False,
) -> None:
    """What will the values be? Writes quantiles for every step ahead, and the centre of the methods as `mean`.

    The first step ahead is the one after a series' last row with a value.
    """
    from forewarn.cli.outfile import require_apart, write_whole
    from forewarn.cli.patience import counted, told_in_words
    from forewarn.cli.refusals import tell_refused
    from sources.longtable import read_long_table

    ahead = _ahead(horizon)
    begin, silenced = time.monotonic(), Counter[str]()
    try:
        require_apart(out, file)
        parameters = _parameters(quantiles, lower, upper, timezone)
        with counted("Reading rows", None, begin) as read:
            table = read_long_table(file, progress=read)
        ahead.require_fit(file, table)
        days = _special_days(table, ahead, holidays, calendar, month_ends, parameters.timezone)
        parameters = replace(parameters, special_days=days)
        with counted("Forecasting", len(table.ids), begin) as advance, told_in_words():
            parts = [
                _frame(batch, result, table.form)
                for batch, result in _forecasts(table, ahead, parameters, advance, silenced)
            ]
        rows = _in_order(parts, table.ids)
        write_whole(out, rows.write_csv)
    except ValueError as error:
        sys.exit(f"forewarn: {error}")
    _sum_up(len(table.ids), silenced, len(table.refused), time.monotonic() - begin)
    _tell_cut(table, parameters)
    _tell_rounded(table, ahead, horizon)
    tell_refused(table.refused)


@dataclass(frozen=True, slots=True)
class Ahead:
    """How far ahead is looked: a number of steps, or a time, which is so many steps of each series' own."""

    steps: int = 0
    seconds: float = 0.0

    def of(self, batch: LongBatch) -> int:
        """The steps ahead for a batch; a series of one row has no step, and gets one. Raises `ValueError`."""
        alone = batch.values.shape[1] == 1
        steps = self.steps or (1 if alone else max(1, math.floor(self.seconds / batch.step + 1e-9)))
        if steps > MOST_STEPS:
            raise ValueError(
                f"--horizon is {steps:,} steps of series {batch.ids[0]!r}: at most {MOST_STEPS:,} can be told"
            )
        return steps

    def require_fit(self, file: Path, table: LongTable) -> None:
        """Refuse a time where the file counts steps: nobody knows how long they are."""
        from sources.tablefile import TableError, called

        if self.seconds and not table.form.instants:
            raise TableError(f"{called(file)}: column ds counts steps; write --horizon as a number of steps")

    def is_rounded(self, batch: LongBatch) -> bool:
        """Whether the time is no whole number of a batch's steps."""
        exact = self.seconds / batch.step
        return batch.values.shape[1] > 1 and not math.isclose(exact, round(exact), abs_tol=1e-6)


def _ahead(text: str) -> Ahead:
    if not re.fullmatch(r"\s*\d{1,15}\s*", text):
        return Ahead(seconds=seconds(text, "--horizon", or_else="48 (steps), "))
    if int(text) == 0:
        raise typer.BadParameter("0 steps are no forecast: write 48 (steps), 48h or 7d", param_hint="--horizon")
    return Ahead(steps=int(text))


def _parameters(quantiles: str, lower: float | None, upper: float | None, timezone: str | None) -> ForecastParameters:
    from analyzers.forecasting import ForecastParameters

    try:
        levels = tuple(float(text) for text in quantiles.split(","))
    except ValueError:
        raise typer.BadParameter(f"{quantiles!r} are no numbers: write 0.1,0.5,0.9", param_hint="--quantiles") from None
    for option, bound in (("--lower", lower), ("--upper", upper)):
        if bound is not None and not math.isfinite(bound):
            raise typer.BadParameter(f"{bound} is no bound: write a number, or leave it out", param_hint=option)
    return ForecastParameters(
        horizon=1, step_seconds=1.0, quantiles=levels, lower=lower, upper=upper, timezone=timezone
    )


def _special_days(
    table: LongTable,
    ahead: Ahead,
    holidays: str | None,
    calendar: Path | None,
    month_ends: bool,
    timezone: str | None,
) -> frozenset[date]:
    """The special days that the file and its future touch. Raises `ValueError` and `OSError`."""
    from analyzers import calendars

    if not table.form.instants or not (holidays or calendar or month_ends):
        return frozenset()
    whole = [batch for batch in table.batches if not table.refused.keys() >= set(batch.ids)]
    begin = min((float(batch.ends.min()) - batch.step * batch.values.shape[1] for batch in whole), default=0.0)
    end = max((float(batch.ends.max()) + batch.step * ahead.of(batch) for batch in whole), default=0.0)
    first, last = (datetime.fromtimestamp(moment, UTC).date() for moment in (begin - 86_400, end + 86_400))
    ics = _read(calendar) if calendar else None
    days = calendars.holidays_between(first, last, holidays, ics, timezone or "UTC")
    return days | calendars.month_ends(first, last) if month_ends else days


def _read(path: Path) -> bytes:
    from sources.tablefile import unreadable

    try:
        return path.read_bytes()
    except OSError as error:
        raise unreadable(path, error) from error


def _forecasts(
    table: LongTable,
    ahead: Ahead,
    parameters: ForecastParameters,
    advance: Callable[[int], None],
    silenced: Counter[str],
) -> Iterator[tuple[LongBatch, ForecastBatch]]:
    """Each batch with its forecast; where days matter, series that end together make a batch."""
    from analyzers.forecasting import forecast_batch

    for whole in table.batches:
        step = whole.step if table.form.instants else 1.0
        asked = replace(parameters, horizon=ahead.of(whole), step_seconds=step)
        for batch in _by_end(whole) if parameters.timezone or parameters.special_days else (whole,):
            start = float(batch.ends[0]) - (batch.values.shape[1] - 1) * step if table.form.instants else 0.0
            result = forecast_batch(batch.values, asked, start=start, progress=advance)
            told = zip(batch.ids, result.reason, strict=True)
            silenced.update(reason for name, reason in told if reason and name not in table.refused)
            yield batch, result


def _by_end(batch: LongBatch) -> Iterator[LongBatch]:
    import numpy as np

    for end in np.unique(batch.ends):
        rows = np.flatnonzero(batch.ends == end)
        ids = tuple(batch.ids[row] for row in rows.tolist())
        yield replace(batch, ids=ids, ends=batch.ends[rows], values=batch.values[rows])


def _frame(batch: LongBatch, result: ForecastBatch, form: TimeForm) -> pl.DataFrame:
    """The rows of one batch; where nothing can be said, the numbers are left empty."""
    import numpy as np
    import polars as pl

    horizon = result.mean.shape[1]
    times = batch.ends[:, None] + batch.step * np.arange(1, horizon + 1)
    columns = {f"q{level}": result.values[:, index].ravel() for index, level in enumerate(result.quantiles)}
    names = pl.Series("unique_id", batch.ids, dtype=pl.String)
    return pl.DataFrame(
        {
            "unique_id": names.gather(np.repeat(np.arange(len(batch.ids)), horizon)),
            "ds": form.write(times.ravel()),
            **columns,
            "mean": result.mean.ravel(),
        }
    ).with_columns(pl.col(pl.Float64).fill_nan(None))


def _in_order(parts: list[pl.DataFrame], ids: tuple[str, ...]) -> pl.DataFrame:
    """All rows at once, in the order of the file."""
    import polars as pl

    rows = pl.concat(parts)
    if len(parts) > 1:
        order = pl.DataFrame({"unique_id": list(ids), "place": range(len(ids))})
        rows = rows.join(order, on="unique_id", maintain_order="left").sort("place", maintain_order=True).drop("place")
    return rows


def _sum_up(series: int, silenced: Counter[str], refused: int, spent: float) -> None:
    """One line for people on standard error, and another for each reason why a series has no forecast."""
    silent = sum(silenced.values()) + refused
    typer.echo(f"{series} series in {spent:.1f} s, {silent} cannot be forecast", err=True)
    for reason, count in silenced.most_common():
        typer.echo(f"  {count}: {reason}", err=True)


def _tell_cut(table: LongTable, parameters: ForecastParameters) -> None:
    """A line where values lie outside the bounds that were given: what is told does not."""
    import numpy as np

    if parameters.lower is None and parameters.upper is None:
        return
    low = -math.inf if parameters.lower is None else parameters.lower
    high = math.inf if parameters.upper is None else parameters.upper
    outside = {
        batch.ids[row]
        for batch in table.batches
        for row in np.flatnonzero(((batch.values < low) | (batch.values > high)).any(axis=1)).tolist()
    }
    if outside:
        first = next(name for name in table.ids if name in outside)
        many = "1 series has" if len(outside) == 1 else f"{len(outside)} series have"
        typer.echo(f"{many} values outside --lower or --upper, such as {first!r}: what is told stays within", err=True)


def _tell_rounded(table: LongTable, ahead: Ahead, horizon: str) -> None:
    """A line where the time ahead is no whole number of steps: it is rounded down."""
    rounded = [batch for batch in table.batches if ahead.is_rounded(batch)]
    if rounded:
        name, steps = rounded[0].ids[0], f"{ahead.of(rounded[0])} of {rounded[0].step:g} s"
        series = sum(len(batch.ids) for batch in rounded)
        typer.echo(
            f"--horizon {horizon} is no whole number of steps for {series} series, such as {name!r}: {steps} are told",
            err=True,
        )
