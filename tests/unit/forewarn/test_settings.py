"""Settings: from a file and the environment, with faults that name their place."""

from __future__ import annotations

import json
import os
import re
from datetime import timedelta
from importlib import resources
from pathlib import Path
from typing import get_args

import jsonschema
import pytest
from typer.testing import CliRunner

from forewarn.cli.config import app
from forewarn.configuration import json_schema, plain
from forewarn.settings import Settings, WorkersConfig, find_config, load_settings, unknown_variables
from jobs.errors import JobError, UnknownJob
from jobs.packs import pack_names
from jobs.problems import ConfigError
from jobs.workers import Backend
from jobs.yamlfile import parse_yaml
from sources.config import FilesConfig, PrometheusConfig

FULL = """
sources:
  prometheus:
    url: http://prometheus:9090
    timeout: 30s
  bundled: {path: history}
database:
  url_file: /run/secrets/database
  pool_timeout: 15s
control_plane:
  url: https://control/api/v1
  token:
    url: https://keycloak/realms/ops/protocol/openid-connect/token
    client_id: forewarn
    client_secret_file: /run/secrets/control-plane
  dispatcher: {poll_interval: 1m}
api:
  address: 0.0.0.0
  oidc: {issuer: https://keycloak/realms/ops, audience: forewarn}
timezone: Asia/Taipei
language: zh-TW
jobs:
  nightly-capacity:
    source: prometheus
    watches:
      node/filesystem-space: {lead_time: 7d}
automation:
  hours: [{starts: 0 9 * * mon-fri, lasts: 8h}]
"""


