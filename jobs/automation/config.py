"""What automation may do, as the configuration file says it. The defaults are the strictest: nothing is started."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from domain.finding import FindingKind, Severity
from domain.mute import Matcher, MatchOperator, Recurrence
from jobs.cron import check_cron, check_timezone
from jobs.matchers import parse_matchers
from jobs.packs import LabelName, Name, Pattern
from jobs.patterns import check_pattern
from jobs.quantities import Duration, PositiveDuration
from jobs.shapes import Shape

ScriptId = Annotated[str, StringConstraints(min_length=1, max_length=200)]
ParameterName = Annotated[
    str,
    Shape(r"[A-Za-z_][A-Za-z0-9_.-]{0,99}", "a parameter's name: letters, digits, underscores, dots and hyphens"),
]
WatchGlob = Annotated[
    str, Shape(r"[a-z0-9*?-]+/[a-z0-9*?-]+", "a watch: PACK/WATCH, in which * and ? stand for others")
]
Share = Annotated[float, Field(ge=0, le=1)]


def _matchers(text: str) -> str:
    if text:
        for matcher in parse_matchers(text):
            if matcher.operator in ("=~", "!~"):
                check_pattern(matcher.value)
    return text


Matchers = Annotated[str, AfterValidator(_matchers)]


def as_matchers(text: str) -> tuple[Matcher, ...]:
    """Matchers as the configuration writes them; none for an empty text."""
    parsed = parse_matchers(text) if text else ()
    return tuple(Matcher(one.label, MatchOperator(one.operator), one.value) for one in parsed)


class ParameterType(StrEnum):
    """What a script's parameter is."""

    STRING = "string"
    INT = "int"
    ENUM = "enum"


class Approval(StrEnum):
    """From which severity on a person has to agree before a script runs."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"
    NEVER = "never"

    def needed(self, severity: Severity) -> bool:
        """Whether a person has to agree for a finding of this severity."""
        return self is not Approval.NEVER and severity.rank >= Severity(self.value).rank


class ParameterModel(BaseModel):
    """One parameter of a script: its value is that of an entity label, and nothing else."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    label: LabelName = Field(description="The entity label whose value is given.")
    type: ParameterType = Field(default=ParameterType.STRING, description="string, int or enum.")
    pattern: Pattern | None = Field(
        default=None, description="A regular expression that must match the whole value; a string needs one."
    )
    longest: int = Field(default=128, ge=1, le=1000, description="A longer value is refused.")
    values: tuple[str, ...] = Field(default=(), description="The values that an enum may have.")
    minimum: int | None = Field(default=None, description="The least value of an int.")
    maximum: int | None = Field(default=None, description="The greatest value of an int.")

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.type is ParameterType.STRING and self.pattern is None:
            raise ValueError("a string needs a pattern that its whole value must match, such as [a-z0-9.-]+")
        if (self.type is ParameterType.ENUM) != bool(self.values):
            raise ValueError("an enum needs values, and nothing else may have them")
        if self.type is not ParameterType.INT and (self.minimum is not None or self.maximum is not None):
            raise ValueError("minimum and maximum are for an int")
        return self


class TargetModel(BaseModel):
    """The Control Plane's resource that a script works on: the one whose name or address is a label's value."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    label: LabelName = Field(description="The entity label; a port at its end is left out.")


class WindowModel(BaseModel):
    """A time in which scripts may be started."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    starts: Annotated[str, AfterValidator(check_cron)] = Field(description="A cron line of its starts: 0 9 * * mon-fri")
    lasts: PositiveDuration = Field(description="How long it lasts: 8h.")


class RuleModel(BaseModel):
    """Which findings a script is to help, and under which guards it may be started."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    script: ScriptId = Field(description="The id of the Control Plane's script.")
    watches: tuple[WatchGlob, ...] = Field(min_length=1, description="Findings of these watches: node/*.")
    kind: FindingKind = Field(default=FindingKind.EXHAUSTION, description="Findings of this kind.")
    labels: Matchers = Field(default="", description="Findings with these labels; empty: all.")
    severity: Severity = Field(default=Severity.WARNING, description="Findings of at least this severity.")
    probability: Share = Field(
        default=0.8, description="Findings of at least this probability within what is told; what is full has 1."
    )
    parameters: dict[ParameterName, ParameterModel] = Field(default={}, description="What the script is given.")
    target: TargetModel | None = Field(default=None, description="What the script works on; without it, no resource.")
    entities: Matchers = Field(default="", description="The entities that may be touched; empty: none.")
    dry_run: bool = Field(default=True, description="The script only says what it would do.")
    approval_from: Approval = Field(
        default=Approval.INFO, description="A person has to agree from this severity on; `never`: nobody has to."
    )
    acknowledged: Literal["blocks", "approves"] = Field(
        default="blocks",
        description="What it means that a person has acknowledged the finding's own incident.",
    )
    cooldown: Duration = Field(default=timedelta(days=1), description="One entity is left alone for so long.")
    per_episode: int = Field(default=1, ge=1, le=100, description="Executions in one episode of a finding.")
    group: LabelName | None = Field(
        default=None, description="The label whose values are groups; without it, all that the watch sees is one."
    )
    share: Share = Field(
        default=0.1, description="At most this share of a group is touched at once; one of it always may be."
    )

    def looks_at(self, watch: str) -> bool:
        """Whether the rule is about findings of that watch."""
        return any(fnmatchcase(watch, glob) for glob in self.watches)


class AutomationConfig(BaseModel):
    """Scripts that the Control Plane is asked to run. Nothing is started unless all of it is allowed here."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    enabled: bool = Field(default=False, description="Whether rules are looked at, at all.")
    dry_run: bool = Field(default=True, description="Every script only says what it would do, whatever its rule says.")
    scripts: tuple[ScriptId, ...] = Field(default=(), description="The scripts that may be started; empty: none.")
    hours: tuple[WindowModel, ...] = Field(
        default=(),
        description="When scripts may be started, each as {starts: 0 9 * * mon-fri, lasts: 8h}; empty: never.",
    )
    timezone: Annotated[str, AfterValidator(check_timezone)] | None = Field(
        default=None, description="The time zone of these hours; without one, the timezone of the settings."
    )
    per_hour: int = Field(default=2, ge=0, le=1000, description="Executions in any hour.")
    per_day: int = Field(default=6, ge=0, le=10_000, description="Executions in any 24 hours.")
    failures: int = Field(
        default=2, ge=1, le=100, description="A script that failed so often in a row is started no more."
    )
    without_effect: int = Field(
        default=3, ge=1, le=100, description="A script that did not help so often in a row runs only when approved."
    )
    least_gain: PositiveDuration = Field(
        default=timedelta(days=1), description="It helped when the exhaustion moved away by at least so much."
    )
    approval_lasts: PositiveDuration = Field(default=timedelta(days=1), description="How long an approval holds.")
    rules: dict[Name, RuleModel] = Field(default={}, description="Which findings which script is to help.")

    def windows(self, timezone: str) -> tuple[Recurrence, ...]:
        """The allowed hours; `timezone` is that of the settings."""
        zone = self.timezone or timezone
        return tuple(Recurrence(window.starts, window.lasts, zone) for window in self.hours)
