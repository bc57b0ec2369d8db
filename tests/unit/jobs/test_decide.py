"""What is told, when, and why: the rules of `decide`."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from domain.finding import Analysis, Finding, FindingState, Outcome, Severity
from domain.incident import IncidentStatus
from domain.job import Job, Policy
from domain.labels import Labels
from domain.series import SeriesStatus
from jobs.decide import Act, Decision, Ending, Situation, decide
from tests.fixtures.builders import AS_OF, make_analysis, make_evidence, make_exhaustion, make_job, make_watch

WATCH = "node/filesystem-space"


def say(analysis: Analysis) -> tuple[str, str]:
    return (f"{analysis.entity} fills up", "It grows.")


def nights(job: Job, *seen: list[Analysis], start: datetime = AS_OF) -> list[tuple[Decision, ...]]:
    """The decisions of one run a night, each starting from what the one before left."""
    known: dict[str, Finding] = {}
    decided = []
    for night, analyses in enumerate(seen):
        decisions = decide(
            job,
            analyses,
            Situation(known),
            complete=frozenset({WATCH}),
            as_of=start + timedelta(days=night),
            describe=say,
        ).findings
        known.update({decision.finding.fingerprint: decision.finding for decision in decisions})
        decided.append(decisions)
    return decided


def acts(decided: list[tuple[Decision, ...]]) -> list[list[Act]]:
    return [[decision.act for decision in decisions] for decisions in decided]


def at(night: int, days: float | None, *, lead: float = 0.1) -> Analysis:
    return make_analysis(days, lead=lead, as_of=AS_OF + timedelta(days=night))


def test_trouble_opens_when_it_was_seen_in_two_runs_in_a_row() -> None:
    decided = nights(make_job(), [at(0, 20)], [at(1, 19)])

    assert acts(decided) == [[Act.HOLD], [Act.OPEN]]
    assert decided[1][0].finding.opened_at == AS_OF + timedelta(days=1)


def test_trouble_opens_at_once_when_yesterdays_history_says_the_same() -> None:
    confirmed = replace(at(0, 20), earlier=make_exhaustion(21))

    assert acts(nights(make_job(), [confirmed])) == [[Act.OPEN]]


def test_trouble_is_held_when_yesterdays_history_says_otherwise() -> None:
    sudden = replace(at(0, 20), earlier=make_exhaustion(None))

    assert acts(nights(make_job(), [sudden])) == [[Act.HOLD]]


def test_trouble_opens_at_once_when_time_is_short() -> None:
    assert acts(nights(make_job(), [at(0, 2, lead=0.6)])) == [[Act.OPEN]]


def test_what_is_exhausted_already_opens_at_once_and_is_critical() -> None:
    full = make_analysis(exhaustion=make_exhaustion(None, exhausted=True))

    (decision,) = nights(make_job(), [full])[0]

    assert (decision.act, decision.finding.severity) == (Act.OPEN, Severity.CRITICAL)


def test_what_is_exhausted_already_is_told_though_its_history_is_too_short_to_forecast() -> None:
    full = make_exhaustion(None, status=SeriesStatus.TOO_SHORT, exhausted=True)

    assert acts(nights(make_job(), [make_analysis(exhaustion=full, status=full.status)])) == [[Act.OPEN]]


def test_a_prediction_is_never_told_above_the_ceiling() -> None:
    (decision,) = nights(make_job(), [at(0, 1, lead=0.99)])[0]

    assert decision.finding.severity is Severity.WARNING


def test_the_ceiling_is_policy() -> None:
    (decision,) = nights(make_job(Policy(ceiling=Severity.CRITICAL)), [at(0, 1, lead=0.99)])[0]

    assert decision.finding.severity is Severity.CRITICAL


@pytest.mark.parametrize(
    ("lead", "severity"),
    [(0.1, Severity.INFO), (0.3, Severity.WARNING), (0.4, Severity.WARNING), (0.8, Severity.CRITICAL)],
)
def test_severity_comes_from_the_chance_that_it_is_full_before_it_can_be_fixed(lead: float, severity: Severity) -> None:
    job = make_job(Policy(ceiling=Severity.CRITICAL, open_after_runs=1))

    (decision,) = nights(job, [at(0, 5, lead=lead)])[0]

    assert decision.finding.severity is severity


def test_what_is_healthy_is_no_finding() -> None:
    assert nights(make_job(), [at(0, None)]) == [()]


def test_what_is_told_is_the_probability_within_the_time_that_policy_says() -> None:
    """Not that of a shorter time that happens to be known, too."""
    nearly_full = make_exhaustion(9.3, within=((7, 0.02), (10, 0.997), (14, 1.0), (30, 1.0)))
    job = make_job(Policy(open_after_runs=1, tell_within=timedelta(days=10)))

    (decision,) = nights(job, [make_analysis(exhaustion=nearly_full)])[0]

    assert decision.act is Act.OPEN
    assert "within 10 days" in decision.reason


def test_beyond_the_horizon_its_last_day_decides() -> None:
    job = make_job(Policy(open_after_runs=1), watches=(make_watch(horizon=timedelta(days=14)),))
    certificate = make_exhaustion(14.03, within=((3, 0.0), (7, 0.0), (14, 0.59)))

    (decision,) = nights(job, [make_analysis(exhaustion=certificate)])[0]

    assert decision.act is Act.OPEN
    assert decision.reason.startswith("59% within 14 days")


def test_a_method_that_failed_its_backtest_tells_nothing() -> None:
    wild = make_analysis(9, evidence=make_evidence(backtest_score=3.0))

    assert nights(make_job(), [wild]) == [()]


def test_an_open_episode_is_cleared_after_two_clean_runs() -> None:
    job = make_job(Policy(open_after_runs=1))
    decided = nights(job, [at(0, 9)], [at(1, None)], [at(2, None)])

    assert acts(decided) == [[Act.OPEN], [Act.KEEP], [Act.CLEAR]]
    assert [decisions[0].finding.state for decisions in decided] == [
        FindingState.OPEN,
        FindingState.CLEARING,
        FindingState.CLEARED,
    ]


def test_one_clean_run_between_two_bad_ones_clears_nothing() -> None:
    job = make_job(Policy(open_after_runs=1))
    decided = nights(job, [at(0, 9)], [at(1, None)], [at(2, 7)], [at(3, None)])

    assert acts(decided) == [[Act.OPEN], [Act.KEEP], [Act.KEEP], [Act.KEEP]]
    assert decided[-1][0].finding.clean_runs == 1


@pytest.mark.parametrize(("away", "episode", "reopenings"), [(1, 1, 1), (2, 1, 1), (3, 2, 0), (5, 2, 0)])
def test_what_comes_back_soon_is_the_same_episode_and_later_a_new_one(away: int, episode: int, reopenings: int) -> None:
    job = make_job(Policy(open_after_runs=1, clear_after_runs=1))
    calm = [[at(night, None)] for night in range(1, 1 + away)]
    decided = nights(job, [at(0, 9)], *calm, [at(1 + away, 9)])

    back = decided[-1][0]
    assert (back.act, back.finding.episode, back.finding.reopenings) == (Act.OPEN, episode, reopenings)
    assert back.finding.first_seen == (AS_OF if reopenings else AS_OF + timedelta(days=1 + away))


def test_what_comes_back_has_to_be_seen_in_two_runs_again() -> None:
    job = make_job(Policy(clear_after_runs=1))
    decided = nights(job, [at(0, 20)], [at(1, 19)], [at(2, None)], [at(3, 18)], [at(4, 17)])

    assert acts(decided)[2:] == [[Act.CLEAR], [Act.HOLD], [Act.OPEN]]


def after_a_person_fixed_it(days: float | None) -> Decision:
    """What the next night decides, after a person resolved the incident of the first."""
    job = make_job(Policy(open_after_runs=1))
    complete = frozenset({WATCH})
    first = decide(job, [at(0, 9)], Situation(), complete=complete, as_of=AS_OF, describe=say)
    known = {one.finding.fingerprint: one.finding for one in first.findings}
    resolved = {
        one.incident.source_key: replace(
            one.incident,
            status=IncidentStatus.RESOLVED,
            outcome=Outcome.PREVENTED,
            resolved_at=AS_OF + timedelta(hours=1),
        )
        for one in first.incidents
    }
    as_of = AS_OF + timedelta(days=1)
    (decision,) = decide(
        job, [at(1, days)], Situation(known, resolved), complete=complete, as_of=as_of, describe=say
    ).findings
    return decision


def test_what_comes_back_after_a_person_resolved_it_is_a_new_episode() -> None:
    back = after_a_person_fixed_it(9)

    assert (back.act, back.finding.episode, back.finding.reopenings) == (Act.IGNORE, 2, 0)
    assert back.reason == "95% within 30 days; a person said prevented: quiet until 2026-11-24 03:00Z"


def test_what_a_person_resolved_is_cleared_by_that_person_and_not_by_us() -> None:
    over = after_a_person_fixed_it(None)

    assert (over.act, over.ending, over.reason) == (Act.CLEAR, None, "its incident was resolved: prevented")


def test_a_finding_stays_open_down_to_the_lower_probability() -> None:
    job = make_job(Policy(open_after_runs=1))
    weaker = make_analysis(9, exhaustion=replace(make_exhaustion(9), within=((7, 0.1), (14, 0.3), (30, 0.4))))

    assert acts(nights(job, [at(0, 9)], [weaker])) == [[Act.OPEN], [Act.KEEP]]
    assert nights(job, [weaker]) == [()]


def test_what_sinks_back_between_the_two_probabilities_is_neither_opened_nor_forgotten() -> None:
    weaker = replace(at(1, 19), exhaustion=replace(make_exhaustion(19), within=((7, 0.1), (14, 0.3), (30, 0.4))))
    decided = nights(make_job(), [at(0, 20)], [weaker], [at(2, 18)], [at(3, 17)])

    assert acts(decided) == [[Act.HOLD], [Act.HOLD], [Act.HOLD], [Act.OPEN]]
    assert decided[1][0].reason == "40% within 30 days is below 50%"


def test_what_is_pending_opens_nothing_while_its_method_fails_its_backtest() -> None:
    doubtful = replace(at(1, 19), evidence=make_evidence(backtest_score=2.5))

    assert acts(nights(make_job(), [at(0, 20)], [doubtful], [at(2, 18)], [at(3, 17)])) == [
        [Act.HOLD],
        [Act.HOLD],
        [Act.HOLD],
        [Act.OPEN],
    ]


def test_a_rise_in_severity_is_told_and_the_same_again_is_not() -> None:
    job = make_job(Policy(open_after_runs=1))
    decided = nights(job, [at(0, 9, lead=0.1)], [at(1, 8, lead=0.5)], [at(2, 7, lead=0.5)])

    assert acts(decided) == [[Act.OPEN], [Act.ESCALATE], [Act.KEEP]]


def test_much_less_time_is_told_and_the_passing_of_time_is_not() -> None:
    job = make_job(Policy(open_after_runs=1))
    decided = nights(job, [at(0, 20)], [at(1, 19)], [at(2, 9)])

    assert acts(decided) == [[Act.OPEN], [Act.KEEP], [Act.UPDATE]]


def test_much_less_time_is_told_on_the_last_day_too() -> None:
    job = make_job(Policy(open_after_runs=1))
    decided = nights(job, [at(0, 1.9)], [at(1, 0.2)])

    assert acts(decided) == [[Act.OPEN], [Act.UPDATE]]


def test_a_date_is_told_where_there_was_none_before() -> None:
    job = make_job(Policy(open_after_runs=1))
    undated = replace(at(0, 20), exhaustion=replace(make_exhaustion(20), p10=None, p50=None, p90=None))
    decided = nights(job, [undated], [at(1, 19)], [at(2, 18)])

    assert acts(decided) == [[Act.OPEN], [Act.UPDATE], [Act.KEEP]]


def test_absence_is_not_health_where_nothing_can_be_said() -> None:
    job = make_job(Policy(open_after_runs=1))
    mute = make_analysis(None, status=SeriesStatus.TOO_SPARSE)
    decided = nights(job, [at(0, 9)], [mute], [mute], [mute])

    assert acts(decided)[1:] == [[Act.KEEP]] * 3
    assert decided[-1][0].finding.state is FindingState.OPEN


@pytest.mark.parametrize("seen", [[], [make_analysis(None, status=SeriesStatus.TOO_SPARSE)]], ids=["not there", "mute"])
def test_an_episode_beyond_its_maximum_age_does_not_end_before_its_entity_is_judged_again(seen: list[Analysis]) -> None:
    job = make_job(Policy(open_after_runs=1, maximum_age=timedelta(days=2), gone_after=timedelta(days=9)))

    decided = nights(job, [at(0, 9)], *[seen] * 4, [at(5, None)])

    assert {act for night in acts(decided)[1:5] for act in night} == {Act.KEEP}
    assert (decided[-1][0].act, decided[-1][0].ending) == (Act.CLEAR, Ending.AGED)
    assert decided[-1][0].reason.startswith("older than 2 days")


def test_an_episode_beyond_its_maximum_age_begins_anew_where_trouble_goes_on() -> None:
    job = make_job(Policy(open_after_runs=1, maximum_age=timedelta(days=2)))

    decided = nights(job, [at(0, 20)], [at(1, 19)], [], [at(3, 17)])

    assert [(night[0].act, night[0].finding.episode) for night in decided] == [
        (Act.OPEN, 1),
        (Act.KEEP, 1),
        (Act.KEEP, 1),
        (Act.OPEN, 2),
    ]


def test_trouble_that_goes_on_beyond_the_maximum_age_need_not_be_seen_in_two_runs_again() -> None:
    job = make_job(Policy(maximum_age=timedelta(days=2)))

    decided = nights(job, *[[at(night, 20 - night)] for night in range(5)])

    assert acts(decided) == [[Act.HOLD], [Act.OPEN], [Act.KEEP], [Act.KEEP], [Act.OPEN]]


def test_where_the_run_saw_nothing_of_anything_nothing_is_known_to_be_gone() -> None:
    job = make_job(Policy(open_after_runs=1))
    other = Labels.of(instance="db-2", mountpoint="/var")
    stale = [
        make_analysis(None, status=SeriesStatus.STALE),
        make_analysis(None, status=SeriesStatus.STALE, entity=other),
    ]
    healthy = [stale[0], make_analysis(None, entity=other)]

    assert acts(nights(job, [at(0, 9)], *[stale] * 5))[1:] == [[Act.KEEP]] * 5
    assert acts(nights(job, [at(0, 9)], *[healthy] * 3))[-1] == [Act.CLEAR]


@pytest.mark.parametrize(("hosts", "cleared"), [(3, 12), (2, 3)])
def test_where_all_of_a_watchs_several_entities_end_what_reports_them_may_be_gone(hosts: int, cleared: int) -> None:
    """An exporter that is firewalled off over long holidays, while others are still scraped."""
    job = make_job(Policy(open_after_runs=1), watches=(make_watch(), make_watch(name="inodes")))
    entities = [Labels.of(instance=f"db-{number}", mountpoint="/var") for number in range(hosts)]
    other = make_analysis(None, watch="node/inodes")
    ended = [make_analysis(None, status=SeriesStatus.STALE, entity=entity) for entity in entities]

    decided = nights(job, [make_analysis(9, entity=entity) for entity in entities], *[[*ended, other]] * 12)

    assert [set(night) for night in acts(decided)[1 : cleared + 1]] == [*[{Act.KEEP}] * (cleared - 1), {Act.CLEAR}]


def test_one_of_several_that_ends_while_the_others_go_on_is_gone() -> None:
    job = make_job(Policy(open_after_runs=1))
    others = [make_analysis(None, entity=Labels.of(instance=f"db-{number}", mountpoint="/var")) for number in (2, 3)]
    ended = [make_analysis(None, status=SeriesStatus.STALE), *others]

    assert acts(nights(job, [at(0, 9), *others], ended, ended, ended))[1:] == [[Act.KEEP], [Act.KEEP], [Act.CLEAR]]


def test_an_entity_that_is_gone_is_cleared_after_a_while() -> None:
    job = make_job(Policy(open_after_runs=1))
    decided = nights(job, [at(0, 9)], [], [], [])

    assert acts(decided) == [[Act.OPEN], [Act.KEEP], [Act.KEEP], [Act.CLEAR]]


def test_how_long_an_entity_is_gone_counts_from_when_it_was_last_seen() -> None:
    job = make_job(Policy(open_after_runs=1))
    decided = nights(job, [at(0, 9)], [at(1, 8)], [at(2, 7)], [], [], [])

    assert acts(decided)[3:] == [[Act.KEEP], [Act.KEEP], [Act.CLEAR]]


def test_what_is_gone_before_it_was_told_is_dropped() -> None:
    assert acts(nights(make_job(), [at(0, 20)], [], [], []))[-1] == [Act.DROP]


def test_of_what_was_cleared_there_is_nothing_to_say_once_it_is_gone() -> None:
    job = make_job(Policy(open_after_runs=1, clear_after_runs=1))
    other = make_analysis(None, entity=Labels.of(instance="db-2", mountpoint="/var"))
    gone = [make_analysis(None, status=SeriesStatus.STALE), other]

    assert acts(nights(job, [at(0, 9)], [at(1, None)], *[gone] * 5))[1:] == [[Act.CLEAR], *[[]] * 5]


@pytest.mark.parametrize("missing", [[], [make_analysis(None, status=SeriesStatus.STALE)]], ids=["not there", "stale"])
def test_the_first_run_after_the_source_was_away_takes_nothing_for_gone(missing: list[Analysis]) -> None:
    job = make_job(Policy(open_after_runs=1))
    other = make_analysis(None, entity=Labels.of(instance="db-2", mountpoint="/var"))
    (opened,) = nights(job, [at(0, 9), other])[0]

    def after(night: int, last_saw: int) -> Act:
        known = Situation({opened.finding.fingerprint: opened.finding}, last_saw=AS_OF + timedelta(days=last_saw))
        (decision,) = decide(
            job,
            [*missing, other],
            known,
            complete=frozenset({WATCH}),
            as_of=AS_OF + timedelta(days=night),
            describe=say,
        ).findings
        return decision.act

    assert [after(3, last_saw=0), after(4, last_saw=3)] == [Act.KEEP, Act.CLEAR]
    assert after(3, last_saw=2) is Act.CLEAR  # where it was the entity alone that was away


@pytest.mark.parametrize("missing", [[], [make_analysis(None, status=SeriesStatus.STALE)]], ids=["not there", "stale"])
@pytest.mark.parametrize(("cut", "act"), [(WATCH, Act.KEEP), ("node/inodes", Act.CLEAR)])
def test_the_first_run_that_can_ask_a_watch_again_takes_nothing_of_it_for_gone(
    missing: list[Analysis], cut: str, act: Act
) -> None:
    job = make_job(Policy(open_after_runs=1))
    other = make_analysis(None, entity=Labels.of(instance="db-2", mountpoint="/var"))
    (opened,) = nights(job, [at(0, 9), other])[0]
    last_saw = AS_OF + timedelta(days=3)  # something of other watches

    (decision,) = decide(
        job,
        [*missing, other],
        Situation({opened.finding.fingerprint: opened.finding}, last_saw=last_saw, cut=frozenset({cut})),
        complete=frozenset({WATCH}),
        as_of=AS_OF + timedelta(days=4),
        describe=say,
    ).findings

    assert decision.act is act


@pytest.mark.parametrize("seen", [[], [make_analysis(None, status=SeriesStatus.STALE)]], ids=["not there", "ended"])
def test_an_entity_whose_watch_was_fetched_in_part_is_not_gone(seen: list[Analysis]) -> None:
    job = make_job(Policy(open_after_runs=1))
    (opened,) = nights(job, [at(0, 9)])[0]

    later = decide(
        job,
        [*seen, make_analysis(None, entity=Labels.of(instance="db-2", mountpoint="/var"))],
        Situation({opened.finding.fingerprint: opened.finding}),
        complete=frozenset(),
        as_of=AS_OF + timedelta(days=30),
        describe=say,
    )

    assert {decision.act for decision in later.findings} <= {Act.KEEP}


def test_an_entity_whose_watch_could_not_be_fetched_is_not_gone() -> None:
    job = make_job(Policy(open_after_runs=1))
    (opened,) = nights(job, [at(0, 9)])[0]

    later = decide(
        job,
        [],
        Situation({opened.finding.fingerprint: opened.finding}),
        complete=frozenset(),
        as_of=AS_OF + timedelta(days=30),
        describe=say,
    )

    assert later.findings == ()


def test_of_many_the_most_urgent_open_and_the_rest_are_counted() -> None:
    job = make_job(Policy(open_after_runs=1, incidents_per_run=2))
    hosts = [make_analysis(days, entity=Labels.of(instance=f"h{days}", mountpoint="/")) for days in (25, 3, 14, 6)]

    (decisions,) = nights(job, hosts)

    opened = {decision.finding.entity["instance"] for decision in decisions if decision.act is Act.OPEN}
    deferred = {decision.finding.entity["instance"] for decision in decisions if decision.act is Act.DEFER}
    assert (opened, deferred) == ({"h3"}, {"h6", "h14", "h25"})


def test_deciding_twice_on_the_same_evidence_changes_nothing() -> None:
    job = make_job()
    analyses = [at(0, 9), make_analysis(3, lead=0.7, entity=Labels.of(instance="b", mountpoint="/"))]

    assert nights(job, analyses) == nights(job, analyses)


def test_a_reason_says_what_the_report_says() -> None:
    certain = make_exhaustion(9, within=((7, 0.2), (14, 1.0), (30, 1.0)))
    nearly = make_exhaustion(29, within=((7, 0.0), (14, 0.1), (30, 0.497)))
    same, other = (make_analysis(exhaustion=certain, earlier=one) for one in (certain, make_exhaustion(9)))

    (opened,) = nights(make_job(), [same])[0]
    (differs,) = nights(make_job(), [other])[0]
    held = nights(make_job(), [at(0, 9)], [make_analysis(exhaustion=nearly)])[1][0]

    assert opened.reason == "> 99% within 30 days; without its newest day the history says the same"
    assert differs.reason == "> 99% within 30 days; without its newest day the history says 95%"
    assert held.reason == "49.7% within 30 days is below 50%"


def test_that_yesterdays_history_says_the_same_counts_as_one_run() -> None:
    """Who asks for more runs than two gets them."""
    supported = [replace(at(night, 20), earlier=make_exhaustion(21)) for night in range(2)]

    first, second = nights(make_job(Policy(open_after_runs=3)), *([one] for one in supported))

    assert first[0].act is Act.HOLD
    assert first[0].reason.endswith(
        "seen in 1 of 3 runs; without its newest day the history says the same, which counts as one more"
    )
    assert second[0].act is Act.OPEN


def test_every_decision_has_its_reason() -> None:
    job = make_job(Policy(open_after_runs=2))
    decided = nights(job, [at(0, 20)], [at(1, 19)], [at(2, None)], [at(3, None)])

    reasons = [decision.reason for decisions in decided for decision in decisions]
    assert reasons == [
        "95% within 30 days; seen in 1 of 2 runs",
        "95% within 30 days; seen in 2 runs in a row",
        "1% within 30 days is below 30%; 1 of 2 clean runs",
        "1% within 30 days is below 30%; 2 clean runs in a row",
    ]
    assert [decision.finding.reason for decisions in decided for decision in decisions] == reasons


def test_why_a_finding_that_sank_back_is_held_is_kept_with_it() -> None:
    weaker = replace(at(1, 19), exhaustion=replace(make_exhaustion(19), within=((7, 0.1), (14, 0.3), (30, 0.4))))

    assert nights(make_job(), [at(0, 20)], [weaker])[1][0].finding.reason == "40% within 30 days is below 50%"


def test_a_finding_has_the_labels_that_its_entity_has_now() -> None:
    job = make_job(Policy(open_after_runs=1))
    moved = replace(at(1, 8), labels=Labels.of(team="data"))

    assert nights(job, [at(0, 9)], [moved])[1][0].finding.labels == Labels.of(team="data")
