"""Sentences about one analysis: where it stands, how it moves, when it crosses its limit, and how sure that is.

A quantile that is None is said as "not within the horizon", never left out.
"""

from __future__ import annotations

import math
from datetime import datetime, timedelta

from domain.finding import Analysis, FindingKind
from domain.forecast import Exhaustion
from domain.series import SeriesStatus
from domain.watch import Direction, Unit, Watch
from reports import formats
from reports.languages import Language, language_of
from reports.text import visible

WORTH_SAYING = 0.01  # probabilities below this are left out of sentences
_DAY = 86_400.0
_CLOCK = 0.05  # what falls by a day a day, but for so much, runs down with the clock
NAIVE_SCORE = 1.0  # the backtest score of the naive method
SPOKEN = frozenset({SeriesStatus.OK, SeriesStatus.CONSTANT})  # the statuses about which something can be said


def entity_name(analysis: Analysis, watch: Watch, limit: int = 120) -> str:
    """The entity by its label values, in the order of the watch: `tpe-db-01 /var/lib/postgresql`.

    A label that is not of the watch tells those apart that lack one of its own, and says its name: `switch ifIndex=7`.
    """
    values = [analysis.entity[name] for name in watch.entity if analysis.entity.get(name)]
    values += [f"{name}={value}" for name, value in analysis.entity.without(watch.entity).items() if value]
    values = values or [value for value in analysis.entity.values() if value] or [watch.key]
    return visible(" ".join(values), limit)


def kind_of(analysis: Analysis) -> FindingKind:
    """What a finding about this analysis claims: that it is too large, unless it may run out."""
    may_run_out = analysis.exhaustion.exhausted or analysis.exhaustion.p10 is not None
    too_large = analysis.oversized_by is not None and not may_run_out
    return FindingKind.OVERSIZED if too_large else FindingKind.EXHAUSTION


def bound(watch: Watch, language: str) -> str:
    """What its limit is called: a limit from below is a lower limit."""
    return bound_of(watch.direction, language)


def bound_of(direction: Direction, language: str) -> str:
    """What a limit of that direction is called."""
    words = language_of(language)
    return words.gettext("limit") if direction is Direction.UP else words.gettext("lower limit")


def bound_title(watch: Watch, language: str) -> str:
    """The same at the head of a row or a column."""
    return bound(watch, language).capitalize()


def expires(analysis: Analysis, watch: Watch) -> bool:
    """Whether it is time that runs down to nothing, such as what is left of a certificate."""
    return watch.unit is Unit.SECONDS and watch.direction is Direction.DOWN and analysis.evidence.limit == 0


def expired(analysis: Analysis, watch: Watch) -> float | None:
    """For how many seconds what `expires` has been over."""
    left = analysis.evidence.current
    over = expires(analysis, watch) and analysis.exhaustion.exhausted and left is not None and left < 0
    return -left if over and left is not None else None


def current(analysis: Analysis, watch: Watch, language: str, timezone: str) -> str:
    """The last value seen, for a cell of a table: `78.1 GiB`, `expired 2 days ago`."""
    over = expired(analysis, watch)
    if over is not None:
        return language_of(language).gettext("expired {time} ago", time=formats.seconds(over, language))
    return formats.value(analysis.evidence.current, watch.unit, language, timezone)


def is_soon(analysis: Analysis) -> bool:
    """Whether the crossing is expected within two days of the last sample, so that its hour is told."""
    expected = analysis.exhaustion.p50 or analysis.exhaustion.p10
    return (
        expected is not None
        and not analysis.exhaustion.exhausted
        and expected - analysis.evidence.end < formats.HOURS_AHEAD
    )


def when(moment: datetime, analysis: Analysis, language: str, timezone: str) -> str:
    """The day of a crossing; its hour as well where the crossing is expected within two days of the last sample."""
    if is_soon(analysis):
        return formats.hour(moment, language, timezone)
    return formats.day(moment, language, timezone, near=analysis.evidence.end)


def share_of_limit(current: float | None, limit: float | None, watch: Watch) -> float | None:
    """How much of its limit is used, as a share; None where that says nothing (a lower limit, percent, dates)."""
    shares = watch.unit not in (Unit.TIMESTAMP, Unit.PERCENT, Unit.RATIO, Unit.CELSIUS)
    if watch.direction is Direction.DOWN or not shares or current is None or limit is None or not limit > 0:
        return None
    return current / limit


