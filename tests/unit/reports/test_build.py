"""What the report of a night says: ranked by urgency, short on its first screen, and bounded."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from domain.finding import FindingKind, FindingState, Outcome
from domain.forecast import Exhaustion
from domain.run import RunStatus, ShardOutcome, ShardStatus
from domain.series import SeriesStatus
from reports.build import DETAILED, LISTED
from reports.render import render_html, render_json, render_markdown
from reports.scene import ReportLinks, web_address
from tests.fixtures.nights import NAN, crossing, day, night_of, only, pair
from tests.fixtures.report_samples import (
    AS_OF,
    FILESYSTEM,
    JOB,
    VOLUME,
    empty_night,
    quiet_night,
    report_of,
    sample_night,
)


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

    def test_a_date_that_is_past_has_no_time_left(self) -> None:
        """It is of an older run: tonight its watch could not be seen."""
        past = pair("a", crossing(-3, -2, 4))[1]

        risk = only(report_of(replace(night_of(previous=[past]), findings=(past,))))

        assert risk.left == ""

    @pytest.mark.parametrize(
        ("language", "text"),
        [
            ("en", "Most urgent: a a, Filesystem space: 12 Dec or later. Begin by 9 Dec. "),
            ("zh-TW", "最急迫：a a，檔案系統空間，12 月 12 日或更晚。請在 12 月 9 日前開始處理。"),
        ],
    )
    def test_nobody_is_asked_to_begin_because_of_what_probably_does_not_come(self, language: str, text: str) -> None:
        report = report_of(night_of(pair("a", crossing(20, None, None))), language)

        assert report.subline.startswith(text)

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


class TestFirstScreen:
    def test_it_answers_what_runs_out_and_names_the_most_urgent(self) -> None:
        report = report_of(sample_night())

        assert report.headline == "1 is at its limit already. 13 are expected to run out. 1 more may run out."
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
        assert report_of(sample_night(), "zh-TW").headline == "1 項已達門檻。13 項預計將用盡。另有 1 項可能用盡。"

    def test_what_is_told_though_it_comes_more_likely_not_is_counted_apart(self) -> None:
        sure, unsure = pair("sure", crossing(6, 8, 12)), pair("unsure", replace(crossing(9, 0, 0), p50=None, p90=None))

        both, alone = report_of(night_of(sure, unsure)), report_of(night_of(unsure))

        assert both.headline == "1 is expected to run out. 1 more may run out."
        assert alone.headline == "1 may run out."
        tiles = [next(tile for tile in report.tiles if tile.key == "expected") for report in (both, alone)]
        assert [(tile.count.value, tile.note) for tile in tiles] == [
            (1, "1 more may · none has to be begun now"),
            (0, "1 may · none has to be begun now"),
        ]

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

    def test_a_night_like_the_one_before_says_so(self) -> None:
        analysis, finding = pair("a", crossing(6, 8, 12))

        report = report_of(night_of((analysis, finding), previous=[finding]))

        (tile,) = [tile for tile in report.tiles if tile.key == "changed"]
        assert (tile.count.text, tile.note) == ("0", "as the night before")

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

    @pytest.mark.parametrize(
        ("language", "text"),
        [
            ("en", "What others tell already could not all be looked at: some of this may be told twice."),
            ("zh-TW", "未能查得其他系統已告知的全部內容（警告、靜音、事件單）：部分項目可能重複告知。"),
        ],
    )
    def test_a_run_that_could_not_look_around_says_so_and_why(self, language: str, text: str) -> None:
        night = empty_night()
        night = replace(night, run=replace(night.run, status=RunStatus.SUCCEEDED, reason="silences: it is down"))

        report = report_of(night, language)

        assert (report.status_text, report.status_reason) == (text, "silences: it is down")

    @pytest.mark.parametrize(
        ("language", "text"),
        [
            (
                "en",
                (
                    "This job only reports: nobody is told of anything new. "
                    "This run is partial: something that was asked for is missing."
                ),
            ),
            ("zh-TW", "此工作僅產生報告，新狀況不會通知任何人。本次執行不完整：部分要求的資料未能取得。"),
        ],
    )
    def test_a_job_that_may_begin_no_incident_says_that_nobody_is_told(self, language: str, text: str) -> None:
        night = sample_night()
        job = replace(night.job, policy=replace(night.job.policy, incidents_per_run=0))

        assert report_of(replace(night, job=job), language).status_text == text

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
