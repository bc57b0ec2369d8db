"""The history that comes with the product, and the truth about what happens after it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from domain.labels import Labels
from forewarn.demo.timeline import Planted

FOLDER = Path(__file__).parent
HISTORY_NAME = "history.parquet"
PLANTED_NAME = "planted.json"


@dataclass(frozen=True, slots=True)
class Bundle:
    """Where the bundled history lies, the moment that it ends, and what runs out after it."""

    history: Path
    as_of: datetime
    planted: tuple[Planted, ...]


def bundled(folder: Path = FOLDER) -> Bundle:
    """The bundled history; runs over it use its `as_of`."""
    text = json.loads((folder / PLANTED_NAME).read_text(encoding="utf-8"))
    planted = tuple(
        Planted(one["watch"], Labels.of(one["entity"]), datetime.fromisoformat(one["exhausts_at"]))
        for one in text["planted"]
    )
    return Bundle(folder / HISTORY_NAME, datetime.fromisoformat(text["as_of"]), planted)