def level(analysis: Analysis, watch: Watch, language: str, timezone: str) -> str:
    """Where it stands: `Now 78.1 GiB of 98.2 GiB (79%).`"""
    words = language_of(language)
    evidence, over = analysis.evidence, expired(analysis, watch)
    if over is not None:
        return words.gettext("Expired {time} ago.", time=formats.seconds(over, language))
    now = formats.value(evidence.current, watch.unit, language, timezone)
    if expires(analysis, watch):
        return words.gettext("{time} left.", time=now)
    if evidence.limit is None:
        return words.gettext("Now {current}.", current=now)
    limit = formats.value(evidence.limit, watch.unit, language, timezone)
    share = share_of_limit(evidence.current, evidence.limit, watch)
    if share is None:
        name = bound(watch, language)
        return words.gettext("Now {current}, {bound} {limit}.", current=now, bound=name, limit=limit)
    part = formats.percent(100 * share, language)
    return words.gettext("Now {current} of {limit} ({share}).", current=now, limit=limit, share=part)


def peak(analysis: Analysis, watch: Watch, language: str, timezone: str) -> str:
    """Where its days peak, if they are judged by that: what it is now may be far from it."""
    evidence = analysis.evidence
    if evidence.peak is None or not math.isfinite(evidence.peak) or analysis.exhaustion.exhausted:
        return ""
    words = language_of(language)
    written = formats.value(evidence.peak, watch.unit, language, timezone)
    share = share_of_limit(evidence.peak, evidence.limit, watch)
    if watch.direction is Direction.DOWN:
        return words.gettext("Its days bottom out near {value}.", value=written)
    if share is None:
        return words.gettext("Its days peak near {value}.", value=written)
    return words.gettext(
        "Its days peak near {value} ({share}).", value=written, share=formats.percent(100 * share, language)
    )


def growth(analysis: Analysis, watch: Watch, language: str, timezone: str) -> str:
    """How it moves: `Grows 2.1 GiB a day since 3 Nov.`; empty where that was not measured."""
    words = language_of(language)
    moving = analysis.evidence.growth
    if moving is None or not math.isfinite(moving.per_day) or expired(analysis, watch) is not None:
        return ""
    if moving.per_day == 0:
        return words.gettext("Does not grow.")
    if watch.unit is Unit.SECONDS and abs(moving.per_day / _DAY + 1) < _CLOCK:
        return "" if expires(analysis, watch) else words.gettext("Runs down with the clock.")
    rate, rises = formats.rate(moving.per_day, watch.unit, language), moving.per_day > 0
    if moving.since is None:
        return words.gettext("Grows {rate}.", rate=rate) if rises else words.gettext("Falls {rate}.", rate=rate)
    since = formats.day(moving.since, language, timezone, near=analysis.evidence.end)
    if rises:
        return words.gettext("Grows {rate} since {since}.", rate=rate, since=since)
    return words.gettext("Falls {rate} since {since}.", rate=rate, since=since)


def end(analysis: Analysis, watch: Watch, language: str, timezone: str) -> str:
    """When it comes to its end, with the interval that most likely holds that; or that it does not so soon.

    Empty where `level` has said so.
    """
    words, found = language_of(language), analysis.exhaustion
    if expired(analysis, watch) is not None:
        return ""
    if found.exhausted:
        return words.gettext("It has reached its {bound} already.", bound=bound(watch, language))
    first, middle, last = (
        "" if moment is None else when(moment, analysis, language, timezone)
        for moment in (found.p10, found.p50, found.p90)
    )
    horizon = formats.duration(watch.horizon, language)
    if expires(analysis, watch):
        return _expiry(first, middle, last, horizon, words)
    return _crossing(first, middle, last, horizon, bound(watch, language), words)


def _crossing(first: str, middle: str, last: str, horizon: str, name: str, words: Language) -> str:
    """When it crosses its limit; a date that is not within the horizon is empty."""
    facts = {"bound": name, "first": first, "middle": middle, "last": last, "horizon": horizon}
    if not first:
        return words.gettext("It is not expected to reach its {bound} within {horizon}.", **facts)
    if not middle:
        return words.gettext("It may reach its {bound} from {first} on, but more likely not within {horizon}.", **facts)
    if not last:
        return words.gettext(
            "It reaches its {bound} around {middle}, hardly before {first}; it may take longer than {horizon}.", **facts
        )
    if first == last:
        return words.gettext("It reaches its {bound} on {middle}.", **facts)
    return words.gettext("It reaches its {bound} around {middle}, most likely between {first} and {last}.", **facts)


