"""What may be started, and where, is what the Control Plane says that it has."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import httpx

from controlplane.client import ControlPlaneClient
from controlplane.config import ControlPlaneConfig
from jobs.automation.inventory import available
from jobs.automation.state import Available
from tests.fixtures.builders import AS_OF
from tests.unit.jobs.automation.situations import make_config

TIMES = {"createdAt": "2026-01-01T00:00:00Z", "updatedAt": "2026-01-01T00:00:00Z"}
TARGET = {"target": {"label": "instance"}}


def script(name: str, **more: Any) -> dict[str, Any]:
    return {"id": name, "name": name, "type": "shell", **more}


def resource(number: int, name: str, address: str | None = None) -> dict[str, Any]:
    return {"id": f"res-{number}", "name": name, "type": "vm", "status": "active", "ipAddress": address} | TIMES


def seen(
    scripts: Sequence[dict[str, Any]] = (),
    pages: Sequence[Sequence[dict[str, Any]]] = ((),),
    rule: dict[str, Any] | None = None,
) -> Available:
    """What is seen of a Control Plane that has these scripts, and these pages of resources."""

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/scripts"):
            return httpx.Response(200, json={"items": list(scripts), "total": len(scripts)})
        page = int(request.url.params["page"])
        pagination = {"page": page, "pageSize": 200, "total": sum(map(len, pages)), "totalPages": len(pages)}
        return httpx.Response(200, json={"items": list(pages[page - 1]), "pagination": pagination})

    with ControlPlaneClient(ControlPlaneConfig(), transport=httpx.MockTransport(answer)) as client:
        return available(make_config(rule), client, AS_OF)


def test_a_script_that_is_disabled_is_not_there_and_one_of_which_nothing_is_said_is() -> None:
    found = seen([script("off", enabled=False), script("on", enabled=True, parameters=["instance"]), script("unsaid")])

    assert found.scripts == {"on": frozenset({"instance"}), "unsaid": None}


def test_a_resource_is_known_by_its_name_and_by_its_address_whatever_their_case() -> None:
    found = seen(pages=[[resource(1, "DB-1.example", "FE80::1")]], rule=TARGET)

    assert found.resources == {"db-1.example": ("res-1",), "fe80::1": ("res-1",)}


def test_resources_of_one_name_are_all_told_also_where_they_are_pages_apart() -> None:
    pages = [[resource(1, "db-1"), resource(2, "10.0.0.1")], [resource(3, "DB-1"), resource(4, "db-4", "10.0.0.1")]]

    found = seen(pages=pages, rule=TARGET)

    assert found.resources["db-1"] == ("res-1", "res-3")  # and so none of them is meant
    assert found.resources["10.0.0.1"] == ("res-2", "res-4")


def test_resources_are_not_asked_for_where_no_rule_has_a_target() -> None:
    assert seen(pages=[[resource(1, "db-1")]]).resources == {}
