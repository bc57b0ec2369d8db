"""The printed alerting rules as Prometheus itself judges them: what fires when, and under which labels we arrive."""

from __future__ import annotations

import json
import subprocess
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from prometheus_client import CollectorRegistry, start_http_server
from sqlalchemy import Engine

from domain.job import Schedule
from domain.run import RunStatus
from forewarn.alert_rules import alert_rules, to_yaml
from forewarn.job_metrics import JobMetrics
from storage.engine import transaction
from storage.runs import claim_run, finish_run
from tests.fixtures.builders import make_job
from tests.fixtures.prometheus import ServerFactory
from tests.fixtures.servers import find_server, free_port

NIGHTLY = make_job(name="nightly", schedule=Schedule("0 2 * * *", "UTC"))
WORKDAYS = make_job(name="workdays", schedule=Schedule("0 2 * * mon-fri", "UTC"))
JOBS = ("nightly", "workdays")
RULES = alert_rules([NIGHTLY, WORKDAYS], datetime(2026, 11, 22, tzinfo=UTC), delivers=True)

STEP, HOUR, DAY = 300, 3600, 86400
# promtool's time begins on 1 January 1970, a Thursday.
THURSDAY, FRIDAY, SATURDAY, SUNDAY, MONDAY = (day * DAY for day in range(5))
END = 2 * HOUR + 600  # a run of 02:00 ends at 02:10
LAST_END, NEXT_RUN = "forewarn_job_last_end_timestamp_seconds", "forewarn_job_next_run_timestamp_seconds"
FIRING = 'max by (alertname, job) (ALERTS{alertstate="firing"})'

Values = list[tuple[int, float | None]]  # from that second on, this value; None: it is not there
Scraped = dict[str, Values]
Alert = tuple[str, str]  # its name, and its job where it has one


def of_job(metric: str, job: str, instance: str = "a", scraped_by: str = "forewarn") -> str:
    """A job's series as a scrape stores it by default: its own label `job` wins, and ours is `exported_job`."""
    return f'{metric}{{instance="{instance}", job="{scraped_by}", exported_job="{job}"}}'


def honoured(metric: str, job: str) -> str:
    """A job's series as a scrape with `honor_labels: true` stores it."""
    return f'{metric}{{instance="a", job="{job}"}}'


def of_engine(metric: str) -> str:
    return f'forewarn_{metric}{{instance="a", job="forewarn"}}'


def ends(*at: int) -> Values:
    """The newest run's end: that of Wednesday at first, then these."""
    return [(0, END - DAY), *((end, end) for end in at)]


NIGHTS = ends(*(day + END for day in (THURSDAY, FRIDAY, SATURDAY, SUNDAY, MONDAY)))
WORK = ends(*(day + END for day in (THURSDAY, FRIDAY, MONDAY)))
ENGINE: Scraped = {
    of_engine("outbox_waiting"): [(0, 0)],
    of_engine("outbox_oldest_age_seconds"): [(0, 0)],
    of_engine("outbox_dead"): [(0, 0)],
    of_engine("dispatcher_paused"): [(0, 0)],
    of_job(NEXT_RUN, "nightly"): [(0, 1e9)],
    of_job(NEXT_RUN, "workdays"): [(0, 1e9)],
}
WELL: Scraped = ENGINE | {of_job(LAST_END, "nightly"): NIGHTS, of_job(LAST_END, "workdays"): WORK}


def nightly(*at: int) -> Scraped:
    """All is well but for the nightly job, whose runs end at these times."""
    return WELL | {of_job(LAST_END, "nightly"): ends(*at)}


def away(since: int, until: int) -> Scraped:
    """All is well, but nothing is scraped for that time."""
    return {
        series: [*((at, value) for at, value in values if at < since), (since, None), *back(values, until)]
        for series, values in WELL.items()
    }


def back(values: Values, at: int) -> Values:
    """The values from that time on."""
    return [(at, [value for since, value in values if since <= at][-1]), *(one for one in values if one[0] > at)]


def firing(folder: Path, scraped: Scraped, expected: dict[int, set[Alert]]) -> None:
    """Hold the alerts that fire at each of these seconds against those that are expected."""
    (folder / "rules.yml").write_text(to_yaml(RULES))
    until = max(expected)
    case = {
        "interval": f"{STEP}s",
        "input_series": [{"series": name, "values": written(values, until)} for name, values in scraped.items()],
        "promql_expr_test": [
            {"expr": FIRING, "eval_time": f"{at}s", "exp_samples": [sample(alert) for alert in sorted(alerts)]}
            for at, alerts in expected.items()
        ],
    }
    tests = {"rule_files": ["rules.yml"], "evaluation_interval": f"{STEP}s", "tests": [case]}
    (folder / "tests.yml").write_text(json.dumps(tests))
    promtool("test", "rules", str(folder / "tests.yml"))


