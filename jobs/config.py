"""Jobs as the configuration file says them, turned into `domain.job.Job`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator, model_validator

from domain.finding import Severity
from domain.job import Job, Policy, Schedule
from domain.watch import Limit, Watch
from jobs.cron import check_cron, check_timezone
from jobs.matchers import add_matchers, add_matchers_to_limit, parse_matchers
from jobs.packs import (
    BARE_AMOUNT,
    LabelName,
    LimitModel,
    LoadedPack,
    Pattern,
    Waiting,
    load_pack,
    misfits,
    one_line,
    pack_names,
    read_pack,
)
from jobs.problems import ConfigError, Key, Problem, did_you_mean
from jobs.quantities import Duration, PositiveDuration, or_bare
from jobs.shapes import Shape
from jobs.yamlfile import Document, read_yaml
from sources.promql import validate

NIGHTLY = "nightly-capacity"  # the job that is there when no job is configured
LANGUAGES = ("en", "zh-TW")
FILES = (".yaml", ".yml")  # how the names of pack files end

Share = Annotated[float, Field(ge=0, le=1)]
Runs = Annotated[int, Field(ge=1, le=100)]
Cron = Annotated[str, AfterValidator(check_cron)]
TimeZone = Annotated[str, AfterValidator(check_timezone)]
WatchKey = Annotated[str, Shape(r"[a-z0-9-]+/([a-z0-9-]+|\*)", "a watch: PACK/WATCH, or PACK/* for all of a pack")]


class ScheduleModel(BaseModel):
    """When a job runs. A bare cron line does, too."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    cron: Cron = Field(
        default="0 2 * * *", description="Minute, hour, day, month, day of the week (0 and 7 are Sunday)."
    )
    timezone: TimeZone | None = Field(
        default=None, description="A name such as Asia/Taipei; without one, the timezone of the settings."
    )
    misfire_grace: PositiveDuration = Field(
        default=timedelta(hours=6), description="A time missed by more than this is skipped."
    )

    @model_validator(mode="before")
    @classmethod
    def _bare(cls, given: Any) -> Any:
        return {"cron": given} if isinstance(given, str) else given