@pytest.fixture(autouse=True)
def _nothing_around(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No variables, no files: a home and a folder of the test's own."""
    for name in [name for name in os.environ if name.startswith("FOREWARN_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")


def written(folder: Path, text: str) -> Path:
    path = folder / "forewarn.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def told(path: Path | None) -> str:
    with pytest.raises(ConfigError) as caught:
        load_settings(path)
    return str(caught.value)


def test_everything_works_without_a_file() -> None:
    settings = load_settings()

    assert settings.file is None
    assert isinstance(settings.sources["prometheus"], PrometheusConfig)
    assert settings.sources["prometheus"].url == "http://localhost:9090"
    assert settings.database.embedded
    assert settings.control_plane is None
    assert settings.api.loopback
    assert [job.name for job in settings.build_jobs()] == ["nightly-capacity"]


def test_a_file_is_read_whole(tmp_path: Path) -> None:
    settings = load_settings(written(tmp_path, FULL))

    source = settings.sources["prometheus"]
    assert isinstance(source, PrometheusConfig)
    assert source.timeout == timedelta(seconds=30)
    assert isinstance(settings.sources["bundled"], FilesConfig)
    assert settings.database.pool_timeout == timedelta(seconds=15)
    assert settings.control_plane is not None
    assert settings.control_plane.dispatcher.poll_interval == timedelta(minutes=1)
    job = settings.build_job("nightly-capacity")
    assert job.schedule.timezone == "Asia/Taipei"
    assert {watch.key: watch for watch in job.watches}["node/filesystem-space"].lead_time == timedelta(days=7)


def test_the_first_file_that_is_there_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "home" / ".config" / "forewarn"
    home.mkdir(parents=True)
    in_home = written(home, "timezone: Asia/Tokyo")
    assert find_config() == in_home

    here = written(Path(), "timezone: Asia/Taipei")
    assert find_config() == here

    elsewhere = written(tmp_path, "timezone: Asia/Seoul")
    monkeypatch.setenv("FOREWARN_CONFIG", str(elsewhere))
    assert find_config() == elsewhere

    assert find_config(in_home) == in_home


def test_a_file_that_was_named_must_be_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "none.yaml: there is no such file; check --config" in told(tmp_path / "none.yaml")

    monkeypatch.setenv("FOREWARN_CONFIG", "missing.yaml")
    assert "check the environment variable FOREWARN_CONFIG" in told(None)


def test_the_environment_wins_over_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FOREWARN_SOURCES__PROMETHEUS__URL", "http://other:9090")
    monkeypatch.setenv("FOREWARN_API__PORT", "9000")
    monkeypatch.setenv("FOREWARN_CONTROL_PLANE__TOTAL_TIMEOUT", "20s")

    settings = load_settings(written(tmp_path, FULL))

    source = settings.sources["prometheus"]
    assert isinstance(source, PrometheusConfig)
    assert source.url == "http://other:9090"
    assert source.timeout == timedelta(seconds=30)
    assert settings.api.port == 9000
    assert settings.control_plane is not None
    assert settings.control_plane.total_timeout == timedelta(seconds=20)


def test_each_setting_knows_where_it_was_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FOREWARN_API__PORT", "9000")
    path = written(tmp_path, FULL)

    settings = load_settings(path)

    assert settings.origin(("api", "port")) == "environment variable FOREWARN_API__PORT"
    assert settings.origin(("timezone",)) == f"{path}:20"
    assert settings.origin(("log", "level")) == "default"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("databse: {}", "forewarn.yaml:1:1: databse: unknown key; did you mean database?"),
        ("sources: {prometheus: {url: prom}}", "sources.prometheus.url: an address begins with http://"),
        ("sources: {p: {url: http://p, timeout: 3x}}", "sources.p.timeout: '3x' is no duration"),
        ("sources: {p: {url: http://p, usrname: x}}", "sources.p.usrname: unknown key; did you mean username?"),
        ("sources: {p: {kind: graphite, url: http://p}}", "sources.p: is not one of"),
        ("sources: {}", "sources: is empty; name at least one"),
        ("jobs: {nightly: {packs: []}}", "jobs.nightly.packs: is empty; name at least one"),
        ("sources: {p: {url: http://p, username: u}}", "sources.p: basic authentication takes username and one of"),
        ("database: {url: 'mysql://u:p@db/x'}", "database.url: begins with mysql:// : Forewarn works with postgresql"),
        ("jobs: {nightly: {watches: {node/cpu: {step: 0s}}}}", "node/cpu.step: '0s' is no time at all: write a"),
        ("jobs: {nightly: {schedule: 0 2 30 2 *}}", "jobs.nightly.schedule.cron: '0 2 30 2 *' never comes"),
        (
            "database: {pool_timeout: 15z}",
            "database.pool_timeout: is not a duration (found '15z'); write it as 30d, 6h",
        ),
        ("database: {pool_size: many}", "database.pool_size: is not a whole number (found 'many')"),
        ("api: {address: 0.0.0.0}", "api: would serve everybody on 0.0.0.0 without a token: give `oidc`"),
        ("api: {address: example.org}", "api.address: 'example.org' is no address to listen on"),
        ("timezone: Asia/Taipai", "timezone: there is no time zone 'Asia/Taipai'; did you mean Asia/Taipei?"),
        ("language: fr", "language: there is no language 'fr'; known here: en, zh-TW"),
        ("jobs: {nightly: {source: other}}", "the job nightly reads the source 'other', which is not configured"),
        ("jobs: {nightly: {schedule: 61 * * * *}}", "jobs.nightly.schedule.cron: '61 * * * *' is no cron line"),
        (
            "jobs: {Nightly: {}}",
            "jobs.Nightly: 'Nightly' is not a name: lower-case letters, digits and hyphens, 63 at most",
        ),
        ("workers: {backend: threads}", "workers.backend: is not one of"),
        ("log: {level: verbose}", "log.level: is not one of debug, info, warning or error"),
        ("- a\n- b", "is not a mapping"),
    ],
)
def test_a_fault_is_told_with_its_place_and_what_to_do(tmp_path: Path, text: str, message: str) -> None:
    assert message in told(written(tmp_path, text))


