"""Reports: what people read of a run."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Report:
    """One rendered report. `content` is None in lists."""

    id: int
    run_id: UUID
    job: str
    as_of: datetime
    language: str  # "en", "zh-TW"
    format: str  # "html", "markdown", "json"
    created_at: datetime
    size: int  # characters
    content: str | None = None