class PolicyModel(BaseModel):
    """Which analyses matter, and when people are told. The defaults are the strict ones."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    open_probability: Share = Field(
        default=0.5, description="A finding is seen from this probability of exhaustion on."
    )
    tell_within: PositiveDuration = Field(
        default=timedelta(days=30),
        description=(
            "What runs out later than this is no finding; in whole days, rounded up, and at most a watch's horizon. "
            "Where fixing takes longer (`lead_time`), that counts."
        ),
    )
    open_after_runs: Runs = Field(
        default=2,
        description="A finding opens when it was seen in so many runs in a row (that its history without the newest "
        "day says the same counts as one) ...",
    )
    open_at_once_lead: Share = Field(
        default=0.5, description="... or at once, from this probability on that it runs out before it can be fixed."
    )
    clear_after_runs: Runs = Field(default=2, description="A finding clears after so many clean runs.")
    clear_probability: Share = Field(default=0.3, description="A run is clean when the probability is below this.")
    critical_lead: Share = Field(
        default=0.8, description="Critical from this probability on that it runs out before it can be fixed ..."
    )
    warning_lead: Share = Field(default=0.3, description="... and a warning from this one on; info below it.")
    ceiling: Severity = Field(default=Severity.WARNING, description="A prediction is never told above this severity.")
    reopen_within: Duration = Field(
        default=timedelta(days=2), description="Back within this time: the same episode goes on."
    )
    gone_after: PositiveDuration = Field(
        default=timedelta(days=3),
        description="What was not reported for so long, and missed by more than one run, is gone; four times as long "
        "where all of a watch's several entities end together.",
    )
    maximum_age: PositiveDuration = Field(
        default=timedelta(days=90),
        description="An older episode ends when its entity is judged again, and begins anew where trouble goes on.",
    )
    renotify_growth: Share = Field(default=0.25, description="Tell again when the time left shrank by this share.")
    incidents_per_run: int = Field(
        default=20,
        ge=0,
        le=10_000,
        description="New incidents for each team; what is beyond them is told in one that lists it. With 0 nothing "
        "new is told: it stands in the report, and what still stands is told once more are allowed.",
    )
    team_label: LabelName = Field(default="team", description="The label that names whose a thing is.")
    group_by: tuple[LabelName, ...] = Field(
        default=(), description="Findings with the same values of these are told in one incident; empty: one entity's."
    )
    false_positive_mute: PositiveDuration = Field(
        default=timedelta(days=14), description="What a person called a false positive is not told again for so long."
    )
    maximum_backtest_score: float = Field(
        default=2.0,
        gt=0,
        description="A forecast whose backtest is worse than this tells nothing (1 is the naive method).",
    )

    @model_validator(mode="after")
    def _in_order(self) -> PolicyModel:
        if self.clear_probability > self.open_probability:
            raise ValueError("clear_probability is above open_probability: findings would open and clear in turns")
        if self.warning_lead > self.critical_lead:
            raise ValueError("warning_lead is above critical_lead: nothing could be a warning")
        return self

    def to_domain(self) -> Policy:
        """The policy as the rest of the product knows it."""
        return Policy(**{name: getattr(self, name) for name in type(self).model_fields})


class WatchOverride(BaseModel):
    """What a job changes about a watch of its packs. `pack/*` stands for all watches of a pack."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    enabled: bool = Field(default=True, description="false leaves the watch out.")
    matchers: str | None = Field(
        default=None,
        description='Only series that these label matchers select: \'job="db",mountpoint!~"/scratch.*"\'. '
        "A limit that is about more (of a whole cluster) stays as it is.",
    )
    limit: Annotated[LimitModel, BARE_AMOUNT] | None = Field(
        default=None, description="Another limit: an amount, or {query: PromQL}."
    )
    horizon: PositiveDuration | None = Field(default=None, description="How far ahead is looked.")
    lead_time: PositiveDuration | None = Field(default=None, description="How long people need to fix it.")
    history: PositiveDuration | None = Field(
        default=None, description="How far back is looked; from 60 days on, what comes back every month is seen."
    )
    step: PositiveDuration | None = Field(default=None, description="The distance of two samples.")
    minimum_history: PositiveDuration | None = Field(default=None, description="Younger series are not judged.")
    alerts: Pattern | None = Field(
        default=None, description="Which alerts tell the same: a regular expression that is found in their names."
    )
    give_back: bool | None = Field(default=None, description="Whether what is far too large is reported.")

    @field_validator("matchers")
    @classmethod
    def _matchers(cls, text: str | None) -> str | None:
        if text is not None:
            parse_matchers(text)
        return text

    @field_validator("limit")
    @classmethod
    def _limit(cls, limit: LimitModel | None) -> LimitModel | None:
        fault = validate(one_line(limit.query)) if limit is not None and limit.query is not None else None
        if fault:
            raise ValueError(fault)
        return limit

    def apply(self, watch: Watch) -> Watch:
        """The watch with these changes."""
        names = ("horizon", "lead_time", "history", "step", "minimum_history", "alerts", "give_back")
        given = {name: getattr(self, name) for name in names}
        changed = replace(watch, **{name: value for name, value in given.items() if value is not None})
        if self.limit is not None:
            changed = replace(changed, limit=Limit(self.limit.value, self.limit.query and one_line(self.limit.query)))
        if self.matchers is not None:
            matchers = parse_matchers(self.matchers)
            limit = changed.limit
            if limit.query is not None:
                limit = Limit(query=add_matchers_to_limit(limit.query, changed.query, matchers))
            changed = replace(changed, query=add_matchers(changed.query, matchers), limit=limit)
        return changed