def test_no_fault_hides_another(tmp_path: Path) -> None:
    """A bad pack, a bad source, bad PromQL and an unknown watch, in one job, and a bad source beside them."""
    (tmp_path / "bad.yaml").write_text("name: bad\nrequires: x\nwatches:\n  a: {query: 'rate(x[5m'}\n")
    text = """
sources: {p: {url: prom}, q: {url: "http://q"}}
jobs:
  nightly:
    source: r
    packs: [node, nod, none.yaml, bad.yaml]
    watches:
      node/cpu: {limit: {query: "sum("}}
      node/memry: {lead_time: 7d}
      bad/a: {enabled: false}
  other: {packs: redis, watches: {redis/clinets: {}}}
"""

    said = told(written(tmp_path, text))

    for fault in (
        "yaml:2:15: sources.p.url: an address begins with http://",
        "yaml:8:18: jobs.nightly.watches.node/cpu.limit: not valid PromQL",
        "yaml:5:5: jobs.nightly.source: the job nightly reads the source 'r', which is not configured",
        "known here: p, q",
        "yaml:6:19: jobs.nightly.packs: there is no pack 'nod'; did you mean node?",
        "none.yaml: can't be read: No such file or directory",
        "bad.yaml:1:1: title: is missing",
        "bad.yaml:4:7: watches.a.query: not valid PromQL",
        "yaml:9:7: jobs.nightly.watches.node/memry: the pack 'node' has no watch 'memry'",
        "yaml:11:35: jobs.other.watches.redis/clinets: the pack 'redis' has no watch 'clinets'",
    ):
        assert fault in said
    assert "bad/a" not in said  # the pack can't be read: nobody knows whether it has the watch


def test_a_fault_in_what_must_be_given_hides_no_fault_of_a_job(tmp_path: Path) -> None:
    text = """
api: {oidc: {issuer: keycloak, audience: forewarn}}
jobs:
  nightly: {packs: node, watches: {node/memry: {}}}
"""

    said = told(written(tmp_path, text))

    assert "api.oidc.issuer: 'keycloak' is not an http or https URL" in said
    assert "jobs.nightly.watches.node/memry: the pack 'node' has no watch 'memry'" in said


def test_a_list_whose_only_item_is_wrong_is_not_told_to_be_empty(tmp_path: Path) -> None:
    (wrong,) = told(written(tmp_path, "reports: {languages: [fr]}")).splitlines()
    (empty,) = told(written(tmp_path, "reports: {languages: []}")).splitlines()

    assert "reports.languages[0]: there is no language 'fr'" in wrong
    assert "reports.languages: is empty; name at least one" in empty


def test_a_fault_makes_nothing_else_look_wrong(tmp_path: Path) -> None:
    text = """
sources: {p: {url: prom}}
jobs:
  a: {source: p, packs: 7, watches: {ours/x: {}}}
  b: {source: p, packs: node, watches: {node/cpu: {enabled: maybe}}}
  c: {source: p, packs: node, watches: {"node/*": {enabled: false}, node/cpu: {enabled: true}}}
"""

    problems = told(written(tmp_path, text)).splitlines()

    assert [problem.split(": ")[1] for problem in problems] == [
        "sources.p.url",
        "jobs.a.packs",
        "jobs.b.watches.node/cpu.enabled",
        "jobs.c.watches",
    ]


def test_what_two_jobs_watch_is_told_in_one_line(tmp_path: Path) -> None:
    def twice(text: str) -> str:
        with pytest.raises(ConfigError) as caught:
            load_settings(written(tmp_path, text)).build_jobs()
        return str(caught.value)

    many = twice("jobs: {a: {packs: [node, redis]}, b: {packs: node}}")
    few = twice("jobs: {a: {packs: [node, redis]}, b: {packs: redis}}")

    assert len(many.splitlines()) == len(few.splitlines()) == 1
    assert re.search(r"jobs\.b: watches node/\S+, node/\S+, node/\S+ and \d+ more, and so does a", many)
    assert "give jobs.b packs of its own, or jobs.b.watches: {node/" in many
    assert "jobs.b: watches redis/clients, redis/memory, and so does a" in few
    assert "let one of them watch it: jobs.b.watches: {redis/clients: {enabled: false}}" in few


