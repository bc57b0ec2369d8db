"""Label sets: the names and values that tell one series, or one entity, from another."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Labels(Mapping[str, str]):
    """An immutable label set. `pairs` is sorted by name, so equal sets are equal, hash equal and print equal.

    Values come from other systems: they may hold any text (quotes, newlines, HTML) and are never trusted.
    """

    pairs: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        """Sort the pairs, and refuse a name that is there twice."""
        ordered = tuple(sorted(self.pairs))
        names = [name for name, _ in ordered]
        if len(set(names)) != len(names):
            raise ValueError(f"a label name is there twice in {ordered!r}")
        object.__setattr__(self, "pairs", ordered)

    @classmethod
    def of(cls, mapping: Mapping[str, str] | Iterable[tuple[str, str]] = (), /, **more: str) -> Labels:
        """Labels from a mapping, pairs or keywords: `Labels.of(instance="db-1")`."""
        return cls(tuple({**dict(mapping), **more}.items()))

    def __getitem__(self, name: str) -> str:
        for key, value in self.pairs:
            if key == name:
                return value
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        return (name for name, _ in self.pairs)

    def __len__(self) -> int:
        return len(self.pairs)

    def __hash__(self) -> int:
        return hash(self.pairs)

    def only(self, names: Iterable[str]) -> Labels:
        """The labels with these names; a name that is not there is left out."""
        wanted = set(names)
        return Labels(tuple(pair for pair in self.pairs if pair[0] in wanted))

    def without(self, names: Iterable[str]) -> Labels:
        """The labels but those with these names."""
        unwanted = set(names)
        return Labels(tuple(pair for pair in self.pairs if pair[0] not in unwanted))

    def __str__(self) -> str:
        """As Prometheus writes it: `{instance="db-1"}`, with backslash, quote and newline escaped."""
        return "{" + ", ".join(f"{name}={quote(value)}" for name, value in self.pairs) + "}"


def quote(value: str) -> str:
    """A PromQL or LogQL string literal of any text. The one place where label values are escaped for a query."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
