"""What a capacity report shows, as frozen values: every format renders these, so that no two can disagree.

Texts are finished sentences or numbers in the report's language; beside them stands what a program reads (`value`,
`at`).
Texts from other systems (labels, queries, warnings) are bounded and visible, and are escaped where they are rendered.
Every field says in its comment what it holds; a test compares these with what the templates use.
"""

from __future__ import annotations

from dataclasses import dataclass

from reports.charts import ChartView
from reports.evidence import Fact
from reports.spans import Axis, Span


@dataclass(frozen=True, slots=True)
class Moment:
    """An instant."""

    at: str  # RFC 3339, in UTC
    text: str  # in the report's language and time zone


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number."""

    value: float | None  # the number; None where it is not known
    text: str  # with its unit, rounded for people


@dataclass(frozen=True, slots=True)
class Chance:
    """The probability that a limit is reached by some day."""

    days: int  # counted from the run's time
    period: str  # the days, in words
    probability: Quantity  # 0 to 1


@dataclass(frozen=True, slots=True)
class Label:
    """One label of a series."""

    name: str  # its name
    value: str  # its value


@dataclass(frozen=True, slots=True)
class Detail:
    """What stands below a risk: its picture and its evidence."""

    chart: ChartView | None  # history, forecast, limit and crossing; None where nothing was kept to draw
    labels: tuple[Label, ...]  # all labels of the series
    notes: tuple[str, ...]  # what the analysis noticed, one sentence each
    warnings: tuple[str, ...]  # what the source warned of
    evidence: tuple[Fact, ...]  # query, window, step, samples, method, backtest score
    redo: str  # the shell commands that make the same run, and fetch the same samples, again
    query_url: str | None  # where the query can be looked at
    finding_url: str | None  # where the finding is kept


@dataclass(frozen=True, slots=True)
class Risk:
    """Something that has run out, or is expected to."""

    rank: int  # its place by urgency, from 1
    anchor: str  # the id of its place in the page
    fingerprint: str  # the name that stays the same from run to run
    entity: str  # what it is about
    watch: str  # pack/name of its watch
    thing: str  # the title of its watch
    severity: str  # info, warning or critical
    severity_text: str  # the severity, in words
    state: str  # pending, open or clearing
    state_text: str  # the state, in words
    change: str  # new, worse, better, or empty
    change_text: str  # the change, in words
    summary: str  # two to six sentences
    advice: str  # what to do about it
    exhausted: bool  # whether the limit is reached already
    first: Moment | None  # P10 of the crossing (see `Exhaustion`); None: not within the horizon
    middle: Moment | None  # P50 of the crossing
    last: Moment | None  # P90 of the crossing
    when: str  # P50, or what there is to say instead
    interval: str  # P10 to P90
    left: str  # the time left until P50; empty where that is past
    chance: Chance | None  # the probability that says most
    chances: tuple[Chance, ...]  # the probability for every number of days that was asked, within the horizon
    too_late: Quantity  # the probability that it is reached before it can be fixed; None: beyond the horizon
    lead: str  # how long fixing takes
    begin: Moment | None  # begin by then, and in at least 9 cases of 10 it is fixed in time: P10 less the lead time
    begin_text: str  # the day to begin by, or that it is now
    overdue: bool  # whether that day is past
    current: Quantity  # the last value seen
    limit_name: str  # what the limit is called: a lower limit is one from below
    limit: Quantity  # the limit at the run's time
    share: Quantity | None  # how much of the limit is used, in percent
    span: Span | None  # P10 to P90 on the common axis of the list
    detail: Detail | None  # None where the list is too long for all details


@dataclass(frozen=True, slots=True)
class Change:
    """One finding that is not what it was the night before."""

    entity: str  # what it is about
    thing: str  # the title of its watch
    text: str  # what changed
    anchor: str | None  # where it stands in the page, if it does


@dataclass(frozen=True, slots=True)
class ChangeGroup:
    """Findings that changed in the same way."""

    key: str  # new, worse, better, cleared or unseen
    title: str  # the same, in words
    count: Quantity  # how many
    changes: tuple[Change, ...]  # most urgent first
    more: str  # how many more there are; empty if none


@dataclass(frozen=True, slots=True)
class Aside:
    """An entity that is told of in one line: cycling by design, possible but unlikely, or far too large."""

    entity: str  # what it is about
    thing: str  # the title of its watch
    text: str  # what is to be said of it
    figure: Quantity  # the number that says most: how likely, how much is used, how much could be given back
    current: Quantity  # the last value seen
    limit: Quantity  # the limit at the run's time
    chart: ChartView | None  # a picture, where one was kept


@dataclass(frozen=True, slots=True)
class AsideList:
    """A list of entities that are told of in one line each."""

    items: tuple[Aside, ...]  # the most telling first
    more: str  # how many more there are; empty if none
    total: str  # what all of them come to, the unseen ones too; empty where that says nothing


@dataclass(frozen=True, slots=True)
class Unsaid:
    """Entities of which nothing can be said, for one reason."""

    status: str  # the reason, as a word
    text: str  # the reason, as a sentence
    reasons: tuple[str, ...]  # what went wrong, where an analysis failed
    count: Quantity  # how many
    entities: tuple[str, ...]  # some of them
    more: str  # how many more there are; empty if none


@dataclass(frozen=True, slots=True)
class WatchCoverage:
    """What was seen of one watch."""

    key: str  # pack/name
    title: str  # its title
    state: str  # complete, partial, failed or empty
    state_text: str  # the state, in words
    seen: Quantity  # entities that were seen
    said: Quantity  # entities of which something can be said
    samples: Quantity  # samples that were read
    seconds: Quantity  # seconds that the source took
    requests: Quantity  # requests that were sent
    problems: tuple[str, ...]  # why shards failed, what is missing, what the source warned of


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much of what was asked the report speaks of: absence is not health."""

    seen: Quantity  # entities that were seen
    said: Quantity  # entities of which something can be said
    share: Quantity  # said of seen, in percent
    sentence: str  # the same, as a sentence
    unsaid: tuple[Unsaid, ...]  # entities of which nothing can be said, by reason
    watches: tuple[WatchCoverage, ...]  # every watch of the job, troubled ones first
    complete: str  # how many watches were seen in full
    cost: str  # what the run asked of its source