class JobModel(BaseModel):
    """A job: when it runs, what it looks at, and which analyses matter."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    enabled: bool = Field(default=True, description="false keeps the schedule from running it.")
    schedule: Annotated[ScheduleModel, or_bare({"type": "string", "examples": ["0 2 * * *"]})] = Field(
        default=ScheduleModel(), description="When it runs."
    )
    source: str | None = Field(
        default=None, description="The name of its source; without one, the only or the first source."
    )
    packs: Annotated[tuple[str, ...], or_bare({"type": "string"})] = Field(
        default=("all",),
        min_length=1,
        description="Names of packs, `all`, or paths of pack files of your own (*.yaml).",
    )
    watches: dict[WatchKey, WatchOverride] = Field(
        default={}, description="Changes to watches, by `pack/name` or `pack/*`."
    )
    policy: PolicyModel = Field(default=PolicyModel(), description="Which analyses matter.")
    languages: tuple[str, ...] | None = Field(
        default=None, min_length=1, description="Languages of its report: en, zh-TW."
    )

    @field_validator("packs", mode="before")
    @classmethod
    def _one_pack(cls, given: Any) -> Any:
        return (given,) if isinstance(given, str) else given

    @field_validator("languages")
    @classmethod
    def _known_languages(cls, given: tuple[str, ...] | None) -> tuple[str, ...] | None:
        for language in given or ():
            check_language(language)
        return given


@dataclass(frozen=True, slots=True)
class JobDefaults:
    """What a job takes from the settings where it says nothing itself."""

    timezone: str = "UTC"
    source: str = "prometheus"
    languages: tuple[str, ...] = LANGUAGES
    folder: Path = field(default_factory=Path)  # relative paths of pack files begin here


def check_language(tag: str) -> str:
    """A language that people can read here. Raises `ValueError` for any other."""
    if tag not in LANGUAGES:
        raise ValueError(f"there is no language {tag!r}; known here: {', '.join(LANGUAGES)}")
    return tag


def default_jobs() -> dict[str, JobModel]:
    """The jobs that are there without any configuration: one, every night at two, over all packs."""
    return {NIGHTLY: JobModel()}


def build_job(name: str, model: JobModel, defaults: JobDefaults, document: Document) -> Job:
    """The job of that name. Raises `ConfigError`; `document` is the file it came from, whose marks give the places."""
    packs, problems = _packs(name, model, defaults.folder, document)
    where: tuple[Key, ...] = ("jobs", name, "watches")
    complete = not problems  # what is said of a pack that can't be read is not wrong
    known = {watch.key: watch for loaded in packs for watch in loaded.pack.watches}
    waiting = {found.key: found for loaded in packs for found in loaded.waiting}
    loaded = {found.pack.name for found in packs}
    for key in model.watches:
        if not complete and key.partition("/")[0] not in loaded:
            continue
        problem = _unknown(key, {**known, **waiting}, document, (*where, key))
        if problem is not None:
            problems.append(problem)
    watches = [_with_overrides(watch, model.watches) for watch in known.values()]
    watches += [_limited(found, model.watches) for found in waiting.values()]
    kept = tuple(watch for watch in watches if watch is not None)
    if not kept and not problems:
        problems.append(Problem(document.file, "has no watch left", "use more packs", document.mark(where), where))
    for watch in kept:
        path = (*where, watch.key)
        mark = document.mark(path)
        problems += [Problem(document.file, what, advice, mark, path) for what, advice in misfits(watch)]
    if problems:
        raise ConfigError(problems)
    schedule = model.schedule
    return Job(
        name=name,
        schedule=Schedule(schedule.cron, schedule.timezone or defaults.timezone, schedule.misfire_grace),
        watches=tuple(sorted(kept, key=lambda watch: watch.key)),
        source=model.source or defaults.source,
        policy=model.policy.to_domain(),
        languages=model.languages or defaults.languages,
    )


def waiting_watches(model: JobModel, folder: Path) -> tuple[Waiting, ...]:
    """The watches of the job's packs that are off because nobody gave them a limit."""
    packs, _ = _packs("", model, folder, Document("", {}, {}))
    found = (waiting for loaded in packs for waiting in loaded.waiting)
    return tuple(waiting for waiting in found if _limited(waiting, model.watches) is None)


def _packs(job: str, model: JobModel, folder: Path, document: Document) -> tuple[list[LoadedPack], list[Problem]]:
    """The packs of a job that can be used, and what is wrong with the others."""
    loaded: dict[str, LoadedPack] = {}
    problems: list[Problem] = []
    for index, named in enumerate(dict.fromkeys(model.packs)):
        for name in pack_names() if named == "all" else (named,):
            if not name.endswith(FILES) and name not in pack_names():
                problems.append(_no_pack(name, document, ("jobs", job, "packs"), index))
                continue
            try:
                found = read_pack(read_yaml(folder / name)) if name.endswith(FILES) else load_pack(name)
            except ConfigError as error:
                problems += error.problems
                continue
            known = loaded.setdefault(found.pack.name, found)
            if known is not found:
                problems.append(Problem("packs", f"two packs are called {found.pack.name!r}", "rename your own"))
    return list(loaded.values()), problems


def _no_pack(name: str, document: Document, path: tuple[Key, ...], index: int) -> Problem:
    advice = did_you_mean(name, {"all", *pack_names()})
    return Problem(document.file, f"there is no pack {name!r}", advice, document.mark((*path, index)), path)


def _overrides(key: str, overrides: Mapping[str, WatchOverride]) -> list[WatchOverride]:
    """What is said of the whole pack, then what is said of the watch."""
    pack = key.partition("/")[0]
    return [overrides[name] for name in (f"{pack}/*", key) if name in overrides]


def _with_overrides(watch: Watch, overrides: Mapping[str, WatchOverride]) -> Watch | None:
    for override in _overrides(watch.key, overrides):
        if not override.enabled:
            return None
        watch = override.apply(watch)
    return watch


def _limited(waiting: Waiting, overrides: Mapping[str, WatchOverride]) -> Watch | None:
    own = overrides.get(waiting.key)
    if own is None or own.limit is None:
        return None
    return _with_overrides(waiting.with_limit(own.limit), overrides)


def _unknown(key: str, known: Mapping[str, object], document: Document, path: tuple[Key, ...]) -> Problem | None:
    pack, _, name = key.partition("/")
    packs = {known_key.partition("/")[0] for known_key in known}
    if key in known or (name == "*" and pack in packs):
        return None
    if pack not in packs:
        what, advice = f"this job has no pack {pack!r}", did_you_mean(pack, packs)
    else:
        what = f"the pack {pack!r} has no watch {name!r}"
        advice = did_you_mean(key, (other for other in known if other.startswith(f"{pack}/")))
    return Problem(document.file, what, advice, document.mark(path), path)
