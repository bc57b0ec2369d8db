"""Conclude a run: decide on everything that its shards saw, and write it all down in one transaction.

The transaction per shard records what was seen; this one records what was decided. Caps, grouping and hysteresis have
to see the whole run, and a run that was broken off and resumed must decide as an unbroken one does: so it decides on
what is stored, whoever stored it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from domain.finding import Analysis
from domain.job import Job
from domain.mute import Mute
from domain.outbox import NewMessage
from domain.run import Run, RunStatus, ShardOutcome, ShardStatus
from domain.series import SeriesStatus
from domain.times import rfc3339
from jobs.decide import Decided, Decision, Situation, decide, saw_anything
from jobs.decide.known import matches, subject_labels
from jobs.messages import comments_of, messages_of
from jobs.telling import Telling
from jobs.windows import holds_until

REASONS_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Conclusion:
    """What a run came to, before it is written down: the findings as they stand, and what has to be told."""

    status: RunStatus
    reason: str
    decided: Decided
    messages: tuple[NewMessage, ...]
    entities: tuple[tuple[str, int], ...]  # how many entities have which status, most first


def conclude(
    job: Job,
    run: Run,
    analyses: Sequence[Analysis],
    outcomes: Sequence[ShardOutcome],
    situation: Situation,
    telling: Telling,
) -> Conclusion:
    """Decide on what a run saw. Pure: the same input gives the same conclusion."""
    watches = {watch.key: watch for watch in job.watches}
    decided = decide(
        job,
        [analysis for analysis in analyses if analysis.watch in watches],
        situation,
        complete=complete_watches(outcomes),
        as_of=run.as_of,
        describe=telling.describe(watches),
    )
    status, why = status_of(outcomes, analyses, situation.last_saw)
    between = " " if why.endswith("?") else ". "
    reason = between.join(part for part in (why, _not_looked_at(situation.missing)) if part)
    counts = Counter(analysis.status.value for analysis in analyses)
    voice = telling.voice(watches)
    messages = [message for decision in decided.incidents for message in messages_of(decision, job, voice)]
    messages += comments_of(_not_muted(decided.findings, situation.mutes, run.as_of), voice)
    return Conclusion(status, reason, decided, tuple(messages), tuple(counts.most_common()))


def _not_muted(decisions: Sequence[Decision], mutes: Sequence[Mute], at: datetime) -> list[Decision]:
    """Those that may be told on others' incidents: what is muted is told by the first run after that, if it stands."""
    held = [mute.matchers for mute in mutes if holds_until(mute, at) is not None]
    return [one for one in decisions if not any(matches(each, subject_labels(one.finding)) for each in held)]


def complete_watches(outcomes: Sequence[ShardOutcome]) -> frozenset[str]:
    """The watches whose every shard was fetched whole and saw something: what is not there is truly gone."""
    whole: dict[str, bool] = {}
    seen: Counter[str] = Counter()
    for outcome in outcomes:
        whole[outcome.watch] = whole.get(outcome.watch, True) and _whole(outcome)
        seen[outcome.watch] += outcome.series
    return frozenset(watch for watch, fine in whole.items() if fine and seen[watch])


def cut_watches(outcomes: Iterable[ShardOutcome]) -> frozenset[str]:
    """The watches of which a shard is missing or cut: what was not seen of them may have been there."""
    return frozenset(outcome.watch for outcome in outcomes if not _whole(outcome))


def _whole(outcome: ShardOutcome) -> bool:
    return outcome.status is ShardStatus.DONE and not outcome.notes.partial


def status_of(
    outcomes: Sequence[ShardOutcome], analyses: Sequence[Analysis] = (), last_saw: datetime | None = None
) -> tuple[RunStatus, str]:
    """How a run ended, and why it did not succeed.

    A shard is missing or cut, an entity's analysis failed, or nothing is there where something was: `last_saw` is the
    time of the newest run before it that saw anything.
    """
    broken = [analysis for analysis in analyses if analysis.status is SeriesStatus.FAILED]
    failed = [outcome for outcome in outcomes if outcome.status is not ShardStatus.DONE]
    cut = [outcome for outcome in outcomes if outcome.status is ShardStatus.DONE and outcome.notes.partial]
    vanished = _vanished(analyses, last_saw) if not failed else ""
    if not failed and not cut and not broken and not vanished:
        return RunStatus.SUCCEEDED, ""
    reasons = [f"{outcome.watch}: {outcome.reason}" for outcome in failed]
    reasons += [f"{outcome.watch}: {'; '.join(outcome.notes.missing) or 'the answer is partial'}" for outcome in cut]
    said = [vanished] if vanished else []
    if reasons:
        said.append(f"{len(reasons)} of {len(outcomes)} shards are missing or cut: {_listed(reasons)}")
    if broken:
        why = dict.fromkeys(f"{analysis.watch}: {analysis.exhaustion.reason}" for analysis in broken)
        said.append(f"{len(broken)} of {len(analyses)} entities could not be analysed: {_listed(list(why))}")
    nothing = (failed and len(failed) == len(outcomes)) or (analyses and len(broken) == len(analyses))
    return RunStatus.FAILED if nothing else RunStatus.PARTIAL, ". ".join(said)


def _vanished(analyses: Sequence[Analysis], last_saw: datetime | None) -> str:
    """What to say where a run saw nothing at all, and something was there before; else empty."""
    if saw_anything(analyses) or (not analyses and last_saw is None):
        return ""
    seen = f"none of {len(analyses)} entities is reported any more" if analyses else "nothing was seen"
    before = "" if last_saw is None else f", and the run for {rfc3339(last_saw)} saw something"
    return f"{seen}{before}: what is open stays open; does the source still receive data?"


def _not_looked_at(missing: Sequence[str]) -> str:
    """What to say where nobody knows what others tell already; else empty. The run is whole all the same."""
    if not missing:
        return ""
    return f"What is known or silenced already may have been told, as this could not be looked at: {_listed(missing)}"


def _listed(reasons: Sequence[str]) -> str:
    more = f"; and {len(reasons) - REASONS_SHOWN} more" if len(reasons) > REASONS_SHOWN else ""
    return f"{'; '.join(reasons[:REASONS_SHOWN])}{more}"
