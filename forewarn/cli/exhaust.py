"""`forewarn exhaust`: when the series of a file run out, without configuration, database or network."""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from forewarn.cli.durations import seconds

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from analyzers.capacity import CapacityResult
    from sources.limittable import SeriesLimit
    from sources.longtable import LongBatch, LongTable

WITHIN_DAYS = (7, 14, 30)
ROWS_AT_ONCE = 256
MOST_DAYS = 3653  # ahead: ten years


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of every series of the file."""

    horizon_seconds: float
    minimum_history_seconds: float
    timezone: str | None


def exhaust(
    file: Annotated[
        Path, typer.Argument(help="CSV or Parquet with columns unique_id,ds,y; may be gzipped; - is standard input.")
    ],
    limits: Annotated[
        Path,
        typer.Option(
            help="CSV with columns unique_id,limit and where wanted ds (holds from then on), direction, kind."
        ),
    ],
    out: Annotated[Path, typer.Option(help="Where to write one JSON line per series; - is standard output.")],
    horizon: Annotated[str, typer.Option(help="How far ahead to look: 60d, 48h, 8w; at most ten years.")] = "60d",
    minimum_history: Annotated[str, typer.Option(help="A younger series is answered with too_short.")] = "2d",
    timezone: Annotated[
        str | None, typer.Option(help="Time zone in which days are days over clock changes, such as Europe/Berlin.")
    ] = None,
) -> None:
    """When does each series reach its limit, and how sure is that? "Now" is a series' last row with a value."""
    import msgspec

    from forewarn.cli.outfile import require_apart, write_whole
    from forewarn.cli.patience import counted, told_in_words
    from forewarn.cli.refusals import tell_refused
    from jobs.memory import keep_freed_memory
    from sources.limittable import read_limits
    from sources.longtable import read_long_table
    from sources.tablefile import STANDARD_INPUT

    keep_freed_memory()
    if file == limits == STANDARD_INPUT:
        sys.exit("forewarn: FILE and --limits are both standard input: write one of them to a file")
    question = Question(_ahead(horizon), seconds(minimum_history, "--minimum-history"), timezone)
    begin = time.monotonic()
    try:
        require_apart(out, file, limits)
        known = read_limits(limits)
        with counted("Reading rows", None, begin) as read:
            table = read_long_table(file, progress=read)
        _require_instants(file, table)
        with counted("When do they run out", len(table.ids), begin) as advance, told_in_words():
            answers: dict[str, dict[str, Any]] = {}
            for name, answer in _answers(table, known, question):
                answers[name] = answer
                advance(1)
        lines = msgspec.json.Encoder().encode_lines([answers[name] for name in table.ids])
        write_whole(out, lambda stream: stream.write(lines))
    except ValueError as error:
        sys.exit(f"forewarn: {error}")
    _sum_up(table, known, list(answers.values()), time.monotonic() - begin)
    tell_refused(table.refused)


def _ahead(text: str) -> float:
    """How far ahead is looked, in seconds."""
    ahead = seconds(text, "--horizon")
    if ahead > MOST_DAYS * 86_400:
        sys.exit(f"forewarn: --horizon is {ahead / 86_400:,.0f} days: at most {MOST_DAYS:,} (ten years) can be told")
    return ahead


def _require_instants(file: Path, table: LongTable) -> None:
    """Refuse a file whose times are counted steps: a day of exhaustion needs days."""
    from sources.tablefile import TableError, called

    if not table.form.instants:
        raise TableError(f"{called(file)}: column ds counts steps; write times (RFC 3339, or seconds since 1970)")


def _answers(
    table: LongTable, known: dict[str, SeriesLimit], question: Question
) -> Iterator[tuple[str, dict[str, Any]]]:
    """The answer for every series: first those that are refused, then batch by batch."""
    from domain.series import SeriesStatus
    from domain.watch import Direction, Measure

    yield from ((name, _refused(name, reason)) for name, reason in table.refused.items())
    for batch in table.batches:
        groups: dict[tuple[Direction, Measure, float], list[int]] = {}
        for row, name in enumerate(batch.ids):
            if name in table.refused:
                continue
            said = known.get(name)
            end = float(batch.ends[row]) if question.timezone else 0.0  # days are days only where the end is known
            kind = (said.direction, said.measure, end) if said else (Direction.UP, Measure.GAUGE, end)
            groups.setdefault(kind, []).append(row)
        for (direction, measure, end), rows in groups.items():
            for start in range(0, len(rows), ROWS_AT_ONCE):
                chosen = rows[start : start + ROWS_AT_ONCE]
                result = _analyse(batch, chosen, known, direction, measure, end, question)
                for i, row in enumerate(chosen):
                    name, last = batch.ids[row], float(batch.ends[row])
                    answer = _answer(name, result, i, last - end)
                    absent = (
                        known[name].absent(last) if name in known and answer["status"] == SeriesStatus.NO_LIMIT else ""
                    )
                    yield name, answer | {"reason": absent} if absent else answer


