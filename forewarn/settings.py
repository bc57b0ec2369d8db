"""The settings of everything: one typed model, from a YAML file and the environment.

The environment wins over the file: `FOREWARN_DATABASE__URL_FILE` is `database.url_file`, with two underscores for each
level. Secrets are best kept in files of their own and named by the settings that end in `_file`.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PrivateAttr, ValidationError, model_validator
from pydantic_settings import BaseSettings, EnvSettingsSource, SettingsConfigDict, SettingsError

from api.config import ApiConfig
from controlplane.config import ControlPlaneConfig
from domain.job import Job
from forewarn.faults import faulty_parts, unknown_sources, without
from forewarn.logs import LogFormat
from jobs.automation.config import AutomationConfig
from jobs.config import LANGUAGES, JobDefaults, JobModel, TimeZone, build_job, check_language, default_jobs
from jobs.errors import UnknownJob
from jobs.holidays import HolidaysConfig
from jobs.packs import Name
from jobs.problems import ConfigError, Key, Problem, did_you_mean, problems_of
from jobs.quantities import or_bare, parse_duration
from jobs.yamlfile import Document, read_yaml
from sources.config import HttpConfig, PrometheusConfig, SourceConfig
from storage.config import DatabaseConfig, RetentionConfig

PREFIX = "FOREWARN_"
CONFIG_VARIABLE = "FOREWARN_CONFIG"
CONFIG_NAME = "forewarn.yaml"
KEYS_SHOWN = 3  # of the watches that two jobs have in common


DEFAULT_SOURCES: dict[str, SourceConfig] = {
    "prometheus": PrometheusConfig.model_validate({"url": "http://localhost:9090"})
}


class WorkersConfig(BaseModel):
    """How the shards of a run are executed."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    backend: Literal["auto", "sequential", "threading", "loky", "dask", "ray"] = Field(
        default="auto",
        description="auto takes processes for large runs only; dask and ray need a cluster and their package.",
    )
    count: int = Field(default=2, ge=1, le=512, description="How many work side by side.")
    lease: timedelta = Field(
        default=timedelta(seconds=60),
        ge=timedelta(seconds=1),
        description="After so long without a sign of life, another process takes a run over.",
    )


class ReportsConfig(BaseModel):
    """Where reports are written, and in which languages."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    folder: Path | None = Field(
        default=None,
        description="Default: reports in the folder of the database (`database.data_dir`) or in its default.",
    )
    languages: tuple[Annotated[str, AfterValidator(check_language)], ...] = Field(
        default=LANGUAGES, min_length=1, description="One report is written in each: en, zh-TW."
    )


class LogConfig(BaseModel):
    """What is logged to standard error."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    level: Literal["debug", "info", "warning", "error"] = Field(default="info", description="From which level on.")
    format: LogFormat = Field(default="auto", description="auto is colour on a terminal and JSON elsewhere.")


@dataclass(frozen=True, slots=True)
class Origins:
    """Where settings came from: the file, and the environment variables by key path."""

    document: Document
    variables: Mapping[tuple[Key, ...], str]
    path: Path | None = None


NOWHERE = Origins(Document("the defaults", {}, {}), {})


