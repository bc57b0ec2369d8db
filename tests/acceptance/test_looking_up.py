"""What is looked up by a name that nothing bears is refused: "nothing stands" would be a false all-clear."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import Engine

from domain.audit import AuditEntry
from domain.finding import Finding
from domain.forecast import Exhaustion
from domain.labels import Labels
from domain.mute import Matcher, MatchOperator, Mute
from domain.run import RunStatus
from domain.series import SeriesStatus
from storage.audit import append_audit
from storage.engine import transaction
from storage.findings import upsert_findings
from storage.mutes import add_mute
from storage.reports import save_report
from storage.runs import finish_run, release, renew_lease
from tests.acceptance.conftest import Product
from tests.integration.storage.builders import HOLDER, NIGHT, finding, started_run

pytestmark = pytest.mark.server

Ask = Callable[..., str]
NOW = datetime.now(UTC)
YEAR = timedelta(days=365)


@pytest.fixture
def ask(product: Product, database_url: str) -> Ask:
    """The command line on this test's database; what it printed, once it has ended with that code."""
    product.configure(database={"url": database_url}, jobs={"nightly-capacity": {"packs": ["node"]}})
    product.environment["COLUMNS"] = "200"

    def run(*arguments: str, code: int = 0) -> str:
        done = product.run(*arguments, code=code)
        assert "Traceback" not in done.stderr
        return " ".join((done.stdout + done.stderr).replace("│", " ").split())

    return run


@pytest.fixture
def night(engine: Engine) -> str:
    """A run of a job that is not configured any more, with 45 findings and a report; its id."""
    run_id = started_run(engine)
    found = [finding(Labels.of(instance=f"db-{number}"), watch="old/disks") for number in range(45)]
    with transaction(engine) as session:
        upsert_findings(session, found, run_id=run_id)
        save_report(session, run_id, language="en", format="markdown", content="# the report")
        finish_run(session, run_id, holder=HOLDER, status=RunStatus.SUCCEEDED)
    return str(run_id)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["findings", "--watch", "node/filesystem-spase"], "did you mean node/filesystem-space?"),
        (["findings", "--watch", "nope"], "no job looks at 'nope'; known here: node/"),
        (["findings", "--job", "nightly-capacty"], "there is no job 'nightly-capacty'; did you mean nightly-capacity?"),
        (["runs", "--job", "x"], "there is no job 'x'; known here: nightly-capacity"),
        (["report", "--job", "x"], "there is no job 'x'; known here: nightly-capacity"),
        (["report", "--language", "fr"], "there is no language 'fr'; known here: en, zh-TW"),
        (["report", "--run", "1"], "'1' is no id of a run: `forewarn runs --json` lists the ids"),
    ],
)
def test_a_name_that_nothing_bears_is_a_mistake_in_the_command(ask: Ask, arguments: list[str], said: str) -> None:
    assert said in ask(*arguments, code=2)


def test_what_is_stored_of_a_job_and_a_watch_that_are_gone_can_still_be_looked_up(ask: Ask, night: str) -> None:
    assert "old/disks" in ask("findings", "--job", "nightly", "--watch", "old/disks", "--json")
    assert "succeeded" in ask("runs", "--job", "nightly")
    assert ask("report", "--job", "nightly") == ask("report", "--run", night) == "# the report"


def test_a_watch_of_which_nothing_stands_is_no_mistake(ask: Ask, night: str) -> None:
    assert ask("findings", "--watch", "node/filesystem-space").startswith("Nothing stands just now.")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["findings", "--severity", "critical"], "There is no such finding. Without --severity, --state and --label,"),
        (["findings", "--state", "cleared"], "There is no such finding."),
        (["findings", "--label", "instance=nobody"], "There is no such finding."),
        (["incidents", "--status", "resolved"], "There is no such incident."),
        (["runs", "--status", "failed"], "No run is failed."),
    ],
)
def test_that_nothing_is_like_what_was_asked_for_is_no_all_clear(
    ask: Ask, night: str, arguments: list[str], said: str
) -> None:
    assert ask(*arguments).startswith(said)


def test_nobody_has_looked_is_not_the_same_as_nothing_stands(ask: Ask, engine: Engine) -> None:
    assert ask("findings").startswith("No run yet, so nothing is known.")
    run_id = started_run(engine)
    with transaction(engine) as session:
        release(session, run_id, holder=HOLDER, reason="last try failed: nobody there")

    assert ask("findings") == (
        "No finding is stored, and the newest run, nightly for 2026-11-22T02:00:00Z, is planned: "
        "what there is to find is not known. `forewarn runs` tells more."
    )


def test_nothing_stands_is_said_of_what_was_seen_only(ask: Ask, engine: Engine) -> None:
    run_id = started_run(engine)
    with transaction(engine) as session:
        finish_run(session, run_id, holder=HOLDER, status=RunStatus.PARTIAL, reason="node/memory: 503")

    assert ask("findings") == (
        "Nothing stands of what was seen, but the newest run, nightly for 2026-11-22T02:00:00Z, is partial: "
        "not all was seen. `forewarn runs` tells more."
    )


