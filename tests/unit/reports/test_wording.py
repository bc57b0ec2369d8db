"""Findings in sentences: honest about when, how sure, and what is not known."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from domain.finding import Analysis, FindingKind, Growth
from domain.forecast import Exhaustion
from domain.labels import Labels
from domain.notes import Note, NoteCode
from domain.series import SeriesStatus
from domain.watch import Direction, Unit
from reports.evidence import evidence_facts, redo_command
from reports.languages import LANGUAGES
from reports.wording import finding_summary, finding_title, incident_description
from tests.fixtures.report_samples import AS_OF, CERTIFICATE, CPU, FILESYSTEM, GIB, HOSTILE, SUBJECTS, analysis_of

TAIPEI = "Asia/Taipei"
DISK = replace(analysis_of(SUBJECTS[0]), entity=Labels.of(instance="tpe-db-01", mountpoint="/srv"), labels=Labels())


def day(n: float) -> timedelta:
    return timedelta(days=n)


def crossing(p10: float | None, p50: float | None, p90: float | None, lead: float = 0.0) -> Exhaustion:
    first, middle, last = (None if n is None else AS_OF + day(n) for n in (p10, p50, p90))
    return Exhaustion(SeriesStatus.OK, first, middle, last, ((7, 0.2), (14, 0.87), (30, 0.99)), lead)


def disk(found: Exhaustion, status: SeriesStatus = SeriesStatus.OK, score: float | None = 0.4) -> Analysis:
    evidence = replace(
        DISK.evidence,
        current=78 * GIB,
        limit=98.2 * GIB,
        growth=Growth(2.1 * GIB, AS_OF - day(19)),
        backtest_score=score,
    )
    return replace(DISK, exhaustion=found, status=status, evidence=evidence)


def test_a_title_names_the_entity_the_thing_and_the_day() -> None:
    analysis = disk(crossing(6, 8, 12))

    assert (
        finding_title(analysis, FILESYSTEM, "en")
        == "tpe-db-01 /srv: Filesystem space will reach the limit around 29 Nov"
    )
    assert finding_title(analysis, FILESYSTEM, "en", TAIPEI).endswith("around 30 Nov")
    assert (
        finding_title(analysis, FILESYSTEM, "zh-TW", TAIPEI)
        == "tpe-db-01 /srv：檔案系統空間預計 11 月 30 日前後達到上限"
    )


def test_a_label_that_tells_apart_what_lacks_a_name_is_named() -> None:
    analysis = replace(disk(crossing(6, 8, 12)), entity=Labels.of(instance="sw-1", ifIndex="7"))

    assert finding_title(analysis, FILESYSTEM, "en").startswith("sw-1 ifIndex=7: ")


@pytest.mark.parametrize(
    ("found", "claim"),
    [
        (replace(crossing(0, 0, 0), exhausted=True), "Filesystem space already at the limit"),
        (crossing(6, None, None), "Filesystem space may reach the limit from 28 Nov on"),
        (crossing(None, None, None), "Filesystem space not expected to reach the limit"),
        (crossing(0.5, 1.0, 1.5), "Filesystem space will reach the limit around 23 Nov, 03:00 (Asia/Taipei)"),
        (Exhaustion(SeriesStatus.TOO_SHORT), "Filesystem space: nothing can be said"),
    ],
    ids=["exhausted", "p10 only", "none", "within hours", "too short"],
)
def test_a_title_claims_no_more_than_is_known(found: Exhaustion, claim: str) -> None:
    assert finding_title(disk(found), FILESYSTEM, "en", TAIPEI) == f"tpe-db-01 /srv: {claim}"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_title_has_at_most_200_characters_and_keeps_its_claim(language: str) -> None:
    long = replace(disk(crossing(6, 8, 12)), entity=Labels.of(instance="x" * 10_000, mountpoint="/" + "y" * 10_000))

    title = finding_title(long, FILESYSTEM, language)

    assert len(title) <= 200
    assert "29" in title[-20:]


def test_a_title_holds_no_newline_and_no_direction_mark() -> None:
    hostile = replace(disk(crossing(6, 8, 12)), entity=Labels.of(instance=HOSTILE))

    title = finding_title(hostile, FILESYSTEM, "en")

    assert "\n" not in title
    assert "\u202e" not in title
    assert "\\u202e" in title


def test_an_entity_without_labels_is_named_after_its_watch() -> None:
    assert finding_title(replace(DISK, entity=Labels()), FILESYSTEM, "en").startswith("node/filesystem-space: ")


def test_a_summary_says_where_it_stands_how_it_moves_and_when_with_its_interval() -> None:
    assert finding_summary(disk(crossing(6, 8, 12, lead=0.02)), FILESYSTEM, "en", TAIPEI) == (
        "Now 78 GiB of 98.2 GiB (79%). Grows 2.1 GiB a day since 3 Nov. "
        "It reaches its limit around 30 Nov, most likely between 28 Nov and 4 Dec. "
        "Chance within 14 days: 87%. Fixing it takes 3 days; chance that it comes sooner: 2%."
    )


def test_a_summary_in_zh_tw() -> None:
    assert finding_summary(disk(crossing(6, 8, 12, lead=0.02)), FILESYSTEM, "zh-TW", TAIPEI) == (
        "目前 78 GiB，上限 98.2 GiB（已用 79%）。自 11 月 3 日起持續增加，每天 2.1 GiB。"
        "預計 11 月 30 日前後達到上限，最可能落在 11 月 28 日至 12 月 4 日之間。"
        "14 天內發生的機率：87%。處理需要 3 天；來不及處理的機率：2%。"
    )


@pytest.mark.parametrize(
    ("found", "sentence"),
    [
        (crossing(6, 8, None), "around 30 Nov, hardly before 28 Nov; it may take longer than 60 days."),
        (crossing(6, None, None), "It may reach its limit from 28 Nov on, but more likely not within 60 days."),
        (crossing(None, None, None), "It is not expected to reach its limit within 60 days."),
        (crossing(8, 8, 8), "It reaches its limit on 30 Nov."),
        (crossing(0.5, 1, 1.5), "around 23 Nov, 03:00, most likely between 22 Nov, 15:00 and 23 Nov, 15:00."),
        (crossing(6, 8, 60), "between 28 Nov and 21 Jan 2027."),
    ],
    ids=["p90 beyond", "p50 beyond", "all beyond", "one day", "hours", "next year"],
)
def test_a_quantile_beyond_the_horizon_is_said_as_such(found: Exhaustion, sentence: str) -> None:
    assert sentence in finding_summary(disk(found), FILESYSTEM, "en", TAIPEI)


def test_an_hour_is_told_with_its_time_zone_unless_the_reader_knows_it() -> None:
    soon = disk(crossing(0.5, 1, 1.5))

    assert finding_summary(soon, FILESYSTEM, "en", TAIPEI).endswith("All times in Asia/Taipei, UTC+08:00.")
    assert "Taipei" not in finding_summary(soon, FILESYSTEM, "en", TAIPEI, name_zone=False)
    assert "Taipei" not in finding_summary(disk(crossing(6, 8, 12)), FILESYSTEM, "en", TAIPEI)


def test_what_is_exhausted_is_told_without_a_forecast() -> None:
    summary = finding_summary(disk(replace(crossing(0, 0, 0, 1.0), exhausted=True)), FILESYSTEM, "en", TAIPEI)

    assert "It has reached its limit already." in summary
    assert "Chance" not in summary
    assert "Fixing" not in summary


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("status", [s for s in SeriesStatus if s not in (SeriesStatus.OK, SeriesStatus.CONSTANT)])
def test_where_nothing_can_be_said_the_reason_is(status: SeriesStatus, language: str) -> None:
    summary = finding_summary(disk(Exhaustion(status), status), FILESYSTEM, language, TAIPEI)

    assert summary
    assert "30" not in summary


def test_a_forecast_worse_than_naive_is_doubted() -> None:
    doubted = finding_summary(disk(crossing(6, 8, 12), score=1.34), FILESYSTEM, "en", TAIPEI)

    assert "1.34 times as far off as the naive one: take the dates with care." in doubted
    assert "naive" not in finding_summary(disk(crossing(6, 8, 12), score=0.9), FILESYSTEM, "en", TAIPEI)


def test_a_limit_from_below_is_called_so_and_a_countdown_runs_with_the_clock() -> None:
    certificate = analysis_of(next(subject for subject in SUBJECTS if subject.watch is CERTIFICATE))
    too_old = replace(certificate, evidence=replace(certificate.evidence, limit=86400.0))

    summary = finding_summary(too_old, CERTIFICATE, "en", TAIPEI)

    assert summary.startswith(
        "Now 9.2 days, lower limit 24 hours. Runs down with the clock. It reaches its lower limit on"
    )
    assert "下限" in finding_summary(too_old, CERTIFICATE, "zh-TW", TAIPEI)


@pytest.mark.parametrize(
    ("p10", "p50", "p90", "title", "said"),
    [
        (9, 9, 9, "will expire around 1 Dec", "9.2 days left. It expires on 1 Dec."),
        (8, 9, 11, "will expire around 1 Dec", "It expires around 1 Dec, most likely between 30 Nov and 3 Dec."),
        (
            8,
            9,
            None,
            "will expire around 1 Dec",
            "It expires around 1 Dec, hardly before 30 Nov; it may take longer than",
        ),
        (8, None, None, "may expire from 30 Nov on", "It may expire from 30 Nov on, but more likely not within"),
        (None, None, None, "not expected to expire", "It is not expected to expire within"),
    ],
)
def test_what_is_left_of_a_certificate_expires(
    p10: int | None, p50: int | None, p90: int | None, title: str, said: str
) -> None:
    certificate = analysis_of(next(subject for subject in SUBJECTS if subject.watch is CERTIFICATE))
    end = certificate.evidence.end
    dates = [None if days is None else end + timedelta(days=days) for days in (p10, p50, p90)]
    found = replace(certificate.exhaustion, p10=dates[0], p50=dates[1], p90=dates[2])
    told = replace(certificate, exhaustion=found)

    assert finding_title(told, CERTIFICATE, "en", TAIPEI).endswith(title)
    assert said in finding_summary(told, CERTIFICATE, "en", TAIPEI)
    for text in (
        finding_title(told, CERTIFICATE, "zh-TW", TAIPEI),
        finding_summary(told, CERTIFICATE, "zh-TW", TAIPEI),
        incident_description(told, CERTIFICATE, "zh-TW", TAIPEI).partition("佐證")[0],
    ):
        assert "到期" in text
        assert "限" not in text


@pytest.mark.parametrize(
    ("language", "titles"),
    [
        ("en", ("Lower limit", "Lower limit query", "Limit", "Limit query")),
        ("zh-TW", ("下限", "下限查詢", "上限", "上限查詢")),
    ],
)
def test_the_evidence_calls_a_lower_limit_so(language: str, titles: tuple[str, str, str, str]) -> None:
    certificate = analysis_of(next(subject for subject in SUBJECTS if subject.watch is CERTIFICATE))
    asked = replace(certificate, evidence=replace(certificate.evidence, limit_query="fw_floor"))
    disk_set = replace(DISK, evidence=replace(DISK.evidence, limit_query=None))
    disk_asked = replace(DISK, evidence=replace(DISK.evidence, limit_query="fw_size"))

    told = (
        evidence_facts(analysis, watch, language, TAIPEI)[2].name
        for analysis, watch in (
            (certificate, CERTIFICATE),
            (asked, CERTIFICATE),
            (disk_set, FILESYSTEM),
            (disk_asked, FILESYSTEM),
        )
    )

    assert tuple(told) == titles


@pytest.mark.parametrize(
    ("language", "title", "summary"),
    [
        ("en", "a: TLS certificate has expired", "Expired 2 days ago."),
        ("zh-TW", "a：TLS 憑證已過期", "已過期 2 天。"),
    ],
)
def test_a_certificate_that_is_past_its_end_has_expired(language: str, title: str, summary: str) -> None:
    certificate = analysis_of(next(subject for subject in SUBJECTS if subject.watch is CERTIFICATE))
    past = replace(
        certificate,
        entity=Labels.of(instance="a"),
        exhaustion=replace(crossing(0, 0, 0, 1.0), exhausted=True),
        evidence=replace(certificate.evidence, current=-2 * 86_400.0),
    )

    assert finding_title(past, CERTIFICATE, language, TAIPEI) == title
    assert finding_summary(past, CERTIFICATE, language, TAIPEI) == summary


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_command_to_redo_it_asks_for_all_that_was_asked_or_says_where_that_stands(language: str) -> None:
    """A shard of a large watch has a query of up to 12,000 characters. One that is cut asks for other series."""
    names = "|".join(f"node-{n:04}" for n in range(1000))
    long = replace(DISK.evidence, query=f'fw_used{{instance=~"{names}"}}')
    short = replace(DISK.evidence, query=f'fw_used{{instance=~"{names[:3000]}"}}')

    cut, whole = (redo_command(evidence, language).splitlines()[0] for evidence in (long, short))

    assert cut.startswith("# ")
    assert "`forewarn explain`" in cut
    assert short.query in whole


def test_a_share_of_the_limit_is_not_said_of_percent() -> None:
    busy = analysis_of(next(subject for subject in SUBJECTS if subject.watch is CPU))

    assert finding_summary(busy, CPU, "en", TAIPEI).startswith("Now 75%, limit 90%. ")


def test_what_falls_and_what_stands_is_told_as_such() -> None:
    def with_growth(growth: Growth | None) -> str:
        analysis = disk(crossing(None, None, None))
        return finding_summary(
            replace(analysis, evidence=replace(analysis.evidence, growth=growth)), FILESYSTEM, "en", TAIPEI
        )

    assert "Falls 2 GiB a day." in with_growth(Growth(-2 * GIB))
    assert "Does not grow." in with_growth(Growth(0.0))
    assert "Grows" not in with_growth(None)


def test_what_is_far_too_large_is_told_with_what_could_be_given_back() -> None:
    large = replace(disk(crossing(None, None, None)), oversized_by=60 * GIB)

    assert finding_title(large, FILESYSTEM, "en") == "tpe-db-01 /srv: Filesystem space: far too large"
    assert "60 GiB could be given back." in finding_summary(large, FILESYSTEM, "en", TAIPEI)
    assert "not expected to reach" in finding_title(large, FILESYSTEM, "en", kind=FindingKind.EXHAUSTION)


def test_what_is_judged_by_its_peaks_says_where_they_are() -> None:
    analysis = disk(crossing(6, 8, 12))
    peaking = replace(analysis, evidence=replace(analysis.evidence, current=10 * GIB, peak=90 * GIB))

    assert "(10%). Its days peak near 90 GiB (92%). Grows" in finding_summary(peaking, FILESYSTEM, "en", TAIPEI)
    assert "（已用 10%）。每日尖峰約 90 GiB（92%）。" in finding_summary(peaking, FILESYSTEM, "zh-TW", TAIPEI)
    below = replace(FILESYSTEM, direction=Direction.DOWN)
    assert "Its days bottom out near 90 GiB." in finding_summary(peaking, below, "en", TAIPEI)


@pytest.mark.parametrize(("language", "score"), [("en", "none: it never moved"), ("zh-TW", "無：數值從未變動")])
def test_what_never_moved_had_nothing_to_be_tested_on(language: str, score: str) -> None:
    still = disk(Exhaustion(SeriesStatus.CONSTANT), SeriesStatus.CONSTANT, score=None)
    young = disk(crossing(6, 8, 12), score=None)

    assert score in {fact.value for fact in evidence_facts(still, FILESYSTEM, language, TAIPEI)}
    assert score not in {fact.value for fact in evidence_facts(young, FILESYSTEM, language, TAIPEI)}


@pytest.mark.parametrize(
    ("language", "window"),
    [
        ("en", "20 Oct 2025, 03:00 to 22 Nov, 03:00"),
        ("zh-TW", "2025 年 10 月 20 日 03:00 至 11 月 22 日 03:00"),
    ],
)
def test_a_window_that_began_in_another_year_says_so(language: str, window: str) -> None:
    """Without, 398 days of history look like 33."""
    long = replace(DISK, evidence=replace(DISK.evidence, start=DISK.evidence.end - timedelta(days=398)))

    assert window in {fact.value for fact in evidence_facts(long, FILESYSTEM, language, TAIPEI)}


@pytest.mark.parametrize("unit", list(Unit))
def test_no_space_stands_between_two_words_in_chinese(unit: Unit) -> None:
    watch = replace(FILESYSTEM, unit=unit)
    changed = Note(NoteCode.LIMIT_CHANGED, (("at", AS_OF.timestamp()), ("before", 7.0), ("after", 9.0)))
    evidence = replace(DISK.evidence, current=5.0, limit=9.0, peak=7.0, growth=Growth(0.2), notes=(changed,))

    text = incident_description(replace(DISK, evidence=evidence), watch, "zh-TW", TAIPEI)

    assert re.findall("[\u4e00-\u9fff]+ [\u4e00-\u9fff]+", text) == []


class TestIncidentDescription:
    def test_it_holds_the_summary_the_advice_the_evidence_and_how_to_redo_it(self) -> None:
        text = incident_description(disk(crossing(6, 8, None)), FILESYSTEM, "en", TAIPEI, report_url="https://fw/r/1")

        for part in (
            "It reaches its limit around 30 Nov",
            "### What to do\n\nRemove or rotate what grows",
            "| | Reaches its limit |",
            "| P90 | not within 60 days |",
            "| Chance within 14 days | 87% |",
            "- `mountpoint` = `/srv`",
            "- Samples seen: 8,601 of 8,641 (99.5%)",
            "- Method: theil-sen + daily season",
            'curl -sG "$PROMETHEUS_URL/api/v1/query_range" --data-urlencode \'query=',
            "start=2026-10-22T19:00:00Z",
            "[The report of that night](<https://fw/r/1>)",
            "*All times in Asia/Taipei, UTC+08:00.*",
        ):
            assert part in text

    def test_a_part_with_nothing_in_it_has_no_heading(self) -> None:
        analysis = disk(crossing(6, 8, 12))
        noticed = replace(analysis.evidence, notes=(), warnings=("truncated",))
        nothing = replace(noticed, warnings=())

        assert "### Noticed" in incident_description(replace(analysis, evidence=noticed), FILESYSTEM, "en", TAIPEI)
        assert "### Noticed" not in incident_description(replace(analysis, evidence=nothing), FILESYSTEM, "en", TAIPEI)

    @pytest.mark.parametrize("language", LANGUAGES)
    def test_it_has_at_most_20000_characters(self, language: str) -> None:
        labels = Labels.of({f"label_{i}": HOSTILE * 200 for i in range(200)})
        analysis = disk(crossing(6, 8, 12))
        evidence = replace(
            analysis.evidence, query="up" * 50_000, limit_query="x" * 50_000, warnings=(HOSTILE * 100,) * 300
        )

        text = incident_description(
            replace(analysis, labels=labels, entity=labels, evidence=evidence), FILESYSTEM, language, TAIPEI
        )

        assert len(text) <= 20_000

    def test_hostile_labels_and_warnings_are_inert(self) -> None:
        analysis = disk(crossing(6, 8, 12))
        hostile = replace(
            analysis,
            entity=Labels.of(instance=HOSTILE),
            evidence=replace(analysis.evidence, warnings=(HOSTILE,), query='up{a=~"\'; rm -rf / #"}'),
        )

        text = incident_description(hostile, FILESYSTEM, "en", TAIPEI)

        assert "\u202e" not in text
        outside_code = re.sub(r"(`+)(?!`).*?(?<!`)\1(?!`)", "", text)
        assert "<script>" not in outside_code
        assert "**bold**" not in outside_code
        assert "'query=up{a=~\"'\"'\"'; rm -rf / #\"}'" in text  # quoted for the shell

    def test_a_report_address_can_not_break_out_of_its_link(self) -> None:
        text = incident_description(disk(crossing(6, 8, 12)), FILESYSTEM, "en", TAIPEI, report_url="https://x/>) [y](z")

        assert "(<https://x/%3E)%20[y](z>)" in text

    def test_a_probability_beyond_the_horizon_is_left_out(self) -> None:
        beyond = replace(crossing(6, 8, 12), within=((14, 0.87), (30, float("nan"))), within_lead_time=float("nan"))

        text = incident_description(disk(beyond), FILESYSTEM, "en", TAIPEI)

        assert "| Chance within 14 days | 87% |" in text
        assert "within 30 days" not in text
        assert "nan" not in text

    def test_what_is_exhausted_has_no_quantiles(self) -> None:
        text = incident_description(disk(replace(crossing(0, 0, 0), exhausted=True)), FILESYSTEM, "en", TAIPEI)

        assert "### When\n\nIt has reached its limit already." in text
        assert "P10" not in text


@pytest.mark.parametrize("unit", list(Unit))
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_unit_can_be_told_of(unit: Unit, language: str) -> None:
    watch = replace(FILESYSTEM, unit=unit)
    analysis = disk(crossing(6, 8, 12))
    odd = replace(analysis, evidence=replace(analysis.evidence, current=1e-9, limit=1e18, growth=Growth(-1e-12)))

    for subject in (analysis, odd):
        assert finding_summary(subject, watch, language, TAIPEI)
        assert incident_description(subject, watch, language, TAIPEI)
