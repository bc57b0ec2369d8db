"""Writes docs/configuration.md from the settings themselves: `python -m forewarn.settings_doc [FILE]`."""

from __future__ import annotations

import json
import sys
import types
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from domain.watch import Watch
from forewarn.configuration import plain
from forewarn.settings import CONFIG_VARIABLE, Settings, variable_of
from jobs.packs import LoadedPack, WatchModel, load_pack, pack_names
from jobs.quantities import format_duration

INTRODUCTION = f"""# Configuration

Everything has a default: without a file Forewarn reads the Prometheus at http://localhost:9090, keeps its data in a
Postgres of its own, and looks at all packs every night at 02:00 UTC. What differs stands in one YAML file:

```yaml
sources:
  prometheus: {{url: http://prometheus.example:9090}}
timezone: Asia/Taipei
control_plane:
  url: https://control-plane.example/api/v1
  token:
    url: https://keycloak.example/realms/ops/protocol/openid-connect/token
    client_id: forewarn
    client_secret_file: /run/secrets/control-plane
```

The file is the one that `--config` names, else the one in `${CONFIG_VARIABLE}`, else the first of `./forewarn.yaml`,
`~/.config/forewarn/forewarn.yaml` and `/etc/forewarn/forewarn.yaml` that is there. Environment variables win over the
file: `{variable_of(("database", "url_file"))}` is `database.url_file`, with two underscores for each level.

- `forewarn config check` tells every fault of the file with its line, `forewarn config show` prints what is in force
  and where each value was given, `forewarn config schema` prints the JSON Schema for editors.
- `forewarn doctor` then tries every connection, query and limit.
- On SIGHUP (systemd: `ExecReload=/bin/kill -HUP $MAINPID`), `forewarn serve` waits for the run that goes on and begins
  anew with what the files say by then; its API is away for a moment. A configuration that can't be used, or begun with,
  is logged with every fault (`configuration_refused`), and the former one holds. Of secrets in files, only
  `database.url_file` needs that: the others are read whenever they are used.
- **Durations** are written as `90s`, `5m`, `6h`, `30d`, `2w` or `1h30m`; **amounts** as numbers or with a unit:
  `500GiB`, `1.5TB`, `10Gbit`, `80%`.
- **Secrets** belong into files of their own: `database.url_file`, `sources.NAME.bearer_token_file`,
  `sources.NAME.password_file`, `control_plane.token.client_secret_file`. They are masked wherever settings are shown.

## Change a watch without copying its pack

```yaml
jobs:
  nightly-capacity:
    schedule: 0 2 * * *
    packs: [node, postgres, ours.yaml]        # `all` without it; a path is a pack of your own
    watches:
      node/*: {{matchers: 'job="linux"'}}       # for all watches of a pack
      node/filesystem-space:
        lead_time: 7d                         # how long it takes us to get more disk
        matchers: 'mountpoint!~"/scratch.*"'
      node/swap: {{enabled: false}}
      postgres/database-size: {{limit: 500GiB}} # off until it gets a limit
```

A matcher is put into the selectors from which the result has its label; where the result does not keep it, into those
from which it is dropped. A label that the query itself writes (`workload` of containers) is matched in its result.
"""

CRON = """
A schedule is a cron line of five fields in its time zone. As in cron, 0 and 7 are Sunday. A line that names both a day
of the month and a day of the week is refused, since cron programs differ on what it means.
"""

OWN_PACK = """
## A pack of your own

A file such as this one, named under `packs:` of a job by a path that begins at the configuration file.
`forewarn config schema --pack` prints its JSON Schema, `forewarn doctor` tells what its watches see.

```yaml
name: licences
title: {en: Licences, zh-TW: 授權}
requires: our licence exporter
definitions:
  bought: 'contract="active"'
watches:
  seats:
    title: {en: Seats, zh-TW: 授權席次}
    query: sum by (product) (licence_seats_used{${bought}})
    limit: {query: "sum by (product) (licence_seats_total{${bought}})"}
    unit: count
    entity: [product]
    lead_time: 14d
    advice: {en: Order more seats or free unused ones., zh-TW: 請加購授權或釋出未使用的席次。}
```
"""

PACKS = """
## Packs

What comes with Forewarn.
"""


