"""What a report says of all that is no finding: what could not be judged, and what is worth a look."""

from __future__ import annotations

from dataclasses import replace

import pytest

from domain.finding import FindingState
from domain.forecast import Exhaustion
from domain.notes import Note, NoteCode
from domain.run import ShardOutcome, ShardStatus
from domain.series import SeriesStatus, SourceNotes
from domain.watch import Unit
from reports.render import render_markdown
from tests.fixtures.nights import crossing, night_of, pair
from tests.fixtures.report_samples import (
    FILESYSTEM,
    GIB,
    quiet_night,
    report_of,
    sample_night,
)


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

    def test_one_request_is_no_many(self) -> None:
        cheap = ShardOutcome(
            FILESYSTEM.key, ShardStatus.DONE, notes=SourceNotes(requests=1, samples=1, seconds=1.0), series=1
        )
        night = night_of(pair("a", crossing(6, 8, 12)), shards=(cheap,))

        assert report_of(night).coverage.cost == "Asked of the source: 1 request, 1 sample, 1 second."


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

    @pytest.mark.parametrize(
        ("language", "heading", "doubt"),
        [("en", "May run out, but is not told", "probably"), ("zh-TW", "可能用盡，但未通知", "機率不高")],
    )
    def test_what_runs_out_for_sure_but_later_is_not_said_to_be_unlikely(
        self, language: str, heading: str, doubt: str
    ) -> None:
        analysis, _ = pair("a", crossing(44, 45, 46))

        report = report_of(replace(night_of(), analyses=(analysis,)), language)
        said = render_markdown(report)

        (item,) = report.possible.items
        assert item.figure.text == "90%"
        assert heading in said
        assert doubt not in said

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

    @pytest.mark.parametrize(("state", "listed"), [(FindingState.OPEN, []), (FindingState.CLEARED, ["spool spool"])])
    def test_a_finding_that_stands_forbids_it_whatever_was_seen_that_night(
        self, state: FindingState, listed: list[str]
    ) -> None:
        inodes = replace(FILESYSTEM, name="filesystem-inodes")
        unseen, finding = pair("spool", crossing(6, 8, 12), inodes)
        large = replace(pair("spool", crossing(None, None, None))[0], oversized_by=50 * GIB)
        night = night_of((unseen, replace(finding, state=state)), watches=(FILESYSTEM, inodes))

        report = report_of(replace(night, analyses=(large,)))

        assert [item.entity for item in report.oversized.items] == listed

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
