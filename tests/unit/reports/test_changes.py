"""What a report says has changed since the night before."""

from __future__ import annotations

from dataclasses import replace

import pytest

from domain.finding import FindingState, Severity
from domain.forecast import Exhaustion
from domain.run import ShardOutcome, ShardStatus
from domain.series import SeriesStatus
from domain.watch import Direction, Watch
from tests.fixtures.nights import changes, crossing, day, night_of, only, pair
from tests.fixtures.report_samples import (
    AS_OF,
    CERTIFICATE,
    FILESYSTEM,
    report_of,
)


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

    @pytest.mark.parametrize(
        ("then", "now", "told"),
        [
            (None, 8.0, {"worse": ["expected 30 Nov; the night before, probably not"]}),
            (8.0, None, {"better": ["probably not; the night before, expected 30 Nov"]}),
            (None, 58.0, {}),  # it was just beyond the horizon of 60 days, and is just within
            (58.0, None, {}),
            (None, None, {}),
        ],
    )
    def test_so_is_one_that_came_within_the_horizon_or_left_it(
        self, then: float | None, now: float | None, told: dict[str, list[str]]
    ) -> None:
        (_, before), (analysis, finding) = (
            pair("a", replace(crossing(6, 7, 59), p50=None if days is None else AS_OF + day(days)))
            for days in (then, now)
        )

        report = report_of(night_of((analysis, finding), previous=[before], watches=(FILESYSTEM,)))

        assert changes(report) == told

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

    def test_what_is_no_longer_watched_is_named_without_a_title_in_one_language(self) -> None:
        gone = replace(pair("a", crossing(6, 8, 12))[1], watch="redis/memory", title="a: Memory will reach the limit")

        report = report_of(replace(night_of(previous=[gone]), findings=(gone,)), "zh-TW")

        ((change,),) = (group.changes for group in report.changes)
        assert (change.entity, change.thing) == ("a a", "redis/memory")
        assert report.expected == ()