@dataclass(frozen=True, slots=True)
class Row:
    """One setting."""

    path: tuple[str, ...]
    default: str
    description: str


def document() -> str:
    """The whole page."""
    parts = [INTRODUCTION, "## All settings"]
    top = [row for row in _rows(Settings, ()) if len(row.path) == 1]
    parts.append(_table(top))
    for name, field in Settings.model_fields.items():
        rows = list(_rows_of_type(field.annotation, (name,)))
        if rows:
            parts += [f"### {name}", *([CRON.strip()] if name == "jobs" else []), _table(rows)]
    fields = _table(
        [Row((name,), _default(field), field.description or "") for name, field in WatchModel.model_fields.items()]
    )
    parts += [OWN_PACK, fields, PACKS.strip(), *(_pack(load_pack(name)) for name in pack_names())]
    return "\n\n".join(part.strip("\n") for part in parts) + "\n"


def _rows(model: type[BaseModel], path: tuple[str, ...]) -> Iterator[Row]:
    for name, field in model.model_fields.items():
        here = (*path, name)
        inner = list(_rows_of_type(field.annotation, here))
        if not inner or len(here) == 1:
            yield Row(here, _default(field), field.description or "")
        yield from inner


def _rows_of_type(annotation: Any, path: tuple[str, ...]) -> Iterator[Row]:
    """The settings of the models behind an annotation; those that two models share come once."""
    seen: set[tuple[str, ...]] = set()
    for model, place in _models(annotation, path):
        for row in _rows(model, place):
            if row.path not in seen:
                seen.add(row.path)
                yield row


def _models(annotation: Any, path: tuple[str, ...]) -> Iterator[tuple[type[BaseModel], tuple[str, ...]]]:
    origin = get_origin(annotation)
    if origin is Annotated:
        yield from _models(get_args(annotation)[0], path)
    elif origin in {Union, types.UnionType}:
        for option in get_args(annotation):
            yield from _models(option, path)
    elif isinstance(origin, type) and issubclass(origin, Mapping):
        yield from _models(get_args(annotation)[1], (*path, "NAME"))
    elif isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation, path


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "*to be given*"
    value = field.get_default(call_default_factory=True, validated_data={})
    if value is None or value is PydanticUndefined or value == "":
        return ""
    if isinstance(value, BaseModel) or (isinstance(value, Mapping) and value):
        return "see below"
    return f"`{json.dumps(plain(value), ensure_ascii=False)}`".replace('`"', "`").replace('"`', "`")


def _table(rows: list[Row]) -> str:
    lines = ["| setting | default | what it is |", "| --- | --- | --- |"]
    for row in rows:
        name = ".".join(row.path)
        lines.append(f"| `{name}` | {_cell(row.default)} | {_cell(row.description)} |")
    return "\n".join(lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _pack(loaded: LoadedPack) -> str:
    pack = loaded.pack
    lines = [f"### {pack.title.en} (`{pack.name}`)", "", f"Fed by: {pack.requires}.", ""]
    lines += ["| watch | what | limit | looks ahead | lead time | entity |", "| --- | --- | --- | --- | --- | --- |"]
    lines += [_watch_line(watch) for watch in pack.watches]
    for waiting in loaded.waiting:
        text = waiting.model.needs_limit
        what = f"**give one**: {text.en if text else ''}"
        model = waiting.model
        lines.append(
            f"| `{waiting.key}` | {model.title.en} | {_cell(what)} | {format_duration(model.horizon)} | "
            f"{format_duration(model.lead_time)} | {', '.join(model.entity)} |"
        )
    return "\n".join(lines)


def _watch_line(watch: Watch) -> str:
    limit = f"{watch.limit.value:,.10g} {watch.unit.value}" if watch.limit.value is not None else "from a query"
    return (
        f"| `{watch.key}` | {watch.title.en} | {limit} | {format_duration(watch.horizon)} | "
        f"{format_duration(watch.lead_time)} | {', '.join(watch.entity)} |"
    )


def main(arguments: list[str]) -> None:
    """Write the page to the file that is named, else to standard output."""
    if arguments:
        Path(arguments[0]).write_text(document(), encoding="utf-8")
    else:
        sys.stdout.write(document())


if __name__ == "__main__":
    main(sys.argv[1:])