@dataclass(frozen=True, slots=True)
class Tile:
    """One number of the first screen."""

    key: str  # exhausted, expected, changed or unsaid
    label: str  # what is counted
    count: Quantity  # the number
    note: str  # what stands below it
    anchor: str  # the section that tells more


@dataclass(frozen=True, slots=True)
class CapacityReport:
    """Everything that the nightly capacity report shows."""

    language: str  # en or zh-TW
    title: str  # the name of the report
    job: str  # the job that ran
    run_id: str  # the run that it tells of
    as_of: Moment  # the time that the run was scheduled for
    zone: str  # the time zone of all times, with its offset
    status: str  # succeeded, partial or failed
    status_text: str  # the status, in words; empty when all went well
    status_reason: str  # why the run is partial or failed
    headline: str  # the answer: what will run out first, or that nothing will
    subline: str  # the numbers behind it
    tiles: tuple[Tile, ...]  # the numbers of the first screen
    exhausted: tuple[Risk, ...]  # what has reached its limit
    expected: tuple[Risk, ...]  # what will reach its limit, most urgent first
    more_risks: str  # how many more findings there are; empty if none
    few_details: str  # how many of them are told one by one; empty where all are
    axis: Axis  # the days that the spans of the list stand on
    compared: bool  # whether there was a night before to compare with
    changes: tuple[ChangeGroup, ...]  # what is not as it was the night before
    possible: AsideList  # what may reach its limit, below the policy's threshold
    cycling: AsideList  # what goes up and down under its limit by design
    oversized: AsideList  # what is far too large
    coverage: Coverage  # what was seen, and what nothing can be said of
    version: str  # the version that made it; empty where it is not told