class Settings(BaseModel):
    """The settings of everything."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    sources: dict[Name, SourceConfig] = Field(
        default=DEFAULT_SOURCES,
        min_length=1,
        description="Where history comes from, by name. `kind` is prometheus unless there is a `path`.",
    )
    database: DatabaseConfig = Field(default=DatabaseConfig(), description="Where everything is kept.")
    control_plane: ControlPlaneConfig | None = Field(
        default=None, description="Who is told. Without it, what is to be told stays in the outbox."
    )
    alertmanager: HttpConfig | None = Field(
        default=None, description="What it tells or silences already is not told again. Without it, nobody is asked."
    )
    api: ApiConfig = Field(default=ApiConfig(), description="The read API.")
    jobs: dict[Name, JobModel] = Field(
        default_factory=default_jobs,
        min_length=1,
        description="What runs when. Without any, nightly-capacity looks at all packs at 02:00.",
    )
    timezone: TimeZone = Field(
        default="UTC", description="The time zone of schedules, daily patterns and reports, such as Asia/Taipei."
    )
    holidays: Annotated[HolidaysConfig, or_bare({"type": "string", "examples": ["TW"]})] = Field(
        default=HolidaysConfig(),
        description="Days that are quieter than their weekday; bare, a country. Without any, no day is special.",
    )
    language: Annotated[str, AfterValidator(check_language)] = Field(
        default="en",
        description=(
            "The language of incidents, of the sentences of findings and of the report that `forewarn report` prints: "
            "en or zh-TW. The command line's own words and tables are English."
        ),
    )
    retention: RetentionConfig = Field(default=RetentionConfig(), description="How long things are kept.")
    workers: WorkersConfig = Field(default=WorkersConfig(), description="How runs are executed.")
    reports: ReportsConfig = Field(default=ReportsConfig(), description="What people read.")
    log: LogConfig = Field(default=LogConfig(), description="What is logged.")
    automation: AutomationConfig = Field(
        default=AutomationConfig(), description="Scripts that may be started. By default none is."
    )

    _origins: Origins = PrivateAttr(default=NOWHERE)

    def model_post_init(self, context: Any) -> None:
        """Keep where the settings came from."""
        if isinstance(context, Origins):
            self._origins = context

    @model_validator(mode="before")
    @classmethod
    def _as_people_write(cls, given: Any) -> Any:
        """Durations such as 30s everywhere; a source without a kind is a folder of files or a Prometheus."""
        if not isinstance(given, Mapping):
            return given
        found = dict(given)
        if isinstance(found.get("sources"), Mapping):
            found["sources"] = {name: _with_kind(source) for name, source in found["sources"].items()}
        return _with_durations(cls, found)

    @property
    def file(self) -> Path | None:
        """The file that was read, if any."""
        return self._origins.path

    @property
    def defaults(self) -> JobDefaults:
        """What jobs take from here where they say nothing themselves."""
        folder = self.file.parent if self.file is not None else Path()
        return JobDefaults(self.timezone, next(iter(self.sources)), self.reports.languages, folder)

    @property
    def delivers_to(self) -> ControlPlaneConfig | None:
        """The Control Plane that is told; None where nobody is."""
        config = self.control_plane
        return config if config is not None and config.enabled else None

    def build_job(self, name: str) -> Job:
        """The job of that name. Raises `UnknownJob`, and `ConfigError` when it names watches that are not there."""
        if name not in self.jobs:
            raise UnknownJob(f"there is no job {name!r}; {did_you_mean(name, self.jobs)}")
        return build_job(name, self.jobs[name], self.defaults, self._origins.document)

    def build_jobs(self) -> tuple[Job, ...]:
        """The jobs that are enabled. Raises `ConfigError` with the problems of all of them."""
        built, problems = self._built(self.jobs)
        problems += _watched_twice(built)
        if problems:
            raise ConfigError(problems)
        return tuple(built)

    def problems_beside(self, taken_out: Collection[tuple[Key, ...]]) -> list[Problem]:
        """What is wrong with the jobs where these parts of the configuration were faulty and are not here any more.

        A job that may have other packs than its file means is left out: what it said of them would look wrong.
        """
        _, problems = self._built([name for name in self.jobs if ("jobs", name, "packs") not in taken_out])
        return problems

    def _built(self, names: Iterable[str]) -> tuple[list[Job], list[Problem]]:
        """The jobs among these that are enabled and can be built, and what is wrong with the others."""
        built: list[Job] = []
        problems: list[Problem] = []
        for name in names:
            try:
                job = self.build_job(name)
            except ConfigError as error:
                problems += error.problems
            else:
                built += [job] if self.jobs[name].enabled else []
        return built, problems

    def origin(self, path: Sequence[Key]) -> str:
        """Where a setting was given: `environment variable NAME`, `file:line`, or `default`."""
        for known in (tuple(path[:length]) for length in range(len(path), 0, -1)):
            if known in self._origins.variables:
                return f"environment variable {self._origins.variables[known]}"
        document = self._origins.document
        mark = document.marks.get(tuple(path))
        return f"{document.file}:{mark.line}" if mark is not None else "default"

    def problem(self, path: tuple[Key, ...], what: str, advice: str = "") -> Problem:
        """What is wrong with a setting, with the place where it was given."""
        document = self._origins.document
        found = Problem(document.file, what, advice, document.mark(path), path)
        return _placed([found], self._origins.variables)[0]


class _Environment(Settings, BaseSettings):
    """The same fields, so that pydantic-settings can find them in the environment."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_nested_delimiter="__", extra="forbid", frozen=True)