def test_a_fault_in_a_variable_names_the_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FOREWARN_API__PORT", "many")
    monkeypatch.setenv("FOREWARN_API__PRT", "1")

    message = told(written(tmp_path, FULL))

    assert "environment variable FOREWARN_API__PORT: api.port: is not a whole number (found 'many')" in message
    assert "environment variable FOREWARN_API__PRT: api.prt: unknown key; did you mean port?" in message


def test_a_variable_that_is_no_json_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FOREWARN_DATABASE", "postgres")

    assert "give a list or a mapping as JSON" in told(None)


def test_variables_that_only_look_like_settings_are_pointed_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """A cluster sets FOREWARN_PORT for a service called forewarn: that must not stop anything."""
    monkeypatch.setenv("FOREWARN_PORT", "tcp://10.0.0.1:80")
    monkeypatch.setenv("FOREWARN_TIMEZNE", "UTC")

    assert load_settings().timezone == "UTC"
    assert [str(problem) for problem in unknown_variables()] == [
        "environment variable FOREWARN_PORT: is no setting; did you mean FOREWARN_REPORTS?",
        "environment variable FOREWARN_TIMEZNE: is no setting; did you mean FOREWARN_TIMEZONE?",
    ]


def test_secrets_are_never_repeated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FOREWARN_SOURCES__PROMETHEUS__BEARER_TOKEN", "hunter2")
    text = FULL.replace("url_file: /run/secrets/database", "url: postgresql://u:hunter3@db/f")
    settings = load_settings(written(tmp_path, text))

    shown = CliRunner().invoke(app, ["show", "-c", str(tmp_path / "forewarn.yaml")])

    assert shown.exit_code == 0
    assert "hunter" not in shown.output + repr(settings) + json.dumps(plain(settings))
    assert (
        "bearer_token: '**********'  # environment variable FOREWARN_SOURCES__PROMETHEUS__BEARER_TOKEN" in shown.output
    )


def test_a_secret_in_a_faulty_part_is_not_repeated_either(tmp_path: Path) -> None:
    text = "database: {url: 'postgresql://u:hunter2@db/f', url_file: x}\nsources: {p: {url: 'http://u:hunter2@p'}}"

    assert "hunter2" not in told(written(tmp_path, text))


def test_what_is_shown_can_be_read_again(tmp_path: Path) -> None:
    settings = load_settings(written(tmp_path, FULL))
    shown = CliRunner().invoke(app, ["show", "-c", str(tmp_path / "forewarn.yaml")]).output

    again = load_settings(written(tmp_path, shown))

    assert plain(again) == plain(settings)


def test_an_unknown_job_is_told_with_the_nearest_one() -> None:
    with pytest.raises(UnknownJob, match="there is no job 'nightly-capcity'; did you mean nightly-capacity"):
        load_settings().build_job("nightly-capcity")


def test_faults_of_all_jobs_are_told_at_once(tmp_path: Path) -> None:
    text = "jobs:\n  a: {watches: {node/cpuu: {}}}\n  b: {watches: {node/memry: {}}}\n"

    with pytest.raises(
        JobError, match=r"(?s)yaml:2:17: jobs\.a\.watches\.node/cpuu.*yaml:3:17: jobs\.b\.watches\.node/memry"
    ):
        load_settings(written(tmp_path, text)).build_jobs()


def test_a_job_that_is_off_is_not_scheduled_but_can_be_run_by_hand(tmp_path: Path) -> None:
    settings = load_settings(written(tmp_path, "jobs: {a: {enabled: false}, b: {packs: node}}"))

    assert [job.name for job in settings.build_jobs()] == ["b"]
    assert settings.build_job("a").name == "a"


def test_the_backends_are_those_that_jobs_know() -> None:
    assert set(get_args(WorkersConfig.model_fields["backend"].annotation)) == set(get_args(Backend))


