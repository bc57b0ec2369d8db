"""What usage does, kind by kind, in families that look at it differently: what helps on one must help on the others."""

from __future__ import annotations

from benchmarks.exhaustion.parts import Shape
from benchmarks.exhaustion.shapes import (
    campus,
    cloud,
    databases,
    datacentre,
    field,
    fleet,
    hosting,
    networks,
    office,
    plain,
    platform,
    servers,
    services,
    storage,
    structural,
    textbook,
)

FAMILIES: dict[str, dict[str, Shape]] = {
    "field": field.SHAPES,
    "structural": structural.SHAPES,
    "servers": servers.SHAPES,
    "networks": networks.SHAPES,
    "plain": plain.SHAPES,
    "storage": storage.SHAPES,
    "platform": platform.SHAPES,
    "textbook": textbook.SHAPES,
    "office": office.SHAPES,
    "databases": databases.SHAPES,
    "cloud": cloud.SHAPES,
    "fleet": fleet.SHAPES,
    "campus": campus.SHAPES,
    "datacentre": datacentre.SHAPES,
    "services": services.SHAPES,
    "hosting": hosting.SHAPES,
}
SHAPES: dict[str, Shape] = {name: shape for family in FAMILIES.values() for name, shape in family.items()}