def _expiry(first: str, middle: str, last: str, horizon: str, words: Language) -> str:
    """The same of what `expires`."""
    facts = {"first": first, "middle": middle, "last": last, "horizon": horizon}
    if not first:
        return words.gettext("It is not expected to expire within {horizon}.", **facts)
    if not middle:
        return words.gettext("It may expire from {first} on, but more likely not within {horizon}.", **facts)
    if not last:
        return words.gettext(
            "It expires around {middle}, hardly before {first}; it may take longer than {horizon}.", **facts
        )
    if first == last:
        return words.gettext("It expires on {middle}.", **facts)
    return words.gettext("It expires around {middle}, most likely between {first} and {last}.", **facts)


def chance(found: Exhaustion, language: str) -> str:
    """`Chance within 14 days: 87%.`: the nearest horizon by which it is likely, else the longest; empty if small."""
    asked = telling_probability(found)
    if found.exhausted or asked is None or asked[1] < WORTH_SAYING:
        return ""
    days, probability = asked
    return language_of(language).gettext(
        "Chance within {days}: {probability}.",
        days=formats.duration(timedelta(days=days), language),
        probability=formats.probability(probability, language),
    )


def chances(found: Exhaustion) -> tuple[tuple[int, float], ...]:
    """Days and the probability within them, days rising, as far as a forecast goes: not beyond its horizon."""
    return tuple((days, probability) for days, probability in found.within if formats.known(probability))


def telling_probability(found: Exhaustion) -> tuple[int, float] | None:
    """The horizon in days, and its probability, that say most: the first at least even, else the longest."""
    said = chances(found)
    likely = [pair for pair in said if pair[1] >= 0.5]
    return likely[0] if likely else (said[-1] if said else None)


def too_late(analysis: Analysis, watch: Watch, language: str) -> str:
    """The chance that it crosses before it can be fixed; empty where that is small."""
    found = analysis.exhaustion
    if found.exhausted or not formats.known(found.within_lead_time) or found.within_lead_time < WORTH_SAYING:
        return ""
    return language_of(language).gettext(
        "Fixing it takes {lead}; chance that it comes sooner: {probability}.",
        lead=formats.period(watch.lead_time.total_seconds(), language),
        probability=formats.probability(found.within_lead_time, language),
    )


def doubt(analysis: Analysis, language: str) -> str:
    """A warning where the forecast did no better on held-back history than the naive method; else empty."""
    score = analysis.evidence.backtest_score
    if score is None or analysis.exhaustion.exhausted or not NAIVE_SCORE < score < math.inf:
        return ""
    return language_of(language).gettext(
        "On held-back history its forecast was {score} times as far off as the naive one: take the dates with care.",
        score=formats.number(score, language),
    )


def give_back(analysis: Analysis, watch: Watch, language: str) -> str:
    """How much of it could be given back; empty where nothing is."""
    if analysis.oversized_by is None or not math.isfinite(analysis.oversized_by):
        return ""
    return language_of(language).gettext(
        "{amount} could be given back.", amount=formats.difference(analysis.oversized_by, watch.unit, language)
    )


def spare(analysis: Analysis, watch: Watch, language: str) -> str:
    """Which part of its limit could be given back; empty where nothing is."""
    amount, limit = analysis.oversized_by, analysis.evidence.limit
    if amount is None or not math.isfinite(amount) or not limit or not math.isfinite(limit):
        return ""
    return language_of(language).gettext(
        "{share} of its {limit} could be given back.",
        share=formats.percent(100 * amount / limit, language),
        limit=formats.before_words(formats.value(limit, watch.unit, language), language),
    )


def cannot_say(status: SeriesStatus, language: str) -> str:
    """Why nothing can be said about a series."""
    words = language_of(language)
    match status:
        case SeriesStatus.TOO_SHORT:
            why = words.gettext("Too young: seen for a shorter time than the analysis needs.")
        case SeriesStatus.TOO_SPARSE:
            why = words.gettext("Too sparse: too few of its samples were seen.")
        case SeriesStatus.EMPTY:
            why = words.gettext("Nothing was seen of it at all.")
        case SeriesStatus.STALE:
            why = words.gettext("Stale: it ended before the window did, so it may be gone.")
        case SeriesStatus.NO_LIMIT:
            why = words.gettext("No limit: it is missing, zero, infinite or not a number.")
        case SeriesStatus.FAILED:
            why = words.gettext("The analysis failed.")
        case SeriesStatus.OK | SeriesStatus.CONSTANT:
            why = ""
    return why