def test_a_file_with_a_database_url_that_is_none_is_a_fault_of_its_setting(tmp_path: Path) -> None:
    secret = tmp_path / "database-url"
    path = written(tmp_path, f"timezone: Asia/Taipei\ndatabase:\n  url_file: {secret}\n")

    for content in (b"mysql://sre:hunter2@db/x", b"hunter2", b"", b"\xff\xfe"):
        secret.write_bytes(content)
        result = CliRunner().invoke(app, ["check", "-c", str(path)])

        assert result.exit_code == 1
        assert f"{path}:3:3: database.url_file: in {secret}, the database URL" in result.output
        assert "hunter2" not in result.output

    secret.write_text("postgresql://sre@db/forewarn\n")
    assert CliRunner().invoke(app, ["check", "-c", str(path)]).exit_code == 0


def test_files_that_are_not_here_are_noted_and_no_fault(tmp_path: Path) -> None:
    """A configuration is checked where its secrets are not, too: in a pipeline, on a laptop."""
    result = CliRunner().invoke(app, ["check", "-c", str(written(tmp_path, FULL))])

    assert result.exit_code == 0
    missing = "can't be read here: No such file or directory"
    assert f"  note: database.url_file: /run/secrets/database {missing}" in result.output
    assert f"  note: control_plane.token.client_secret_file: /run/secrets/control-plane {missing}" in result.output


def test_check_says_what_is_in_force_and_what_waits_for_a_limit(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["check", "-c", str(written(tmp_path, FULL))])

    assert result.exit_code == 0
    assert "forewarn.yaml: valid. Jobs: nightly-capacity (" in result.output
    assert "postgres/database-size is off until it gets a limit" in result.output


def test_check_fails_with_every_fault_for_people_and_for_programs(tmp_path: Path) -> None:
    path = written(tmp_path, "timezone: x\nlanguage: y\n")

    people = CliRunner().invoke(app, ["check", "-c", str(path)])
    programs = CliRunner().invoke(app, ["check", "--json", "-c", str(path)])

    assert people.exit_code == programs.exit_code == 1
    assert "can't be used: 2 problems" in people.output
    answer = json.loads(programs.output)
    assert answer["valid"] is False
    assert [(problem["line"], problem["key"]) for problem in answer["problems"]] == [(1, "timezone"), (2, "language")]


def test_check_tells_programs_that_all_is_well(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["check", "--json", "-c", str(written(tmp_path, "timezone: Asia/Taipei\n"))])

    answer = json.loads(result.output)
    assert (result.exit_code, answer["valid"], answer["problems"]) == (0, True, [])


def test_the_schema_takes_what_the_settings_take_and_refuses_an_unknown_key() -> None:
    validator = jsonschema.Draft202012Validator(json.loads(json_schema()))
    document = parse_yaml(FULL, "f.yaml").data

    assert [error.message for error in validator.iter_errors(document)] == []
    assert not validator.is_valid({**document, "databse": {}})
    assert not validator.is_valid({**document, "timezone": 3})
    assert not validator.is_valid({**document, "sources": {"p": {"url": "http://p", "usrname": "x"}}})


def test_bare_forms_are_in_the_schema_too() -> None:
    validator = jsonschema.Draft202012Validator(json.loads(json_schema()))
    job = {"schedule": "0 2 * * *", "packs": "node", "watches": {"node/disk-io": {"limit": "80%"}}}

    assert [error.message for error in validator.iter_errors({"jobs": {"nightly": job}})] == []


@pytest.mark.parametrize("name", pack_names())
def test_the_schema_of_packs_takes_the_packs(name: str) -> None:
    result = CliRunner().invoke(app, ["schema", "--pack"])
    validator = jsonschema.Draft202012Validator(json.loads(result.output))
    text = (resources.files("packs") / f"{name}.yaml").read_text(encoding="utf-8")

    assert [error.message for error in validator.iter_errors(parse_yaml(text, name).data)] == []


def test_settings_made_in_code_need_no_file() -> None:
    settings = Settings.model_validate({"sources": {"files": {"path": "history"}}})

    assert settings.build_job("nightly-capacity").source == "files"
    assert settings.origin(("timezone",)) == "default"
