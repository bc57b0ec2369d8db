"""Our models against the contract's file: what the one says, the other says too."""

from __future__ import annotations

from typing import Any

import pytest
from openapi_spec_validator import validate
from pydantic import BaseModel, TypeAdapter, ValidationError

from controlplane import models
from tests.contract.controlplane.contract import CONTRACT, SCHEMAS, body_of, least_sample, operations, resolved, sample

ENUMS = {"Severity", "IncidentStatus", "Outcome", "ExecutionStatus"}
SENT = ["IncidentCreate", "IncidentUpdate", "ExecutionRequest", "Resolution", "CommentCreate", "Acknowledgement"]
BOUNDS = ("minLength", "maxLength", "minimum", "maximum")

OBJECTS: dict[str, Any] = {name: resolved(schema) for name, schema in SCHEMAS.items() if name not in ENUMS}
# What the contract writes inside others has a name here:
OBJECTS |= {
    "Acknowledgement": body_of(operations()["acknowledgeIncident"][2]),
    "Resolution": body_of(operations()["resolveIncident"][2]),
    "CommentCreate": body_of(operations()["addIncidentComment"][2]),
    "AlertCondition": OBJECTS["AlertRule"]["properties"]["condition"],
    "Link": OBJECTS["IncidentCreate"]["properties"]["links"]["items"],
    "IncidentLink": OBJECTS["IncidentCreate"]["properties"]["links"]["items"],
}


def model(name: str) -> type[BaseModel]:
    found: type[BaseModel] = getattr(models, name)
    return found


def bounds_of(name: str, field: str) -> dict[str, Any]:
    """The bounds of one of our fields, wherever pydantic writes them."""
    schema = model(name).model_json_schema(by_alias=True)["properties"][field]
    options = [schema, *schema.get("anyOf", ())]
    return {bound: option[bound] for option in options for bound in BOUNDS if bound in option}


def field_of(name: str, alias: str) -> Any:
    return next(field for field in model(name).model_fields.values() if field.alias == alias)


def test_the_contract_is_valid_openapi() -> None:
    validate(CONTRACT)


def test_every_schema_of_the_contract_has_a_model_and_every_model_a_schema() -> None:
    ours = {
        name
        for name, value in vars(models).items()
        if isinstance(value, type) and issubclass(value, BaseModel) and value.__module__ == models.__name__
    }

    assert ours - {"Sent", "Answer"} == set(OBJECTS)


@pytest.mark.parametrize("name", sorted(OBJECTS))
def test_properties_and_required_ones_are_the_same(name: str) -> None:
    ours = model(name).model_json_schema(by_alias=True)
    theirs = OBJECTS[name]

    assert set(ours["properties"]) == set(theirs["properties"])
    assert set(ours.get("required", ())) == set(theirs.get("required", ()))


@pytest.mark.parametrize("name", sorted(OBJECTS))
def test_bounds_are_the_same(name: str) -> None:
    for field, schema in OBJECTS[name]["properties"].items():
        theirs = {bound: schema[bound] for bound in BOUNDS if bound in schema}
        assert bounds_of(name, field) == theirs, f"{name}.{field}"


@pytest.mark.parametrize("name", sorted(ENUMS))
def test_enumerations_are_the_same(name: str) -> None:
    assert {member.value for member in getattr(models, name)} == set(SCHEMAS[name]["enum"])


@pytest.mark.parametrize("name", sorted(OBJECTS))
def test_a_body_that_fits_the_schema_fits_the_model_and_comes_out_the_same(name: str) -> None:
    body = sample(OBJECTS[name])

    assert model(name).model_validate(body).model_dump(mode="json", by_alias=True, exclude_unset=True) == body


@pytest.mark.parametrize("name", sorted(OBJECTS))
def test_the_least_body_that_fits_the_schema_fits_the_model(name: str) -> None:
    body = least_sample(OBJECTS[name])

    assert model(name).model_validate(body).model_dump(mode="json", by_alias=True, exclude_unset=True) == body


@pytest.mark.parametrize("name", sorted(OBJECTS))
def test_what_may_be_null_there_may_be_null_here(name: str) -> None:
    for alias, schema in OBJECTS[name]["properties"].items():
        if schema.get("nullable"):
            field = field_of(name, alias)
            TypeAdapter(field.annotation).validate_python(None)


@pytest.mark.parametrize("name", SENT)
def test_what_we_send_holds_no_null_where_the_contract_has_none(name: str) -> None:
    body = least_sample(OBJECTS[name])
    for alias, part in OBJECTS[name]["properties"].items():
        if not part.get("nullable"):
            with pytest.raises(ValidationError):
                model(name).model_validate(body | {alias: None})


@pytest.mark.parametrize("name", sorted(OBJECTS))
def test_a_body_that_lacks_what_is_required_is_refused(name: str) -> None:
    body = sample(OBJECTS[name])
    for field in OBJECTS[name].get("required", ()):
        with pytest.raises(ValidationError):
            model(name).model_validate({key: value for key, value in body.items() if key != field})