def load_settings(config: Path | None = None) -> Settings:
    """The settings in force: the environment over the file over the defaults.

    The file is `config`, else `$FOREWARN_CONFIG`, else the first of `config_places()` that exists. Raises
    `ConfigError` with every fault, each with its file and line or its environment variable.
    """
    path = find_config(config)
    document = read_yaml(path) if path is not None else NOWHERE.document
    try:
        environment = dict(EnvSettingsSource(_Environment)())
    except SettingsError as error:
        advice = "give a list or a mapping as JSON, or set its parts one by one with __ between the levels"
        raise ConfigError([Problem("environment", str(error), advice)]) from error
    variables = {leaf: variable_of(leaf) for leaf in _leaves(environment)}
    data = _merged(document.data, environment)
    return _validated(data, Origins(document, variables, path))


def _validated(data: Any, origins: Origins) -> Settings:
    """The settings that the values are. Raises `ConfigError` with every fault, also those that others would hide."""
    document = origins.document
    settings: Settings | None = None
    found: list[Problem] = []
    try:
        settings = Settings.model_validate(data, context=origins)
    except ValidationError as error:
        found += problems_of(error, Settings, document.file, document.mark)
    found += unknown_sources(data, DEFAULT_SOURCES, document)
    if settings is not None and not found:
        return settings
    raise ConfigError(_placed([*found, *_hidden(data, found, origins)], origins.variables))


def _hidden(data: Any, found: Sequence[Problem], origins: Origins) -> list[Problem]:
    """What is wrong beside these problems, and is seen only where their parts are taken out."""
    parts = faulty_parts(found)
    try:
        rest = Settings.model_validate(without(data, parts), context=origins)
    except ValidationError:
        return []
    return [problem for problem in rest.problems_beside(parts) if problem not in found]


def _watched_twice(jobs: Sequence[Job]) -> Iterator[Problem]:
    """A finding belongs to one job: two that looked at the same thing would each undo what the other decided."""
    seen: dict[str, str] = {}
    twice: dict[tuple[str, str], list[str]] = {}
    for job in jobs:
        for watch in job.watches:
            other = seen.setdefault(watch.key, job.name)
            if other != job.name:
                twice.setdefault((job.name, other), []).append(watch.key)
    for (name, other), keys in twice.items():
        more = f" and {len(keys) - KEYS_SHOWN} more" if len(keys) > KEYS_SHOWN else ""
        packs = f"give jobs.{name} packs of its own, or " if more else ""
        advice = f"let one of them watch it: {packs}jobs.{name}.watches: {{{keys[0]}: {{enabled: false}}}}"
        yield Problem(f"jobs.{name}", f"watches {', '.join(keys[:KEYS_SHOWN])}{more}, and so does {other}", advice)


def find_config(config: Path | None = None) -> Path | None:
    """The configuration file in force, or None. Raises `ConfigError` when one was named that is not there."""
    named = str(config) if config is not None else os.environ.get(CONFIG_VARIABLE, "")
    if named:
        path = Path(named).expanduser()
        if not path.is_file():
            advice = "check --config" if config is not None else f"check the environment variable {CONFIG_VARIABLE}"
            raise ConfigError([Problem(named, "there is no such file", advice)])
        return path
    return next((place for place in config_places() if place.is_file()), None)