def written(values: Values, until: int) -> str:
    """One value for each step, as promtool reads them."""
    newest = [[value for since, value in values if since <= at][-1] for at in range(0, until + 1, STEP)]
    return " ".join("_" if value is None else f"{value:.0f}" for value in newest)


def sample(alert: Alert) -> dict[str, object]:
    name, job = alert
    return {"labels": f'{{alertname="{name}"' + (f', job="{job}"}}' if job else "}"), "value": 1}


def promtool(*arguments: str) -> None:
    done = subprocess.run(
        [find_server("promtool"), *arguments], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stdout + done.stderr


GONE, OUTBOX, DEAD, RESTS = ((f"Forewarn{name}", "") for name in ("Gone", "OutboxLate", "OutboxDead", "DeliveryRests"))
LATE, LATE_WORK = ("ForewarnJobLate", "nightly"), ("ForewarnJobLate", "workdays")
NEVER, NEVER_WORK = ("ForewarnJobNeverEnded", "nightly"), ("ForewarnJobNeverEnded", "workdays")
NOBODY: set[Alert] = set()


def test_prometheus_takes_the_file(tmp_path: Path) -> None:
    (tmp_path / "rules.yml").write_text(to_yaml(RULES))

    promtool("check", "rules", str(tmp_path / "rules.yml"))


@pytest.mark.parametrize("day", [THURSDAY, FRIDAY, SATURDAY, SUNDAY, MONDAY])
def test_where_all_is_well_nothing_fires_and_no_job_of_working_days_is_missed_on_a_sunday(
    tmp_path: Path, day: int
) -> None:
    firing(tmp_path, WELL, {day + hour * HOUR: NOBODY for hour in (1, 2, 3, 4, 12, 23)})


def test_a_job_is_late_an_hour_after_it_should_have_ended_and_no_sooner(tmp_path: Path) -> None:
    expected = {FRIDAY + END + HOUR: NOBODY, FRIDAY + END + HOUR + 1500: {LATE}, SATURDAY: {LATE}}

    firing(tmp_path, nightly(THURSDAY + END), expected)


def test_a_run_that_takes_most_of_the_grace_is_not_late(tmp_path: Path) -> None:
    firing(
        tmp_path, nightly(THURSDAY + END, FRIDAY + END + 3000), {FRIDAY + 3 * HOUR: NOBODY, FRIDAY + 4 * HOUR: NOBODY}
    )


def test_a_run_that_succeeds_ends_the_alert(tmp_path: Path) -> None:
    scraped = nightly(THURSDAY + END, FRIDAY + 6 * HOUR)

    firing(tmp_path, scraped, {FRIDAY + 6 * HOUR - STEP: {LATE}, FRIDAY + 6 * HOUR + STEP: NOBODY})


def test_a_job_of_working_days_that_stopped_on_a_friday_is_missed_on_monday(tmp_path: Path) -> None:
    scraped = WELL | {of_job(LAST_END, "workdays"): ends(THURSDAY + END, FRIDAY + END)}

    firing(tmp_path, scraped, {SUNDAY + 12 * HOUR: NOBODY, MONDAY + 3 * HOUR: NOBODY, MONDAY + 4 * HOUR: {LATE_WORK}})


def test_a_job_that_never_ended_is_told_when_it_was_due_for_certain(tmp_path: Path) -> None:
    expected = {24 * HOUR: NOBODY, 25 * HOUR + STEP: {NEVER}, 73 * HOUR + STEP: {NEVER, NEVER_WORK}}

    firing(tmp_path, ENGINE, expected)


def test_the_first_day_is_quiet(tmp_path: Path) -> None:
    noon = THURSDAY + 12 * HOUR
    scraped = away(0, noon) | {of_job(LAST_END, job): [(0, None), *ends(FRIDAY + END)[1:]] for job in JOBS}

    firing(tmp_path, scraped, {noon + HOUR: NOBODY, FRIDAY + 2 * HOUR: NOBODY, FRIDAY + 20 * HOUR: NOBODY})


def test_a_job_that_the_service_does_not_know_is_told(tmp_path: Path) -> None:
    scraped = {series: values for series, values in WELL.items() if "workdays" not in series}

    firing(tmp_path, scraped, {73 * HOUR + STEP: {NEVER_WORK}})


def test_that_nothing_is_scraped_is_told_alone(tmp_path: Path) -> None:
    scraped = away(FRIDAY + 12 * HOUR, MONDAY + 12 * HOUR)
    expected = {
        FRIDAY + 12 * HOUR + 2 * STEP: NOBODY,
        FRIDAY + 13 * HOUR: {GONE},
        SUNDAY + 12 * HOUR: {GONE},
        MONDAY + 13 * HOUR: NOBODY,
    }

    firing(tmp_path, scraped, expected)


def test_a_restart_does_not_put_off_what_is_to_be_told(tmp_path: Path) -> None:
    scraped = away(THURSDAY + 12 * HOUR, THURSDAY + 12 * HOUR + 3 * STEP)
    del scraped[of_job(LAST_END, "nightly")]

    firing(tmp_path, scraped, {THURSDAY + 12 * HOUR + 4 * STEP: NOBODY, 25 * HOUR + STEP: {NEVER}})


@pytest.mark.parametrize("other", [[(0, END - DAY)], [(0, None)]])
def test_one_process_that_can_not_read_the_database_says_nothing_of_a_job(tmp_path: Path, other: Values) -> None:
    scraped = WELL | {of_job(LAST_END, "nightly", instance="b"): other}

    firing(tmp_path, scraped, {FRIDAY + 12 * HOUR: NOBODY, SUNDAY + 12 * HOUR: NOBODY})


def test_a_scrape_that_honours_our_labels_is_judged_alike(tmp_path: Path) -> None:
    scraped = ENGINE | {honoured(LAST_END, "nightly"): ends(THURSDAY + END), honoured(LAST_END, "workdays"): WORK}

    firing(tmp_path, scraped, {FRIDAY + 2 * HOUR: NOBODY, SATURDAY: {LATE}, SUNDAY + 12 * HOUR: {LATE}})


def test_a_scrape_with_a_jobs_name_does_not_speak_for_it(tmp_path: Path) -> None:
    scraped = ENGINE | {
        of_job(LAST_END, "nightly", scraped_by="nightly"): ends(THURSDAY + END),
        of_job(LAST_END, "workdays", scraped_by="nightly"): WORK,
    }

    firing(tmp_path, scraped, {SATURDAY: {LATE}})


@pytest.mark.parametrize(
    ("changed", "alerts"),
    [
        ({"outbox_oldest_age_seconds": 3500}, NOBODY),
        ({"outbox_oldest_age_seconds": 4000}, {OUTBOX}),
        ({"outbox_oldest_age_seconds": 4000, "dispatcher_paused": 1}, {RESTS}),
        ({"outbox_dead": 2}, {DEAD}),
    ],
)
def test_what_is_not_delivered_is_told_by_its_cause(
    tmp_path: Path, changed: dict[str, float], alerts: set[Alert]
) -> None:
    noon = THURSDAY + 12 * HOUR
    scraped = WELL | {of_engine(name): [(0, 0.0), (noon, value)] for name, value in changed.items()}

    firing(tmp_path, scraped, {noon + 2 * STEP: NOBODY, noon + HOUR: alerts})


@pytest.mark.server
def test_a_prometheus_that_scrapes_us_by_default_finds_each_job(
    engine: Engine, prometheus_server: ServerFactory
) -> None:
    """Its own label `job` collides with ours: this tells under which names our metrics arrive."""
    ran(engine, "nightly")
    registry = CollectorRegistry()
    JobMetrics(registry).show([NIGHTLY, WORKDAYS], engine, datetime.now(UTC) + timedelta(minutes=1))
    port = free_port()
    served, thread = start_http_server(port, "127.0.0.1", registry)
    try:
        url = prometheus_server("", scrape=(f"127.0.0.1:{port}",))
        never = {rule.job: rule.expr for rule in RULES if rule.alert == "ForewarnJobNeverEnded"}
        deadline = time.monotonic() + 60
        while not asked(url, NEXT_RUN):
            assert time.monotonic() < deadline, "nothing was scraped"
            time.sleep(0.2)

        assert {one["exported_job"] for one in asked(url, NEXT_RUN)} == {"nightly", "workdays"}
        assert {one["job"] for one in asked(url, NEXT_RUN)} == {"node"}
        assert (len(asked(url, never["nightly"])), len(asked(url, never["workdays"]))) == (0, 1)
    finally:
        served.shutdown()
        served.server_close()
        thread.join()


def asked(url: str, query: str) -> list[dict[str, str]]:
    """The labels of what the query finds."""
    answer = httpx.get(f"{url}/api/v1/query", params={"query": query}).raise_for_status().json()
    return [one["metric"] for one in answer["data"]["result"]]


def ran(engine: Engine, job: str) -> None:
    """Store a run that succeeded."""
    with transaction(engine) as session:
        run = claim_run(session, job=job, as_of=datetime.now(UTC), holder="a", lease_seconds=60).run
        finish_run(session, run.id, holder="a", status=RunStatus.SUCCEEDED)
