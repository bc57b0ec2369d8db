"""What the report of a night says: ranked by urgency, compared with the night before, and honest about the rest."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from domain.finding import Analysis, Finding, FindingKind, FindingState, Outcome, Severity
from domain.forecast import Exhaustion
from domain.notes import Note, NoteCode
from domain.run import RunStatus, ShardOutcome, ShardStatus
from domain.series import SeriesStatus, SourceNotes
from domain.watch import Direction, Unit, Watch
from reports.build import DETAILED, LISTED
from reports.render import render_html, render_json, render_markdown
from reports.scene import ReportLinks, web_address
from reports.views import CapacityReport, Risk
from tests.fixtures.report_samples import (
    AS_OF,
    CERTIFICATE,
    FILESYSTEM,
    GIB,
    JOB,
    RUN,
    SUBJECTS,
    VOLUME,
    Night,
    Subject,
    analysis_of,
    empty_night,
    finding_of,
    line,
    quiet_night,
    report_of,
    sample_night,
)

DISK = SUBJECTS[0]
NAN = float("nan")


def day(n: float) -> timedelta:
    return timedelta(days=n)


def crossing(*days: float | None, lead: float = 0.1) -> Exhaustion:
    p10, p50, p90 = (None if n is None else AS_OF + day(n) for n in days)
    return Exhaustion(SeriesStatus.OK, p10, p50, p90, ((7, 0.1), (14, 0.6), (30, 0.9)), lead)


def pair(name: str, found: Exhaustion, watch: Watch = FILESYSTEM) -> tuple[Analysis, Finding]:
    labels = dict.fromkeys(watch.entity, name)
    subject = Subject(watch, labels, line(1e9, 0), 1e11)
    analysis = replace(analysis_of(subject), exhaustion=found)
    return analysis, finding_of(subject, analysis)


def night_of(
    *pairs: tuple[Analysis, Finding],
    previous: list[Finding] | None = None,
    shards: tuple[ShardOutcome, ...] | None = None,
    watches: tuple[Watch, ...] = (FILESYSTEM, VOLUME),
) -> Night:
    complete = tuple(ShardOutcome(watch.key, ShardStatus.DONE) for watch in watches)
    return Night(
        replace(RUN, status=RunStatus.SUCCEEDED, reason=""),
        replace(JOB, watches=watches),
        tuple(analysis for analysis, _ in pairs),
        tuple(finding for _, finding in pairs),
        None if previous is None else tuple(previous),
        complete if shards is None else shards,
    )


def only(report: CapacityReport) -> Risk:
    (risk,) = report.exhausted + report.expected
    return risk


def changes(report: CapacityReport) -> dict[str, list[str]]:
    return {group.key: [change.text for change in group.changes] for group in report.changes}


class TestUrgency:
    def test_three_days_are_plenty_for_minutes_of_work_and_few_for_days_of_it(self) -> None:
        slow = pair("hardware", crossing(4, 5, 6), replace(FILESYSTEM, lead_time=day(4)))
        quick = pair("resize", crossing(2, 3, 4), replace(VOLUME, lead_time=timedelta(hours=2)))
        watches = (replace(FILESYSTEM, lead_time=day(4)), VOLUME)

        report = report_of(night_of(quick, slow, watches=watches))

        assert [risk.entity for risk in report.expected] == ["hardware hardware", "resize resize"]

    def test_what_is_exhausted_comes_first(self) -> None:
        soon = pair("soon", crossing(0.1, 0.2, 0.3))
        done = pair("done", replace(crossing(0, 0, 0), exhausted=True))

        report = report_of(night_of(soon, done))

        assert [risk.entity for risk in report.exhausted] == ["done done"]
        assert [(risk.entity, risk.rank) for risk in report.expected] == [("soon soon", 2)]

    def test_begin_by_is_p10_less_the_lead_time(self) -> None:
        risk = only(report_of(night_of(pair("a", crossing(6, 8, 12)))))

        assert risk.begin is not None
        assert risk.begin.at == "2026-11-24T19:00:00Z"
        assert risk.begin_text == "25 Nov"
        assert not risk.overdue

    def test_when_it_is_too_late_to_begin_in_time_the_report_says_now(self) -> None:
        risk = only(report_of(night_of(pair("a", crossing(2, 8, 12)))))

        assert risk.begin_text == "now"
        assert risk.overdue

    def test_without_a_p50_it_is_said_that_it_is_unlikely(self) -> None:
        risk = only(report_of(night_of(pair("a", crossing(20, None, None)))))

        assert (risk.when, risk.interval, risk.left) == ("probably not", "12 Dec or later", "")
        assert risk.middle is None

    def test_p90_is_after_p10_on_the_span(self) -> None:
        risk = only(report_of(night_of(pair("a", crossing(6, 8, 12)))))

        assert risk.span is not None
        assert risk.span.middle is not None
        assert 0 < risk.span.left < risk.span.middle < risk.span.left + risk.span.width

    def test_one_command_makes_the_same_run_again(self) -> None:
        detail = only(report_of(night_of(pair("a", crossing(6, 8, 12))))).detail

        assert detail is not None
        assert detail.redo.splitlines()[0] == ("forewarn run nightly-capacity --as-of 2026-11-21T19:00:00Z --dry-run")


class TestState:
    @pytest.mark.parametrize(("language", "text"), [("en", "open since 20 Nov"), ("zh-TW", "11 月 20 日起列管")])
    def test_what_is_open_is_not_said_to_have_an_incident(self, language: str, text: str) -> None:
        """No Control Plane may be set, or nothing have reached it yet: the report is written before that is known."""
        analysis, finding = pair("a", crossing(6, 8, 12))

        risk = only(report_of(night_of((analysis, replace(finding, opened_at=AS_OF - day(2)))), language))

        assert risk.state_text == text

    @pytest.mark.parametrize(("language", "text"), [("en", "not told yet"), ("zh-TW", "尚未通知")])
    def test_what_is_pending_is_not_told_yet(self, language: str, text: str) -> None:
        analysis, finding = pair("a", crossing(6, 8, 12))

        assert (
            only(report_of(night_of((analysis, replace(finding, state=FindingState.PENDING))), language)).state_text
            == text
        )

    @pytest.mark.parametrize(
        ("language", "text"),
        [("en", "not told again: a person closed its incident"), ("zh-TW", "事件單已由人員關閉，暫不再通知")],
    )
    def test_what_a_person_wants_to_hear_no_more_of_is_not_announced(self, language: str, text: str) -> None:
        analysis, finding = pair("a", crossing(6, 8, 12))
        pending = replace(finding, state=FindingState.PENDING, opened_at=None)
        quiet = replace(pending, outcome=Outcome.FALSE_POSITIVE, quiet_until=AS_OF + day(20))
        accepted = replace(pending, outcome=Outcome.ACCEPTED_RISK)
        over = replace(quiet, quiet_until=AS_OF)

        said = [only(report_of(night_of((analysis, one)), language)).state_text for one in (quiet, accepted, over)]

        assert said[:2] == [text, text]
        assert said[2] != text


class TestChanges:
    def test_the_first_report_has_nothing_to_compare_with(self) -> None:
        report = report_of(night_of(pair("a", crossing(6, 8, 12))))

        assert not report.compared
        assert report.changes == ()
        assert only(report).change == ""

    def test_what_was_not_there_is_new(self) -> None:
        report = report_of(night_of(pair("a", crossing(6, 8, 12)), previous=[]))

        assert changes(report) == {"new": ["was not there the night before"]}
        assert only(report).change == "new"

    @pytest.mark.parametrize(
        ("then", "now", "word"),
        [
            (8.0, 8.5, None),  # within a day
            (40.0, 37.0, None),  # less than a tenth of the time that was left
            (8.0, 6.0, "worse"),
            (8.0, 11.0, "better"),
        ],
    )
    def test_a_date_that_moved_by_a_day_and_a_tenth_is_a_change(
        self, then: float, now: float, word: str | None
    ) -> None:
        before = pair("a", crossing(1, then, 50))[1]

        report = report_of(night_of(pair("a", crossing(1, now, 50)), previous=[before]))

        assert list(changes(report)) == ([] if word is None else [word])

    def test_a_severity_that_rose_is_worse_and_one_that_fell_is_better(self) -> None:
        analysis, finding = pair("a", crossing(6, 8, 12))
        warned = replace(finding, severity=Severity.WARNING)

        assert changes(report_of(night_of((analysis, warned), previous=[finding]))) == {
            "worse": ["severity rose from Info to Warning"]
        }
        assert changes(report_of(night_of((analysis, finding), previous=[warned]))) == {
            "better": ["severity fell from Warning to Info"]
        }

    def test_what_reached_its_limit_is_worse(self) -> None:
        before = pair("a", crossing(1, 2, 3))[1]
        now = pair("a", replace(crossing(0, 0, 0), exhausted=True))

        assert changes(report_of(night_of(now, previous=[before]))) == {
            "worse": ["has reached its limit since the night before"]
        }

    def test_what_is_over_is_cleared(self) -> None:
        before = pair("a", crossing(6, 8, 12))[1]
        analysis, finding = pair("a", crossing(None, None, None))
        cleared = replace(finding, state=FindingState.CLEARED)

        report = report_of(night_of((analysis, cleared), previous=[before]))

        assert changes(report) == {"cleared": ["is over"]}
        assert report.expected == ()

    def test_what_reached_its_lower_limit_is_told_so(self) -> None:
        seats = replace(FILESYSTEM, direction=Direction.DOWN)
        before = pair("a", crossing(1, 2, 3), seats)[1]
        now = pair("a", replace(crossing(0, 0, 0), exhausted=True), seats)
        night = night_of(now, previous=[before], watches=(seats,))

        assert changes(report_of(night)) == {"worse": ["has reached its lower limit since the night before"]}
        assert changes(report_of(night, "zh-TW")) == {"worse": ["前一晚之後已達下限"]}
        assert only(report_of(night)).limit_name == "Lower limit"

    def test_a_certificate_that_ended_has_expired(self) -> None:
        before = pair("a", crossing(1, 2, 3), CERTIFICATE)[1]
        analysis, finding = pair("a", replace(crossing(0, 0, 0), exhausted=True), CERTIFICATE)
        over = replace(analysis, evidence=replace(analysis.evidence, current=-7200.0, limit=0.0))
        night = night_of((over, finding), previous=[before], watches=(CERTIFICATE,))

        assert changes(report_of(night)) == {"worse": ["has expired since the night before"]}
        assert only(report_of(night, "zh-TW")).current.text == "已過期 2 小時"

    def test_what_is_at_its_limit_is_no_news_while_it_stays_there(self) -> None:
        """Its date is that of each run, and so moves every night."""
        yesterday, today = crossing(-1, -1, -1), crossing(0, 0, 0)
        before = pair("a", replace(yesterday, exhausted=True))[1]

        report = report_of(night_of(pair("a", replace(today, exhausted=True)), previous=[before]))

        assert changes(report) == {}

    def test_what_is_clearing_is_better_and_no_longer_expected(self) -> None:
        before = pair("a", crossing(6, 8, 12))[1]
        analysis, finding = pair("a", crossing(None, None, None))

        report = report_of(night_of((analysis, replace(finding, state=FindingState.CLEARING)), previous=[before]))

        assert changes(report) == {"better": ["is no longer expected; its incident closes if that stays so"]}
        assert report.expected == ()

    @pytest.mark.parametrize(
        ("watch", "text"),
        [
            (FILESYSTEM, "is below its limit again; its incident closes if that stays so"),
            (CERTIFICATE, "is above its lower limit again; its incident closes if that stays so"),
        ],
    )
    def test_what_was_at_its_limit_and_is_clearing_is_off_it_again(self, watch: Watch, text: str) -> None:
        before = pair("a", replace(crossing(0, 0, 0), exhausted=True), watch)[1]
        analysis, finding = pair("a", crossing(None, None, None), watch)
        clearing = replace(finding, state=FindingState.CLEARING)

        report = report_of(night_of((analysis, clearing), previous=[before], watches=(watch,)))

        assert changes(report) == {"better": [text]}

    def test_what_was_clearing_is_cleared_on_the_night_on_which_it_is_over(self) -> None:
        """With two clean runs a finding is clearing on the night before it is cleared."""
        analysis, finding = pair("a", crossing(None, None, None))
        before, after = (replace(finding, state=state) for state in (FindingState.CLEARING, FindingState.CLEARED))

        assert changes(report_of(night_of((analysis, after), previous=[before]))) == {"cleared": ["is over"]}

    def test_what_is_still_clearing_is_no_news(self) -> None:
        analysis, finding = pair("a", crossing(None, None, None))
        clearing = replace(finding, state=FindingState.CLEARING)

        assert changes(report_of(night_of((analysis, clearing), previous=[clearing]))) == {}

    def test_what_was_clearing_and_is_expected_again_is_worse(self) -> None:
        analysis, finding = pair("a", crossing(6, 8, 12))
        before = replace(finding, state=FindingState.CLEARING)

        assert changes(report_of(night_of((analysis, finding), previous=[before]))) == {"worse": ["is expected again"]}

    def test_what_was_at_its_limit_and_clearing_and_is_expected_again_is_worse(self) -> None:
        """A finding that is clearing remembers its last trouble: that it left its limit was told a night before."""
        at_its_limit = replace(crossing(0, 0, 0), exhausted=True)
        before = replace(pair("a", at_its_limit)[1], state=FindingState.CLEARING)

        expected = report_of(night_of(pair("a", crossing(6, 8, 12)), previous=[before]))
        reached = report_of(night_of(pair("a", at_its_limit), previous=[before]))

        assert changes(expected) == {"worse": ["is expected again"]}
        assert changes(reached) == {"worse": ["has reached its limit since the night before"]}

    @pytest.mark.parametrize(
        ("language", "text"),
        [
            ("en", "a person closed its incident; it could not be judged tonight"),
            ("zh-TW", "事件單已由人員關閉；今晚未能判斷"),
        ],
    )
    def test_what_a_person_closed_and_nothing_can_be_said_of_is_not_called_gone(self, language: str, text: str) -> None:
        analysis, finding = pair("a", crossing(6, 8, 12))
        sparse = replace(analysis, status=SeriesStatus.TOO_SPARSE, exhaustion=Exhaustion(SeriesStatus.TOO_SPARSE))
        closed = replace(finding, state=FindingState.CLEARED, last_seen=AS_OF - day(1))

        report = report_of(night_of((sparse, closed), previous=[finding]), language)

        assert changes(report) == {"cleared": [text]}

    def test_what_is_cleared_because_it_is_gone_is_not_called_over(self) -> None:
        """Absence is not health."""
        before = pair("a", crossing(6, 8, 12))[1]
        night = night_of(previous=[before])

        gone = replace(before, state=FindingState.CLEARED, last_seen=AS_OF - day(3))

        report = report_of(replace(night, findings=(gone,)))

        assert changes(report) == {"cleared": ["has not been reported for so long that it counts as gone"]}

    def test_what_could_not_be_judged_stands_as_it_was_told_last(self) -> None:
        analysis, finding = pair("a", crossing(6, 8, 12))
        stale = replace(analysis, status=SeriesStatus.STALE, exhaustion=Exhaustion(SeriesStatus.STALE))

        report = report_of(night_of((stale, replace(finding, last_seen=AS_OF - day(1))), previous=[finding]))

        assert changes(report) == {"unseen": ["could not be judged tonight; what stands here is older"]}
        assert only(report).when == "30 Nov"
        assert only(report).state_text == "not seen tonight: as of 21 Nov"

    def test_what_was_not_looked_at_is_not_called_cleared(self) -> None:
        """Absence is not health."""
        before = pair("a", crossing(6, 8, 12))[1]
        failed = (ShardOutcome(FILESYSTEM.key, ShardStatus.FAILED, "503"),)

        report = report_of(night_of(previous=[before], shards=failed))

        assert list(changes(report)) == ["unseen"]

    def test_a_finding_of_a_watch_that_failed_still_stands_and_says_how_old_it_is(self) -> None:
        _, finding = pair("a", crossing(6, 8, 12))
        stale = replace(finding, last_seen=AS_OF - day(1))
        night = night_of(previous=[stale], shards=(ShardOutcome(FILESYSTEM.key, ShardStatus.FAILED, "503"),))

        risk = only(report_of(replace(night, findings=(stale,))))

        assert risk.state_text == "not seen tonight: as of 21 Nov"
        assert risk.change == "unseen"

    def test_a_watch_that_left_the_job_takes_its_findings_with_it_and_the_report_says_so(self) -> None:
        gone = replace(pair("a", crossing(6, 8, 12))[1], watch="redis/memory", title="redis-01: Memory")

        report = report_of(replace(night_of(previous=[gone]), findings=(gone,)))

        assert changes(report) == {"unseen": ["its watch is no longer part of the job"]}
        assert report.expected == ()


class TestBeyondTheHorizon:
    """What was not forecast has no probability: neither a number nor the name of none."""

    @pytest.mark.parametrize("language", ["en", "zh-TW"])
    def test_a_probability_that_is_not_known_is_left_out(self, language: str) -> None:
        beyond = replace(crossing(6, 8, None), within=((7, 0.1), (14, 0.6), (30, NAN)), within_lead_time=NAN)

        report = report_of(night_of(pair("a", beyond)), language)

        risk = only(report)
        assert [chance.days for chance in risk.chances] == [7, 14]
        assert risk.chance is not None
        assert (risk.chance.days, risk.too_late.value, risk.too_late.text) == (14, None, "—")
        for written in (render_html(report), render_markdown(report), render_json(report)):
            assert re.search(r"\bnan\b|unknown|不明", written, re.IGNORECASE) is None

    def test_where_no_probability_is_known_none_is_told(self) -> None:
        beyond = replace(crossing(6, None, None), within=((30, NAN),))

        report = report_of(night_of(pair("a", beyond)))

        assert only(report).chance is None
        assert "Chance" not in only(report).summary
        assert "nan" not in render_json(report)

    def test_what_is_possible_is_ranked_by_what_is_known(self) -> None:
        none = pair("none", replace(crossing(20, None, None), within=((30, NAN),)))[0]
        some = pair("some", replace(crossing(20, None, None), within=((14, 0.2), (30, NAN))))[0]
        more = pair("more", replace(crossing(20, None, None), within=((14, 0.3), (30, NAN))))[0]

        report = report_of(replace(night_of(), analyses=(none, some, more)))

        assert [item.figure.text for item in report.possible.items] == ["30%", "20%", "—"]

    def test_what_is_not_known_to_come_too_late_is_ranked_after_what_is(self) -> None:
        slow = replace(FILESYSTEM, lead_time=day(40))
        known = pair("known", crossing(4, 6, 9, lead=0.9), slow)
        others = [pair(name, replace(crossing(3, 5, 9), within_lead_time=NAN), slow) for name in ("x", "y")]

        report = report_of(night_of(others[0], known, others[1], watches=(slow,)))

        assert report.expected[0].entity == "known known"


class TestCoverage:
    def test_every_reason_why_nothing_can_be_said_is_counted_with_names(self) -> None:
        report = report_of(sample_night())

        assert {group.status: group.count.value for group in report.coverage.unsaid} == {
            "too_short": 2,
            "stale": 1,
            "no_limit": 1,
            "too_sparse": 1,
        }
        assert "Filesystem space: new-01:9100 /" in report.coverage.unsaid[0].entities

    @pytest.mark.parametrize(("language", "written"), [("en", "(36 hours to go)"), ("zh-TW", "（還需 36 小時）")])
    def test_what_is_too_young_says_how_long_it_still_takes(self, language: str, written: str) -> None:
        young, _ = pair("new-01", Exhaustion(SeriesStatus.TOO_SHORT))
        warming = Note(NoteCode.WARMING_UP, (("days", 1.5),))
        analysis = replace(young, status=SeriesStatus.TOO_SHORT, evidence=replace(young.evidence, notes=(warming,)))

        (group,) = report_of(replace(night_of(), analyses=(analysis,)), language).coverage.unsaid

        assert group.entities[0].endswith(written)

    def test_long_lists_of_names_are_cut_and_the_rest_is_counted(self) -> None:
        analyses = [replace(pair(f"h{i}", crossing(None, None, None))[0], status=SeriesStatus.STALE) for i in range(30)]

        (group,) = report_of(replace(night_of(), analyses=tuple(analyses))).coverage.unsaid

        assert len(group.entities) == 12
        assert group.more == "and 18 more"

    def test_a_watch_in_trouble_comes_first_with_its_problems_each_once(self) -> None:
        (first, *_) = report_of(sample_night()).coverage.watches

        assert (first.key, first.state) == ("kafka/consumer-lag", "partial")
        assert first.problems == (
            "missing: 2026-11-14 to 2026-11-16",
            'the source warned: PromQL warning: result <b>truncated</b> at "50" series',
            "prometheus answered 503 after 4 tries",
        )

    @pytest.mark.parametrize(
        ("shards", "state"),
        [
            ((ShardOutcome(FILESYSTEM.key, ShardStatus.FAILED, "503"),), "failed"),
            ((ShardOutcome(FILESYSTEM.key, ShardStatus.PENDING),), "partial"),
            ((ShardOutcome(FILESYSTEM.key, ShardStatus.DONE, notes=SourceNotes(partial=True)),), "partial"),
            ((ShardOutcome(FILESYSTEM.key, ShardStatus.DONE),), "empty"),
            ((), "empty"),
        ],
    )
    def test_a_watch_says_how_much_of_it_was_seen(self, shards: tuple[ShardOutcome, ...], state: str) -> None:
        (watch,) = report_of(night_of(shards=shards, watches=(FILESYSTEM,))).coverage.watches

        assert watch.state == state

    def test_what_is_full_is_judged_even_if_it_can_not_be_forecast(self) -> None:
        analysis, _ = pair("a", Exhaustion(SeriesStatus.TOO_SHORT, exhausted=True))
        night = night_of()

        report = report_of(replace(night, analyses=(replace(analysis, status=SeriesStatus.TOO_SHORT),)))

        assert report.coverage.said.value == 1
        assert report.coverage.unsaid == ()

    def test_the_cost_of_the_run_is_told(self) -> None:
        assert report_of(quiet_night()).coverage.cost == (
            "Asked of the source: 120 requests, 1,040,000 samples, 7.6 seconds."
        )


class TestAsides:
    def test_each_entity_stands_in_one_list_only(self) -> None:
        report = report_of(sample_night())
        listed = [
            *(risk.entity for risk in report.exhausted + report.expected),
            *(item.entity for kind in (report.possible, report.cycling, report.oversized) for item in kind.items),
        ]

        assert len(listed) == len(set(listed))
        assert [item.entity for item in report.cycling.items] == [
            "rec-01:9100 /srv/recordings",
            "search elasticsearch-data elasticsearch",
        ]

    def test_what_is_possible_but_told_to_nobody_is_not_hidden(self) -> None:
        analysis, _ = pair("a", crossing(20, None, None))

        report = report_of(replace(night_of(), analyses=(analysis,)))

        (item,) = report.possible.items
        assert item.text.startswith("It may reach its limit from 12 Dec on")

    def test_the_largest_share_to_give_back_comes_first(self) -> None:
        report = report_of(sample_night())

        assert [item.entity for item in report.oversized.items] == ["portal frontend nginx", "archive-01:9100 /data"]
        assert report.oversized.items[0].figure.text == "3.8 GiB"
        assert report.oversized.total == "In all: Container memory 3.8 GiB, Filesystem space 3.52 TiB."
        assert report.oversized.items[0].text == "95% of its 4 GiB could be given back."

    @pytest.mark.parametrize("state", [FindingState.PENDING, FindingState.OPEN, FindingState.CLEARING])
    def test_what_runs_out_of_something_else_is_not_called_too_large(self, state: FindingState) -> None:
        """A file system that is made smaller has fewer inodes, too."""
        inodes = replace(FILESYSTEM, name="filesystem-inodes")
        risk, finding = pair("spool", crossing(6, 8, 12), inodes)
        large = replace(pair("spool", crossing(None, None, None))[0], oversized_by=50 * GIB)
        other = replace(pair("other", crossing(None, None, None))[0], oversized_by=10 * GIB)
        night = night_of((risk, replace(finding, state=state)), watches=(FILESYSTEM, inodes))

        report = report_of(replace(night, analyses=(risk, large, other)))

        assert [item.entity for item in report.oversized.items] == ["other other"]
        assert report.oversized.total == "In all: Filesystem space 10 GiB."

    def test_what_may_run_out_of_something_else_is_not_called_too_large(self) -> None:
        inodes = replace(FILESYSTEM, name="filesystem-inodes")
        perhaps = pair("spool", crossing(20, None, None), inodes)[0]
        large = replace(pair("spool", crossing(None, None, None))[0], oversized_by=50 * GIB)

        report = report_of(replace(night_of(watches=(FILESYSTEM, inodes)), analyses=(perhaps, large)))

        assert report.oversized.items == ()

    def test_a_size_that_ends_in_words_has_no_space_before_the_next_word(self) -> None:
        cores = replace(FILESYSTEM, unit=Unit.CORES)
        idle = pair("cpu", crossing(None, None, None), cores)[0]
        idle = replace(idle, oversized_by=38.0, evidence=replace(idle.evidence, limit=48.0))

        report = report_of(replace(night_of(watches=(cores,)), analyses=(idle,)), "zh-TW")

        assert report.oversized.items[0].text == "48 核心中有 79% 可釋出。"


class TestFirstScreen:
    def test_it_answers_what_runs_out_and_names_the_most_urgent(self) -> None:
        report = report_of(sample_night())

        assert report.headline == "1 is at its limit already. 14 are expected to run out."
        assert (
            "Most urgent: https://mes-gateway.fab12.example.com/healthz, TLS certificate: 23 Nov, 13:00. Begin now."
            in (report.subline)
        )

    def test_what_has_to_be_begun_first_comes_first(self) -> None:
        slow, quick = replace(FILESYSTEM, lead_time=day(7)), replace(VOLUME, lead_time=day(1))
        night = night_of(
            pair("quick", crossing(6, 7, 8), quick),
            pair("slow", crossing(9, 10, 12), slow),
            pair("late", crossing(3, 5, 9, lead=0.7), slow),
            pair("too-late", crossing(4, 6, 9, lead=0.9), slow),
            pair("full", replace(crossing(0, 0, 0), exhausted=True), quick),
            watches=(slow, quick),
        )

        report = report_of(night)

        assert [risk.entity.split()[0] for risk in report.exhausted] == ["full"]
        assert [risk.entity.split()[0] for risk in report.expected] == ["too-late", "late", "slow", "quick"]
        assert [risk.begin_text for risk in report.expected] == ["now", "now", "24 Nov", "27 Nov"]

    def test_it_answers_in_zh_tw(self) -> None:
        assert report_of(sample_night(), "zh-TW").headline == "1 項已達門檻。14 項預計將用盡。"

    def test_a_quiet_night_on_which_everything_was_judged(self) -> None:
        report = report_of(quiet_night())

        assert report.headline == "Nothing is expected to run out."
        assert report.subline == "All 6 entities that were seen were judged."
        assert report.status_text == ""

    def test_a_quiet_night_speaks_only_of_what_was_judged(self) -> None:
        night = quiet_night()
        young = replace(night.analyses[0], status=SeriesStatus.TOO_SHORT)

        report = report_of(replace(night, analyses=(young, *night.analyses[1:])))

        assert report.headline == "Nothing that could be judged is expected to run out."

    def test_a_night_on_which_every_analysis_failed_says_so_and_why(self) -> None:
        night = quiet_night()
        failed = Exhaustion(SeriesStatus.FAILED, reason="ValueError: <b>no</b>")
        analyses = tuple(
            replace(analysis, status=SeriesStatus.FAILED, exhaustion=failed) for analysis in night.analyses
        )

        report = report_of(replace(night, analyses=analyses))

        assert report.headline == "Nothing can be said: none of what was seen could be judged."
        assert report.coverage.unsaid[0].reasons == ("ValueError: <b>no</b>",)

    def test_a_night_on_which_nothing_was_seen_counts_nothing(self) -> None:
        report = report_of(empty_night())

        assert report.headline == "No data to report: nothing was seen."
        assert [tile.count.text for tile in report.tiles] == ["—"] * 4
        assert report.status_text == "This run failed: what stands here is incomplete."
        assert "11 watches were not seen in full" in report.subline

    def test_on_the_first_night_nobody_knows_what_is_new_or_worse(self) -> None:
        (tile,) = [tile for tile in report_of(night_of(pair("a", crossing(6, 8, 12)))).tiles if tile.key == "changed"]

        assert (tile.count.text, tile.note) == ("—", "first report: nothing to compare with")

    @pytest.mark.parametrize(
        ("language", "headline"),
        [
            ("en", "Nothing could be judged tonight; what stands here is older. 1 is expected to run out."),
            ("zh-TW", "今晚未能判斷任何對象，此處為先前的結果。1 項預計將用盡。"),
        ],
    )
    def test_what_stands_on_a_night_on_which_nothing_was_seen_is_called_older(
        self, language: str, headline: str
    ) -> None:
        _, finding = pair("a", crossing(6, 8, 12))
        stale = replace(finding, last_seen=AS_OF - day(1))
        night = night_of(previous=[stale], shards=(ShardOutcome(FILESYSTEM.key, ShardStatus.FAILED, "503"),))

        report = report_of(replace(night, findings=(stale,)), language)

        assert report.headline == headline
        assert [tile.count.text for tile in report.tiles] == ["0", "1", "—", "—"]

    def test_a_partial_run_says_so_and_why(self) -> None:
        report = report_of(sample_night())

        assert report.status_text == "This run is partial: something that was asked for is missing."
        assert "503" in report.status_reason


class TestBounds:
    def test_a_long_list_keeps_details_for_the_most_urgent_and_counts_the_rest(self) -> None:
        pairs = [pair(f"host-{i:04d}", crossing(6 + i / 100, 8 + i / 100, 30)) for i in range(LISTED + 7)]

        report = report_of(night_of(*pairs, previous=[]))

        assert len(report.expected) == LISTED
        assert sum(1 for risk in report.expected if risk.detail) == DETAILED
        assert report.more_risks == "and 7 more"
        assert report.few_details == f"The {DETAILED} most urgent only."
        assert report.few_details in render_html(report)
        assert report.few_details in render_markdown(report)
        assert report.changes[0].count.value == LISTED + 7

    def test_the_first_screen_counts_also_what_the_list_has_no_room_for(self) -> None:
        pairs = [pair(f"host-{i:04d}", crossing(2, 8, 30)) for i in range(LISTED + 7)]

        report = report_of(night_of(*pairs, previous=[]))

        assert report.headline == f"{LISTED + 7} are expected to run out."
        tile = next(tile for tile in report.tiles if tile.key == "expected")
        assert (tile.count.value, tile.note) == (LISTED + 7, f"{LISTED + 7} have to be begun now")

    def test_where_all_are_told_one_by_one_no_word_is_lost_on_it(self) -> None:
        assert report_of(sample_night()).few_details == ""

    def test_analyses_of_other_watches_are_left_out(self) -> None:
        report = report_of(replace(sample_night(), job=replace(JOB, watches=(VOLUME,))))

        assert {risk.watch for risk in report.expected} == {VOLUME.key}

    def test_findings_of_another_kind_are_no_risk(self) -> None:
        analysis, finding = pair("a", crossing(6, 8, 12))

        assert report_of(night_of((analysis, replace(finding, kind=FindingKind.OVERSIZED)))).expected == ()

    def test_the_same_night_gives_the_same_report(self) -> None:
        night = sample_night()
        shuffled = replace(night, analyses=night.analyses[::-1], findings=night.findings[::-1])

        assert report_of(night) == report_of(shuffled)

    def test_an_unknown_time_zone_is_refused(self) -> None:
        with pytest.raises(KeyError, match="Asia/Nowhere"):
            report_of(quiet_night(), timezone="Asia/Nowhere")


class TestLinks:
    def test_a_query_and_a_fingerprint_are_quoted_into_their_address(self) -> None:
        links = ReportLinks("https://fw/f/{fingerprint}", "https://prom/")

        assert links.finding_url("a/b") == "https://fw/f/a%2Fb"
        assert links.query_url('up{a="<b>"} & 1') == (
            "https://prom/graph?g0.expr=up%7Ba%3D%22%3Cb%3E%22%7D%20%26%201&g0.tab=0"
        )

    def test_a_query_too_long_for_an_address_has_no_link(self) -> None:
        assert ReportLinks(source="https://prom").query_url("up" * 2_000) is None

    def test_without_an_address_there_is_no_link(self) -> None:
        assert ReportLinks().finding_url("a") is None
        assert ReportLinks().query_url("up") is None

    @pytest.mark.parametrize(
        "address",
        [
            "javascript:alert(1)",
            "data:text/html,x",
            "//host/x",
            "ftp://h/",
            'https://h/"onclick="',
            "https://h/ x",
            "http://[x",
        ],
    )
    def test_what_is_no_web_address_is_no_link(self, address: str) -> None:
        assert web_address(address) is None