def _analyse(
    batch: LongBatch,
    rows: list[int],
    known: dict[str, SeriesLimit],
    direction: Any,
    measure: Any,
    end: float,
    question: Question,
) -> CapacityResult:
    """One batch of series of one kind; times count from `end`, which is where each series ends, or zero for all."""
    import numpy as np

    from analyzers.capacity import CapacityParameters, analyse_capacity

    values = batch.values[rows]
    back = batch.step * np.arange(1 - values.shape[1], 1)
    limits: NDArray[np.float64] = np.full(values.shape, np.nan)
    for i, row in enumerate(rows):
        said = known.get(batch.ids[row])
        if said is not None:
            limits[i] = said.at(batch.ends[row] + back)
            if math.isnan(limits[i, -1]):  # it was removed: what was in force before is none
                limits[i] = np.nan
    parameters = CapacityParameters(
        direction=direction,
        measure=measure,
        horizon_seconds=question.horizon_seconds,
        lead_seconds=0.0,
        minimum_history_seconds=question.minimum_history_seconds,
        lower=None,
        upper=None,
        capped=False,
        within_days=WITHIN_DAYS,
        timezone=question.timezone or "UTC",
    )
    return analyse_capacity(end + back, values, limits, parameters)


def _answer(name: str, result: CapacityResult, i: int, end: float) -> dict[str, Any]:
    """One line of the output. Where nothing can be said, the probabilities are null, and the reason tells why."""
    from domain.series import SeriesStatus
    from domain.times import from_epoch, rfc3339

    def instant(since_end: float) -> str | None:
        return None if math.isnan(since_end) else rfc3339(from_epoch(end + float(since_end)))

    told = result.status[i] in (SeriesStatus.OK, SeriesStatus.CONSTANT)
    answer: dict[str, Any] = {
        "unique_id": name,
        "status": result.status[i].value,
        "exhausts_at": instant(result.p50[i]),
        "p10": instant(result.p10[i]),
        "p90": instant(result.p90[i]),
        "p_within": {
            f"{days}d": round(float(result.within[i, k]), 4) + 0.0 if told else None  # never -0.0
            for k, days in enumerate(WITHIN_DAYS)
        },
    }
    return answer if not result.reason[i] else answer | {"reason": result.reason[i]}


def _refused(name: str, reason: str) -> dict[str, Any]:
    """The line of a series that can't be used."""
    from domain.series import SeriesStatus

    nothing = dict.fromkeys(("exhausts_at", "p10", "p90"))
    within = {f"{days}d": None for days in WITHIN_DAYS}
    return {"unique_id": name, "status": SeriesStatus.FAILED.value, **nothing, "p_within": within, "reason": reason}


def _sum_up(table: LongTable, known: dict[str, SeriesLimit], answers: list[dict[str, Any]], spent: float) -> None:
    """One line for people on standard error, and others when limits are not for series or times of the file."""
    ends = sum(answer["exhausts_at"] is not None for answer in answers)
    silent = sum(answer["status"] not in ("ok", "constant") for answer in answers)
    typer.echo(
        f"{len(answers)} series in {spent:.1f} s: {ends} run out within the horizon, {silent} cannot be told", err=True
    )
    strangers = sorted(set(known) - set(table.ids))
    if strangers:
        many = "limits name" if len(strangers) > 1 else "limit names"
        typer.echo(f"{len(strangers)} {many} no series of the file, such as {strangers[0]!r}", err=True)
    late = [
        name
        for batch in table.batches
        for name, end in zip(batch.ids, batch.ends.tolist(), strict=True)
        if name in known and known[name].since[-1] > end
    ]
    if late:
        many = "limits begin" if len(late) > 1 else "limit begins"
        typer.echo(
            f"{len(late)} {many} too late to count, after the last sample, such as that of {late[0]!r}", err=True
        )