def test_a_finding_of_a_job_that_is_gone_is_still_explained(ask: Ask, night: str) -> None:
    (newest, *_) = json.loads(ask("findings", "--json"))

    said = ask("explain", newest["fingerprint"])

    assert "Decisions, newest first" in said
    assert "Nobody looks at it any more: the job nightly is not configured." in said


def test_what_others_wrote_does_nothing_to_the_terminal(ask: Ask, engine: Engine, night: str) -> None:
    cleared = "\x1b[2J"
    entry = AuditEntry(f"ana{cleared} (console)", "mute.add", "x", "why")
    muted = Mute(uuid4(), (Matcher("watch", MatchOperator.EQUAL, cleared),), cleared, cleared, NOW, NOW + YEAR)
    with transaction(engine) as session:
        append_audit(session, [entry])
        add_mute(session, muted, actor="ana")

    for command in (("audit",), ("mute", "list")):
        said = ask(*command)
        assert "\x1b" not in said
        assert "\\u001b[2J" in said


def test_the_list_has_the_order_of_the_report(ask: Ask, engine: Engine) -> None:
    """More cores take two weeks, so that they have to be begun before a disk that is full three days sooner."""
    run_id = started_run(engine)

    def of(watch: str, days: int) -> Finding:
        first, middle, last = (NIGHT + timedelta(days=days + more) for more in (-1, 0, 1))
        exhaustion = Exhaustion(SeriesStatus.OK, first, middle, last, ((30, 0.9),))
        return finding(
            Labels.of(instance="x"), watch=watch, job="nightly-capacity", exhaustion=exhaustion, title=f"title {watch}"
        )

    disk, cores = of("node/filesystem-space", 9), of("node/cpu", 12)
    with transaction(engine) as session:
        upsert_findings(session, [disk, cores], run_id=run_id)
        finish_run(session, run_id, holder=HOLDER, status=RunStatus.SUCCEEDED)

    table = ask("findings")

    assert table.index("title node/cpu") < table.index("title node/filesystem-space")
    assert [one["watch"] for one in json.loads(ask("findings", "--json"))] == ["node/cpu", "node/filesystem-space"]
    assert [one["watch"] for one in json.loads(ask("findings", "--json", "--limit", "1"))] == ["node/cpu"]


def test_a_run_whose_process_is_gone_says_so_until_somebody_takes_it_over(ask: Ask, engine: Engine) -> None:
    run_id = started_run(engine)
    (under_way,) = json.loads(ask("runs", "--json"))
    with transaction(engine) as session:
        renew_lease(session, run_id, holder=HOLDER, lease_seconds=0.001)

    (left,) = json.loads(ask("runs", "--json"))

    assert (under_way["status"], under_way["reason"]) == ("running", "")
    assert (left["status"], left["reason"].partition(":")[0]) == ("running", "its process is gone")
    assert "its process is gone" in ask("runs")


def test_all_findings_are_listed_up_to_the_limit_and_more_are_announced(ask: Ask, night: str) -> None:
    assert ask("findings").count("Filesystem space of db-1") == 45
    few = ask("findings", "--limit", "41")
    assert few.count("Filesystem space of db-1") == 41
    assert few.endswith("There are more than these 41: give a higher --limit, or --watch, --severity or --label.")


def test_a_report_that_is_not_of_the_newest_run_says_so(ask: Ask, engine: Engine, night: str) -> None:
    run_id = started_run(engine, as_of=NIGHT + timedelta(days=1))
    with transaction(engine) as session:
        release(session, run_id, holder=HOLDER, reason="last try failed: nobody there")

    assert ask("report").removeprefix("# the report") == (
        "This is the report of an older run: the newest run, nightly for 2026-11-23T02:00:00Z, "
        "is planned and has no such report. `forewarn runs` tells more."
    )
    assert ask("report", "--run", night) == "# the report"


def test_a_report_goes_into_a_file_through_a_link_or_a_pipe_and_to_standard_output(
    ask: Ask, product: Product, night: str
) -> None:
    folder = product.folder / "new"
    link, pipe = product.folder / "link.md", product.folder / "pipe"
    link.symlink_to(product.folder / "target.md")
    os.mkfifo(pipe)
    reader = subprocess.Popen(["cat", str(pipe)], stdout=subprocess.PIPE, text=True)

    assert ask("report", "-o", str(folder / "report.md")) == str(folder / "report.md")
    assert ask("report", "-o", str(link)) == str(link)
    assert ask("report", "--format", "markdown", "-o", str(pipe)) == ""
    assert ask("report", "-o", "-") == "# the report"

    assert (folder / "report.md").read_text() == (product.folder / "target.md").read_text() == "# the report"
    assert reader.communicate(timeout=60)[0] == "# the report"
    assert not (product.folder / "-").exists()
    assert link.is_symlink()
    assert pipe.is_fifo()


def test_a_report_that_is_not_there_says_how_to_have_one(ask: Ask, night: str) -> None:
    unknown = str(uuid4())

    assert f"the run {night} has no markdown report in zh-TW" in ask(
        "report", "--run", night, "--language", "zh-TW", code=1
    )
    assert "no markdown report in en yet: `forewarn run nightly-capacity` makes one" in ask(
        "report", "--job", "nightly-capacity", code=1
    )
    assert f"there is no run {unknown}" in ask("report", "--run", unknown, code=1)