def config_places() -> tuple[Path, ...]:
    """Where a configuration file is looked for when none is named, first found first."""
    return (
        Path(CONFIG_NAME),
        Path("~/.config/forewarn").expanduser() / CONFIG_NAME,
        Path("/etc/forewarn") / CONFIG_NAME,
    )


def variable_of(path: Sequence[Key]) -> str:
    """The environment variable of a setting: `FOREWARN_API__PORT`."""
    return PREFIX + "__".join(str(part) for part in path).upper()


def unknown_variables() -> tuple[Problem, ...]:
    """Environment variables that look like settings and are none. No error: clusters set such names for services."""
    fields = {name.upper() for name in Settings.model_fields}
    found = []
    for name in sorted(os.environ):
        first = name.removeprefix(PREFIX).partition("__")[0]
        if name.startswith(PREFIX) and name != CONFIG_VARIABLE and first not in fields:
            advice = did_you_mean(f"{PREFIX}{first}", {f"{PREFIX}{field}" for field in fields})
            found.append(Problem(f"environment variable {name}", "is no setting", advice))
    return tuple(found)


def _placed(problems: Sequence[Problem], variables: Mapping[tuple[Key, ...], str]) -> list[Problem]:
    """The problems, with the environment variable in the place of the file where the value came from there."""
    placed = []
    for problem in problems:
        lower = tuple(str(part).lower() for part in problem.path)
        under = lower if problem.mark is not None else lower[:-1]  # what no file has may be missing beside a variable
        name = next((name for path, name in variables.items() if path[: len(under)] == under), None)
        if name is not None:
            placed.append(Problem(f"environment variable {name}", problem.what, problem.advice, None, problem.path))
        else:
            placed.append(problem)
    return placed


def _merged(file: Any, environment: Mapping[str, Any]) -> Any:
    """The file's values with those of the environment over them."""
    if not isinstance(file, Mapping):
        return environment or file
    merged = dict(file)
    for name, value in environment.items():
        merged[name] = _merged(merged.get(name, {}), value) if isinstance(value, Mapping) else value
    return merged


def _leaves(values: Mapping[str, Any], path: tuple[Key, ...] = ()) -> Iterator[tuple[Key, ...]]:
    for name, value in values.items():
        if isinstance(value, Mapping) and value:
            yield from _leaves(value, (*path, name))
        else:
            yield (*path, name)


def _with_kind(source: Any) -> Any:
    if not isinstance(source, Mapping) or "kind" in source:
        return source
    return {"kind": "files" if "path" in source else "prometheus", **source}


def _with_durations(annotation: Any, value: Any) -> Any:
    """The value with every text at the place of a time span read as a duration, where it is one."""
    if isinstance(value, Mapping):
        inner = {name: _type_of(annotation, str(name)) for name in value}
        return {name: _with_durations(inner[name], part) for name, part in value.items()}
    if isinstance(value, str) and timedelta in _options(annotation):
        try:
            return parse_duration(value)
        except ValueError:
            return value  # the model tells what is wrong with it
    return value


def _type_of(annotation: Any, name: str) -> Any:
    """The type under a key of a model or a mapping; None where there is none."""
    for option in _options(annotation):
        if isinstance(option, type) and issubclass(option, BaseModel) and name in option.model_fields:
            return option.model_fields[name].annotation
        if get_origin(option) is dict:
            return get_args(option)[1]
    return None


def _options(annotation: Any) -> Iterator[Any]:
    """The types behind unions and annotations."""
    if get_origin(annotation) is Annotated:
        yield from _options(get_args(annotation)[0])
    elif get_origin(annotation) is dict or not get_args(annotation):
        yield annotation
    else:
        for option in get_args(annotation):
            yield from _options(option)
