"""One HTTP question and its answer, as plain values."""

from __future__ import annotations

from dataclasses import dataclass

from sources.errors import Window


@dataclass(frozen=True, slots=True)
class Ask:
    """A question to a source: where it goes, with what, and for which query and window errors should say it was."""

    method: str
    path: str
    params: tuple[tuple[str, str], ...] = ()
    query: str = ""
    window: Window | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: status, the headers that matter in lower case, the body, and how long it took."""

    status: int
    headers: dict[str, str]
    body: bytes | bytearray
    seconds: float = 0.0

    @property
    def content_type(self) -> str:
        """The type of the body, without its parameters."""
        return self.headers.get("content-type", "").split(";")[0].strip().lower()
