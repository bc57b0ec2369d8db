"""Series to entities: which rows of a batch are about one thing, and which limit belongs to it. Pure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from domain.labels import Labels
from domain.series import SeriesBatch
from domain.watch import Direction, Watch

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class EntityRows:
    """One row per entity: `values[n_entities, n_steps]`, and how many series were joined to it."""

    entities: tuple[Labels, ...]
    labels: tuple[Labels, ...]  # the labels that all series of the entity share
    values: FloatArray
    joined: tuple[int, ...]


def by_entity(batch: SeriesBatch, watch: Watch) -> EntityRows:
    """Join the series of each entity, sorted by entity.

    Series of one entity that follow one another (a pod that was replaced, a label that changed) become one row; where
    they overlap, the one nearest to trouble counts.
    """
    groups: dict[Labels, list[int]] = {}
    for row, labels in enumerate(batch.labels):
        groups.setdefault(labels.only(watch.entity), []).append(row)
    entities = tuple(sorted(groups))
    members = [groups[entity] for entity in entities]
    if all(len(rows) == 1 for rows in members):
        order = [rows[0] for rows in members]
        values = batch.values if order == list(range(len(order))) else batch.values[order]
    else:
        values = np.empty((len(entities), batch.grid.steps))
        reduce = np.fmax.reduce if watch.direction is Direction.UP else np.fmin.reduce
        for index, rows in enumerate(members):
            values[index] = batch.values[rows[0]] if len(rows) == 1 else reduce(batch.values[rows], axis=0)
    shared = tuple(_shared([batch.labels[row] for row in rows]) for rows in members)
    return EntityRows(entities, shared, values, tuple(len(rows) for rows in members))


def _shared(all_labels: list[Labels]) -> Labels:
    pairs = set(all_labels[0].pairs)
    for labels in all_labels[1:]:
        pairs &= set(labels.pairs)
    return Labels(tuple(pairs))


def align_limits(rows: EntityRows, limits: SeriesBatch | None, watch: Watch) -> FloatArray:
    """The limit in force for each entity at each step, `[n_entities, n_steps]`; NaN where there is none.

    A constant limit is one number seen from everywhere (no memory). A limit series belongs to the entity whose labels
    it has; one with fewer labels (a limit per instance) belongs to every entity that has them. Between the moments at
    which a limit was seen, the last one seen holds.
    """
    shape = rows.values.shape
    if limits is None:
        constant = np.nan if watch.limit.value is None else float(watch.limit.value)
        return np.broadcast_to(np.float64(constant), shape)
    by_labels: dict[Labels, int] = {}
    for row, labels in enumerate(limits.labels):
        by_labels.setdefault(labels.only(watch.entity), row)
    names = sorted({tuple(labels) for labels in by_labels}, key=lambda known: (-len(known), known))
    chosen = np.array([_limit_row(entity, by_labels, names) for entity in rows.entities], dtype=np.int64)
    if not len(limits):
        return np.broadcast_to(np.float64(np.nan), shape)
    values = limits.values[np.maximum(chosen, 0)]
    values[chosen < 0] = np.nan
    return fill_forward(values)


def _limit_row(entity: Labels, limits: dict[Labels, int], names: list[tuple[str, ...]]) -> int:
    """The row of the limit with the most labels in common with the entity, -1 where there is none."""
    for known in names:
        row = limits.get(entity.only(known))
        if row is not None:
            return row
    return -1


def fill_forward(values: FloatArray) -> FloatArray:
    """Carry the last seen value over the gaps of each row; before the first one, the first one holds."""
    seen = ~np.isnan(values)
    steps = values.shape[1]
    last = np.maximum.accumulate(np.where(seen, np.arange(steps), -1), axis=1)
    first = np.where(seen.any(axis=1), seen.argmax(axis=1), 0)
    index = np.where(last < 0, first[:, None], last)
    filled: FloatArray = np.take_along_axis(values, index, axis=1)
    return filled
