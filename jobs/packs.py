"""Packs: files of ready-made watches, read into `domain.watch` types."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from importlib import resources
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator

from domain.watch import Direction, Limit, LocalText, Measure, Pack, Unit, Watch
from jobs.problems import ConfigError, Problem
from jobs.quantities import Amount, PositiveDuration, format_duration, or_bare
from jobs.shapes import Shape
from jobs.yamlfile import Document, check, parse_yaml
from sources.promql import validate

_STRING = r"""(?P<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`)"""
_BREAK = r"(?:[^\S\n]*(?:#[^\n]*)?\n)+\s*|[^\S\n]*#[^\n]*"  # ends of lines with their comments, or one at the very end
_STRING_OR_BREAK = re.compile(f"{_STRING}|{_BREAK}")
_REFERENCE = re.compile(r"\$\{([a-z_]+)\}")
OPTIONAL_LABELS = frozenset({"cluster", "namespace"})  # of entities: there only where there is more than one
_DEEPEST = 5  # definitions may use definitions

Name = Annotated[str, Shape(r"[a-z0-9][a-z0-9-]{0,62}", "a name: lower-case letters, digits and hyphens, 63 at most")]
LabelName = Annotated[str, Shape(r"[a-zA-Z_][a-zA-Z0-9_]*", "the name of a label: letters, digits and underscores")]
Text = Annotated[str, StringConstraints(min_length=1, max_length=500, strip_whitespace=True)]
Query = Annotated[str, StringConstraints(min_length=1, max_length=10_000, strip_whitespace=True)]

BARE_AMOUNT = or_bare({"type": ["number", "string"], "examples": [100, "500GiB"]})


class TextModel(BaseModel):
    """One text in the languages that people read."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    en: Text = Field(description="In English.")
    zh_tw: Text = Field(alias="zh-TW", description="In Traditional Chinese as it is written in Taiwan.")

    def to_domain(self) -> LocalText:
        """The text as the rest of the product knows it."""
        return LocalText(self.en, self.zh_tw)


class LimitModel(BaseModel):
    """A limit: a number, or a query whose series are matched to the value's by the entity labels."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    value: Amount | None = Field(default=None, description="A constant, in the watch's unit.")
    query: Query | None = Field(default=None, description="PromQL; in the watch's unit.")

    @model_validator(mode="before")
    @classmethod
    def _bare(cls, given: Any) -> Any:
        """A limit may be written as a bare amount."""
        return given if isinstance(given, Mapping | cls) else {"value": given}

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.value is None) == (self.query is None):
            raise ValueError("is neither a value nor a query, or both: give exactly one of them")
        return self


def check_pattern(text: str) -> str:
    """The text, where it is a regular expression. Raises `ValueError`."""
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"{text!r} is no regular expression: {error}") from error
    return text


Pattern = Annotated[str, AfterValidator(check_pattern)]


class WatchModel(BaseModel):
    """One watch as a file says it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: TextModel = Field(description="What is watched.")
    query: Query = Field(description="PromQL of the value, in the unit of the limit.")
    limit: Annotated[LimitModel, BARE_AMOUNT] | None = Field(
        default=None, description="Where the value must not get to: amount or query."
    )
    needs_limit: TextModel | None = Field(
        default=None, description="What to give as a limit; the watch is off until it gets one."
    )
    unit: Unit = Field(description="The unit of value and limit.")
    entity: tuple[LabelName, ...] = Field(
        min_length=1,
        description="The labels that name what a finding is about; one that a series does not have is left out.",
    )
    advice: TextModel = Field(description="What to do about it, one sentence.")
    direction: Direction = Field(default=Direction.UP, description="Whether trouble lies above or below.")
    measure: Measure = Field(default=Measure.GAUGE, description="A level, or a counter whose increase counts.")
    horizon: PositiveDuration = Field(
        default=timedelta(days=30), description="How far ahead is looked: at least a day, and nothing is told of later."
    )
    lead_time: PositiveDuration = Field(
        default=timedelta(days=3), description="How long people need to fix it; beyond the horizon, that counts."
    )
    history: PositiveDuration = Field(
        default=timedelta(days=30),
        description="How far back is looked; from 60 days on, what comes back every month is seen.",
    )
    step: PositiveDuration = Field(default=timedelta(minutes=5), description="The distance of two samples.")
    lower: Amount | None = Field(default=0.0, description="The value can't be below this; null for no bound.")
    upper: Amount | None = Field(default=None, description="The value can't be above this; null for no bound.")
    capped: bool = Field(default=False, description="Whether the value can physically not pass its limit.")
    minimum_history: PositiveDuration = Field(default=timedelta(days=3), description="Younger series are not judged.")
    alerts: Pattern | None = Field(
        default=None,
        description="Which alerts on an entity tell the same and are not repeated: a regular expression that is found "
        "in their names, in any case. Without it any alert counts that names more than a machine or a job.",
    )
    give_back: bool = Field(
        default=False,
        description="Whether the limit is paid for and can be made smaller: what is far too large is reported then.",
    )

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if (self.limit is None) == (self.needs_limit is None):
            raise ValueError("has neither a limit nor needs_limit, or both: give one of them")
        for what, advice in misfits(self):
            raise ValueError(f"{what}: {advice}")
        if len(set(self.entity)) != len(self.entity):
            raise ValueError("entity names a label twice: name each once")
        return self

    def to_domain(self, pack: str, name: str, limit: LimitModel) -> Watch:
        """The watch, with a limit that is its own or was given to it."""
        return Watch(
            name=name,
            pack=pack,
            title=self.title.to_domain(),
            query=one_line(self.query),
            unit=self.unit,
            entity=self.entity,
            advice=self.advice.to_domain(),
            limit=Limit(limit.value, one_line(limit.query) if limit.query else None),
            direction=self.direction,
            measure=self.measure,
            horizon=self.horizon,
            lead_time=self.lead_time,
            history=self.history,
            step=self.step,
            lower=self.lower,
            upper=self.upper,
            capped=self.capped,
            minimum_history=self.minimum_history,
            alerts=self.alerts,
            give_back=self.give_back,
        )


def misfits(watch: WatchModel | Watch) -> list[tuple[str, str]]:
    """What of a watch's times does not go together, so that it could say nothing of anything, and what to do."""
    found = []
    if watch.step * 10 > watch.history:
        found.append(("history holds fewer than ten steps", "make history longer or step shorter"))
    if watch.minimum_history > watch.history:
        least, looked = format_duration(watch.minimum_history), format_duration(watch.history)
        what = f"no series could ever be judged: minimum_history is {least}, and history holds {looked} only"
        found.append((what, "make history longer or minimum_history shorter"))
    return found


class PackModel(BaseModel):
    """A pack as its file says it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Name = Field(description="Unique among packs.")
    title: TextModel = Field(description="The kind of system.")
    requires: Text = Field(description="The exporters that feed it.")
    definitions: dict[str, Query] = Field(default={}, description="Texts that queries use as ${name}.")
    watches: dict[Name, WatchModel] = Field(min_length=1, description="The watches by name.")

    @field_validator("definitions")
    @classmethod
    def _names(cls, given: dict[str, str]) -> dict[str, str]:
        for name in given:
            if not re.fullmatch(r"[a-z_]+", name):
                raise ValueError(f"{name!r} is no name for a definition: use small letters and _")
        return given


@dataclass(frozen=True, slots=True)
class Waiting:
    """A watch of a pack that is off until the configuration gives it a limit."""

    model: WatchModel
    pack: str
    name: str

    @property
    def key(self) -> str:
        """`pack/name`, as of a watch."""
        return f"{self.pack}/{self.name}"

    def with_limit(self, limit: LimitModel) -> Watch:
        """The watch with the limit that it was given."""
        return self.model.to_domain(self.pack, self.name, limit)


@dataclass(frozen=True, slots=True)
class LoadedPack:
    """A pack, and those of its watches that still wait for a limit."""

    pack: Pack
    waiting: tuple[Waiting, ...]


def pack_names() -> tuple[str, ...]:
    """The names of the packs that come with the product, sorted."""
    files = resources.files("packs").iterdir()
    return tuple(sorted(file.name.removesuffix(".yaml") for file in files if file.name.endswith(".yaml")))


@cache
def load_pack(name: str) -> LoadedPack:
    """A pack that comes with the product. Raises `ConfigError` when there is none of that name."""
    if name not in pack_names():
        raise ConfigError([Problem("packs", f"there is no pack {name!r}", f"packs: {', '.join(pack_names())}")])
    file = f"packs/{name}.yaml"
    text = (resources.files("packs") / f"{name}.yaml").read_text(encoding="utf-8")
    return read_pack(parse_yaml(text, file))


def load_packs() -> tuple[Pack, ...]:
    """All packs that come with the product, without the watches that wait for a limit."""
    return tuple(load_pack(name).pack for name in pack_names())


def read_pack(document: Document) -> LoadedPack:
    """A pack from its file: definitions are put in, and every query is parsed. Raises `ConfigError`."""
    try:
        model = check(document, PackModel)
    except ConfigError as error:
        raise ConfigError([*error.problems, *_written_queries(document)]) from error
    problems: list[Problem] = []
    watches: list[Watch] = []
    waiting: list[Waiting] = []
    for name, given in model.watches.items():
        try:
            watch = _with_definitions(given, model.definitions)
        except ValueError as error:
            path = ("watches", name)
            problems.append(
                Problem(document.file, str(error), "define it, or check its name", document.mark(path), path)
            )
            continue
        problems += query_problems(watch, document, ("watches", name))
        if watch.limit is None:
            waiting.append(Waiting(watch, model.name, name))
        else:
            watches.append(watch.to_domain(model.name, name, watch.limit))
    if problems:
        raise ConfigError(problems)
    pack = Pack(model.name, model.title.to_domain(), tuple(watches), model.requires)
    return LoadedPack(pack, tuple(waiting))


def _written_queries(document: Document) -> list[Problem]:
    """What is wrong with the queries as they are written, where the pack itself is no pack yet."""
    watches = _mapping(_mapping(document.data).get("watches"))
    definitions = _mapping(_mapping(document.data).get("definitions"))
    found = []
    for name, watch in watches.items():
        limit = _mapping(_mapping(watch).get("limit"))
        for query, place in ((_mapping(watch).get("query"), ("query",)), (limit.get("query"), ("limit", "query"))):
            fault = _fault_of(query, definitions)
            if fault:
                path = ("watches", name, *place)
                found.append(Problem(document.file, fault, "correct the query", document.mark(path), path))
    return found


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _fault_of(query: Any, definitions: Mapping[str, Any]) -> str | None:
    if not isinstance(query, str) or not query.strip():
        return None  # the model says what is wrong with it
    try:
        return validate(one_line(_fill(query, {name: str(text) for name, text in definitions.items()})))
    except ValueError as error:
        return str(error)


def query_problems(watch: WatchModel, document: Document, path: tuple[str, ...]) -> list[Problem]:
    """What is wrong with the queries of a watch, with their places."""
    found = []
    limit_query = watch.limit.query if watch.limit is not None else None
    for query, where in ((watch.query, (*path, "query")), (limit_query, (*path, "limit", "query"))):
        fault = validate(one_line(query)) if query is not None else None
        if fault:
            found.append(Problem(document.file, fault, "correct the query", document.mark(where), where))
    return found


def one_line(query: str) -> str:
    """A query as it is sent: without comments, and with each line break and its indentation as one space.

    A comment ends with its line, so on one line it would swallow the rest. Strings stay as they are: what looks like a
    comment in one is none, and those between backticks may hold line breaks.
    """
    return _STRING_OR_BREAK.sub(lambda found: found["string"] or " ", query).strip()


def _with_definitions(watch: WatchModel, definitions: Mapping[str, str]) -> WatchModel:
    limit = watch.limit
    if limit is not None and limit.query is not None:
        limit = limit.model_copy(update={"query": _fill(limit.query, definitions)})
    return watch.model_copy(update={"query": _fill(watch.query, definitions), "limit": limit})


def _fill(text: str, definitions: Mapping[str, str], depth: int = 0) -> str:
    def replacement(match: re.Match[str]) -> str:
        if match[1] not in definitions or depth == _DEEPEST:
            raise ValueError(f"uses ${{{match[1]}}}, which is not defined (or is defined by itself)")
        filled = _fill(definitions[match[1]], definitions, depth + 1)
        return f"{filled}\n" if "\n" in filled else filled  # a comment on its last line ends there

    return _REFERENCE.sub(replacement, text)
