"""What `forewarn config` says: is it valid, what is in force and where does it come from, what may be written."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from io import StringIO
from pathlib import Path
from typing import Any

from pydantic import BaseModel, SecretStr
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq

from domain.job import Job
from forewarn.settings import Settings, load_settings, unknown_variables
from jobs.config import waiting_watches
from jobs.packs import PackModel
from jobs.problems import ConfigError, Key, Problem, key_path
from jobs.quantities import format_duration
from storage.config import configured_url
from storage.errors import StorageError

MASK = "**********"


@dataclass(frozen=True, slots=True)
class Checked:
    """The verdict on a configuration: what is wrong, and what a person may want to know though it is right."""

    file: str
    problems: tuple[Problem, ...] = ()
    remarks: tuple[str, ...] = ()
    summary: str = ""

    def to_text(self) -> str:
        """For people."""
        if self.problems:
            count = len(self.problems)
            head = f"{self.file} can't be used: {count} {'problem' if count == 1 else 'problems'}"
            return "\n".join([head, *(f"  {problem}" for problem in self.problems)])
        return "\n".join([f"{self.file}: valid. {self.summary}", *(f"  note: {remark}" for remark in self.remarks)])

    def to_json(self) -> str:
        """For programs."""
        problems = [told(problem) for problem in self.problems]
        found = {"file": self.file, "valid": not problems, "problems": problems, "remarks": list(self.remarks)}
        return json.dumps(found, ensure_ascii=False, indent=2)


def told(problem: Problem) -> dict[str, Any]:
    """A problem for programs."""
    return {
        "file": problem.file,
        "line": problem.mark.line if problem.mark else None,
        "column": problem.mark.column if problem.mark else None,
        "key": problem.key,
        "what": problem.what,
        "advice": problem.advice,
    }


@dataclass(frozen=True, slots=True)
class Configuration:
    """What the files of a configuration said at one moment."""

    settings: Settings
    jobs: tuple[Job, ...]


def read_configuration(config: Path | None) -> Configuration:
    """Read the settings and build every job. Raises `ConfigError` with every fault."""
    settings = load_settings(config)
    jobs = settings.build_jobs()
    wrong = _wrong_url(settings)
    if wrong is not None:
        raise ConfigError([wrong])
    return Configuration(settings, jobs)


def check_configuration(config: Path | None) -> Checked:
    """Say what is wrong with the configuration, or what it is. Never raises for one that is wrong."""
    try:
        read = read_configuration(config)
    except ConfigError as error:
        return Checked(error.problems[0].file, error.problems)
    settings = read.settings
    file = str(settings.file) if settings.file is not None else "no file, the defaults"
    names = ", ".join(f"{job.name} ({len(job.watches)} watches, {job.schedule.cron})" for job in read.jobs)
    remarks = [str(problem) for problem in unknown_variables()]
    remarks += unreadable_files(settings)
    for name, model in settings.jobs.items():
        for waiting in waiting_watches(model, settings.defaults.folder):
            text = waiting.model.needs_limit
            remarks.append(f"{name}: {waiting.key} is off until it gets a limit: {text.en if text else ''}")
    return Checked(file, (), tuple(remarks), f"Jobs: {names or 'none enabled'}.")


def _wrong_url(settings: Settings) -> Problem | None:
    """What is wrong with the database's URL, where the file that holds it can be read here."""
    path = settings.database.url_file
    if path is None or _unreadable(path):
        return None
    try:
        configured_url(settings.database)
    except StorageError as error:
        return settings.problem(("database", "url_file"), f"in {path}, {error}")
    return None


def unreadable_files(value: Any, path: tuple[Key, ...] = ()) -> list[str]:
    """The files that settings ending in `_file` name and that can't be read here: no fault, it may be another host."""
    if isinstance(value, BaseModel):
        parts = [(name, getattr(value, name)) for name in type(value).model_fields]
    elif isinstance(value, Mapping):
        parts = list(value.items())
    else:
        return []
    found: list[str] = []
    for name, part in parts:
        here = (*path, name)
        if isinstance(part, Path) and str(name).endswith("_file"):
            why = _unreadable(part)
            found += [f"{key_path(here)}: {part} can't be read here: {why}"] if why else []
        else:
            found += unreadable_files(part, here)
    return found


def _unreadable(path: Path) -> str:
    """Why a file can't be read; empty where it can."""
    try:
        with path.open("rb"):
            return ""
    except OSError as error:
        return error.strerror or str(error)


def show_yaml(settings: Settings) -> str:
    """The settings in force as YAML; what was given has its origin beside it, what has none is a default."""
    out = StringIO()
    yaml = YAML()
    yaml.width = 10_000
    yaml.dump(_commented(plain(settings), settings, ()), out)
    return out.getvalue()


def show_json(settings: Settings) -> str:
    """The settings in force as JSON."""
    return json.dumps(plain(settings), ensure_ascii=False, indent=2) + "\n"


def json_schema(*, of_pack: bool = False) -> str:
    """The JSON Schema of the configuration file, or of a pack file."""
    model: type[BaseModel] = PackModel if of_pack else Settings
    schema = model.model_json_schema()
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "Forewarn pack" if of_pack else "Forewarn settings"
    return json.dumps(_as_people_write(schema), ensure_ascii=False, indent=2) + "\n"


def plain(value: Any) -> Any:
    """A setting as a person would write it, with secrets masked."""
    if isinstance(value, BaseModel):
        fields = type(value).model_fields
        return {field.alias or name: plain(getattr(value, name)) for name, field in fields.items()}
    if isinstance(value, Mapping):
        return {str(name): plain(part) for name, part in value.items()}
    if isinstance(value, tuple | list):
        return [plain(part) for part in value]
    return _plain_leaf(value)


def _plain_leaf(value: Any) -> Any:
    match value:
        case SecretStr():
            return MASK
        case timedelta():
            return format_duration(value)
        case Enum():
            return value.value
        case Path():
            return str(value)
    return value


def _commented(value: Any, settings: Settings, path: tuple[Key, ...]) -> Any:
    if isinstance(value, list):
        return CommentedSeq(_commented(part, settings, (*path, index)) for index, part in enumerate(value))
    if not isinstance(value, dict):
        return value
    mapping = CommentedMap()
    for name, part in value.items():
        here = (*path, name)
        mapping[name] = _commented(part, settings, here)
        origin = settings.origin(here)
        if origin != "default" and not isinstance(part, dict | list):
            mapping.yaml_add_eol_comment(origin, name)
    return mapping


def _as_people_write(schema: Any) -> Any:
    """Time spans may be written as 30s or 5m everywhere, and a source needs no kind."""
    if isinstance(schema, list):
        return [_as_people_write(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    known = {name: _as_people_write(part) for name, part in schema.items()}
    if known.get("format") == "duration":
        del known["format"]
        known["examples"] = ["30s", "5m", "6h", "30d"]
    if "discriminator" in known:  # no validator heeds it, and it would ask for what may be left out
        del known["discriminator"]
        known["anyOf"] = known.pop("oneOf")
    if known.get("title") == "FilesConfig":
        known["required"] = [name for name in known["required"] if name != "kind"]
    return known
