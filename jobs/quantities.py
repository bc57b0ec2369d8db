"""How durations and amounts are written in configuration: `30d`, `1h30m`, `500GiB`, `10Gbit`, `80%`."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any

from pydantic import BeforeValidator, GetJsonSchemaHandler, PlainSerializer, WithJsonSchema
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

_SECONDS = {"w": 604_800, "d": 86_400, "h": 3600, "m": 60, "s": 1}
_DURATION = re.compile(r"(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?")
_LONGEST = timedelta(days=3660)
_AMOUNT = re.compile(r"([+-]?\d+(?:\.\d+)?(?:e[+-]?\d+)?)\s*([A-Za-z%]*)", re.IGNORECASE)
_FACTORS = (
    {"": 1.0, "%": 1.0}
    | {f"{prefix}iB": 1024.0 ** (power + 1) for power, prefix in enumerate("KMGTP")}
    | {f"{prefix}B": 1000.0 ** (power + 1) for power, prefix in enumerate("kMGTP")}
    | {f"{prefix}bit": 1000.0 ** (power + 1) for power, prefix in enumerate("kMGTP")}
    | {"B": 1.0, "KB": 1000.0, "bit": 1.0}
)


def parse_duration(text: Any) -> timedelta:
    """A duration as people write it. Raises `ValueError` for anything that is not `30d`, `6h`, `5m`, `1h30m`, ..."""
    if isinstance(text, timedelta):
        return text
    match = _DURATION.fullmatch(text.strip()) if isinstance(text, str) else None
    if match is None or not any(match.groups()):
        raise ValueError(f"{text!r} is no duration: write it as 30d, 6h, 5m, 90s or 1h30m")
    counts = (int(count or 0) for count in match.groups())
    seconds = sum(count * size for count, size in zip(counts, _SECONDS.values(), strict=True))
    if seconds > _LONGEST.total_seconds():
        raise ValueError(f"{text!r} is longer than ten years: check the unit (m is minutes, d is days)")
    return timedelta(seconds=seconds)


def parse_positive_duration(text: Any) -> timedelta:
    """A duration that is longer than nothing."""
    duration = parse_duration(text)
    if duration <= timedelta(0):
        raise ValueError(f"'{format_duration(duration)}' is no time at all: write a duration longer than 0s")
    return duration


def format_duration(duration: timedelta) -> str:
    """The shortest text that `parse_duration` reads as this duration; parts of a second are dropped."""
    left = int(duration.total_seconds())
    parts = []
    for unit in "dhms":
        count, left = divmod(left, _SECONDS[unit])
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts) or "0s"


def parse_amount(value: Any) -> float:
    """A finite number, or a number with a unit: bytes in powers of 1024 or 1000, bits, per cent (80% is 80)."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        number = float(value)
    else:
        match = _AMOUNT.fullmatch(str(value).strip())
        if match is None or match[2] not in _FACTORS:
            raise ValueError(f"{value!r} is no amount: write a number, or one with a unit (KiB, GiB, GB, Gbit, %)")
        number = float(match[1]) * _FACTORS[match[2]]
    if not math.isfinite(number):
        raise ValueError(f"{value!r} is no amount: write a finite number")
    return number


@dataclass(frozen=True, slots=True, eq=False)
class _OrBare:
    """In the JSON Schema, a shorter form beside the full one."""

    bare: Mapping[str, Any]

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {"anyOf": [handler(core), dict(self.bare)]}


def or_bare(bare: Mapping[str, Any]) -> Any:
    """Says in the JSON Schema that a value may be written in a shorter form, which its model reads."""
    return _OrBare(bare)


_DURATION_SCHEMA = WithJsonSchema(
    {"type": "string", "pattern": r"^(\d+w)?(\d+d)?(\d+h)?(\d+m)?(\d+s)?$", "examples": ["30d", "6h", "5m", "90s"]}
)
_AMOUNT_SCHEMA = WithJsonSchema({"type": ["number", "string"], "examples": [100, "500GiB", "10Gbit"]})

Duration = Annotated[timedelta, BeforeValidator(parse_duration), PlainSerializer(format_duration), _DURATION_SCHEMA]
PositiveDuration = Annotated[
    timedelta, BeforeValidator(parse_positive_duration), PlainSerializer(format_duration), _DURATION_SCHEMA
]
Amount = Annotated[float, BeforeValidator(parse_amount), _AMOUNT_SCHEMA]
