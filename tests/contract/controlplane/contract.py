"""The contract's file, read for the tests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from openapi_schema_validator import OAS30Validator, oas30_format_checker
from ruamel.yaml import YAML

from controlplane import models

FILE = Path(models.__file__).with_name("contract") / "control-plane.openapi.yaml"
CONTRACT: dict[str, Any] = YAML(typ="safe").load(FILE)
SCHEMAS: dict[str, Any] = CONTRACT["components"]["schemas"]

_BY_FORMAT = {"date-time": "2026-11-22T03:00:00Z", "uri": "https://forewarn.example/findings/1"}
_BY_TYPE: dict[str, Any] = {"string": "text", "integer": 3, "boolean": True, "number": 0.5}


def resolved(part: Any) -> Any:
    """A part of the contract without references, `allOf` of objects merged."""
    if isinstance(part, list):
        return [resolved(item) for item in part]
    if not isinstance(part, dict):
        return part
    if "$ref" in part:
        found: Any = CONTRACT
        for name in part["$ref"].removeprefix("#/").split("/"):
            found = found[name]
        return resolved(found)
    return _merged({name: resolved(value) for name, value in part.items()})


def _merged(schema: dict[str, Any]) -> dict[str, Any]:
    parts = schema.pop("allOf", ())
    for part in parts:
        properties = part.get("properties", {}) | schema.get("properties", {})
        required = sorted({*part.get("required", ()), *schema.get("required", ())})
        schema = part | schema
        schema |= {"properties": properties, "required": required} if properties else {}
    return schema


def sample(schema: dict[str, Any]) -> Any:
    """A small value that fits a resolved schema, with everything in it that the schema names."""
    if "enum" in schema:
        return schema["enum"][0]
    if schema["type"] == "array":
        return [sample(schema["items"])]
    if schema["type"] != "object":
        return _BY_FORMAT.get(schema.get("format", ""), _BY_TYPE[schema["type"]])
    value = {name: sample(part) for name, part in schema.get("properties", {}).items()}
    more = schema.get("additionalProperties")
    return value | ({"name": sample(more)} if isinstance(more, dict) else {})


def least_sample(schema: dict[str, Any]) -> dict[str, Any]:
    """The smallest object that fits a resolved schema."""
    return {name: sample(schema["properties"][name]) for name in schema.get("required", ())}


def check(value: Any, schema: dict[str, Any]) -> None:
    """Fail unless the value fits the resolved schema."""
    OAS30Validator(schema, format_checker=oas30_format_checker).validate(value)


def operations() -> dict[str, tuple[str, str, dict[str, Any]]]:
    """Method, path and resolved description of each operation, by operationId."""
    return {
        operation["operationId"]: (method, path, resolved(operation))
        for path, methods in CONTRACT["paths"].items()
        for method, operation in methods.items()
    }


def body_of(operation: dict[str, Any]) -> dict[str, Any]:
    """The resolved schema of an operation's request body."""
    schema: dict[str, Any] = operation["requestBody"]["content"]["application/json"]["schema"]
    return schema


def answer_of(operation: dict[str, Any], status: str) -> dict[str, Any]:
    """The resolved schema of an operation's answer."""
    schema: dict[str, Any] = operation["responses"][status]["content"]["application/json"]["schema"]
    return schema
