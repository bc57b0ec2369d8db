"""Series to entities: which rows of a batch are about one thing, and which limit belongs to it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from domain.labels import Labels
from domain.series import SeriesBatch
from domain.watch import Direction, Watch
from jobs.packs import OPTIONAL_LABELS

FloatArray = NDArray[np.float64]


BESIDE = 3  # steps in which two series are seen, from which on neither follows the other: a server shows the old one on


@dataclass(frozen=True, slots=True, eq=False)
class EntityRows:
    """One row per entity: `values[n_entities, n_steps]`, and how many series were joined to it, and which."""

    entities: tuple[Labels, ...]
    labels: tuple[Labels, ...]  # the labels that all series of the entity share
    values: FloatArray
    joined: tuple[int, ...]
    members: tuple[tuple[Labels, ...], ...] = ()  # the labels of each entity's series
    suppliers: Mapping[int, NDArray[np.int64]] = field(default_factory=dict)  # rows of several: whose value, by step


def by_entity(batch: SeriesBatch, watch: Watch) -> EntityRows:
    """Join the series of each entity, sorted by entity.

    Series of one entity that follow one another (a pod that was replaced, a label that changed) become one row; where
    they overlap, the one nearest to trouble counts. Series that live side by side and lack a label of the entity are
    not one thing (ports without their names): each is an entity of its own, with a label more that tells it apart.
    """
    groups = _groups(batch, watch)
    entities = tuple(sorted(groups))
    members = [groups[entity] for entity in entities]
    suppliers: dict[int, NDArray[np.int64]] = {}
    if all(len(rows) == 1 for rows in members):
        order = [rows[0] for rows in members]
        values = batch.values if order == list(range(len(order))) else batch.values[order]
    else:
        values = np.empty((len(entities), batch.grid.steps))
        for index, rows in enumerate(members):
            if len(rows) == 1:
                values[index] = batch.values[rows[0]]
            else:
                values[index], suppliers[index] = _worst(batch.values[rows], watch.direction)
    series = tuple(tuple(batch.labels[row] for row in rows) for rows in members)
    shared = tuple(_shared(labels) for labels in series)
    return EntityRows(entities, shared, values, tuple(len(rows) for rows in members), series, suppliers)


def _groups(batch: SeriesBatch, watch: Watch) -> dict[Labels, list[int]]:
    """The rows of each entity."""
    groups: dict[Labels, list[int]] = {}
    for row, labels in enumerate(batch.labels):
        groups.setdefault(labels.only(watch.entity), []).append(row)
    needed = set(watch.entity) - OPTIONAL_LABELS
    for entity, rows in list(groups.items()):
        if len(rows) > 1 and not needed <= set(entity) and _side_by_side(batch.values[rows]):
            del groups[entity]
            names = _telling_apart(batch, rows)
            for row in rows:
                groups.setdefault(batch.labels[row].only((*watch.entity, *names)), []).append(row)
    return groups


def _side_by_side(values: FloatArray) -> bool:
    """Whether these series are seen together, and not one after the other."""
    together = np.count_nonzero(np.count_nonzero(~np.isnan(values), axis=0) > 1)
    return bool(together >= min(BESIDE, values.shape[1]))


def _telling_apart(batch: SeriesBatch, rows: list[int]) -> tuple[str, ...]:
    """The label with fewest values by which no two series of one value live side by side; all, where there is none.

    Not the first that differs: the description of a port may change, which makes no other port of it.
    """
    found: list[tuple[int, str]] = []
    names = sorted({name for row in rows for name in batch.labels[row]})
    for name in names:
        parts: dict[str, list[int]] = {}
        for row in rows:
            parts.setdefault(batch.labels[row].get(name, ""), []).append(row)
        if not any(len(part) > 1 and _side_by_side(batch.values[part]) for part in parts.values()):
            found.append((len(parts), name))
    return (min(found)[1],) if found else tuple(names)


def _worst(values: FloatArray, direction: Direction) -> tuple[FloatArray, NDArray[np.int64]]:
    """The value nearest to trouble at each step, and which row gave it; in a gap that is the last one that did."""
    up = direction is Direction.UP
    gone = np.isnan(values)
    bound = np.where(gone, -np.inf if up else np.inf, values)
    chosen = (bound.argmax(axis=0) if up else bound.argmin(axis=0)).astype(np.float64)
    seen = ~gone.all(axis=0)
    worst: FloatArray = (np.fmax if up else np.fmin).reduce(values, axis=0)
    chosen[~seen] = np.nan
    return worst, np.nan_to_num(fill_forward(chosen[None])[0]).astype(np.int64)


def _shared(all_labels: tuple[Labels, ...]) -> Labels:
    pairs = set(all_labels[0].pairs)
    for labels in all_labels[1:]:
        pairs &= set(labels.pairs)
    return Labels(tuple(pairs))


def align_limits(rows: EntityRows, limits: SeriesBatch | None, watch: Watch) -> FloatArray:
    """The limit in force for each entity at each step, `[n_entities, n_steps]`; NaN where there is none.

    A constant limit is one number seen from everywhere (no memory). A limit series belongs to the entity whose labels
    it has; one with fewer labels (a limit per instance) belongs to every entity that has them. Where an entity has
    several, the one that fits the series that gave the value counts: a volume that moved to another device has the
    limit of that device. Between the moments at which a limit was seen, the last one seen holds.
    """
    shape = rows.values.shape
    if limits is None:
        constant = np.nan if watch.limit.value is None else float(watch.limit.value)
        return np.broadcast_to(np.float64(constant), shape)
    by_labels: dict[Labels, list[int]] = {}
    for row, labels in enumerate(limits.labels):
        by_labels.setdefault(labels.only(watch.entity), []).append(row)
    names = sorted({tuple(labels) for labels in by_labels}, key=lambda known: (-len(known), known))
    if not len(limits):
        return np.broadcast_to(np.float64(np.nan), shape)
    values = np.full(shape, np.nan)
    for index, entity in enumerate(rows.entities):
        found = _limit_rows(entity, by_labels, names)
        if len(found) == 1:
            values[index] = limits.values[found[0]]
        elif found:
            values[index] = _limit_of_suppliers(rows, index, limits, found, watch.direction)
    return fill_forward(values)


def _limit_rows(entity: Labels, limits: dict[Labels, list[int]], names: list[tuple[str, ...]]) -> list[int]:
    """The rows of the limits with the most labels in common with the entity; empty where there is none."""
    for known in names:
        found = limits.get(entity.only(known))
        if found is not None:
            return found
    return []


def _limit_of_suppliers(
    rows: EntityRows, index: int, limits: SeriesBatch, found: list[int], direction: Direction
) -> FloatArray:
    """At each step the limit that fits the series that gave the entity's value there."""
    each = np.array([_fitting(labels, limits, found, direction) for labels in rows.members[index]])
    if len(each) == 1:
        return each.reshape(-1)
    chosen: FloatArray = np.take_along_axis(each, rows.suppliers[index][None], axis=0)
    return chosen.reshape(-1)


def _fitting(series: Labels, limits: SeriesBatch, found: list[int], direction: Direction) -> FloatArray:
    """At each step the limit that shares most labels with the series; of equals, the one that is reached first."""
    agreeing: dict[int, list[int]] = {}
    for row in found:
        agreeing.setdefault(len(set(series.pairs) & set(limits.labels[row].pairs)), []).append(row)
    first = np.fmin if direction is Direction.UP else np.fmax
    limit = np.full(limits.grid.steps, np.nan)
    for shared in sorted(agreeing, reverse=True):
        limit = np.where(np.isnan(limit), first.reduce(limits.values[agreeing[shared]], axis=0), limit)
    return limit


def fill_forward(values: FloatArray) -> FloatArray:
    """Carry the last seen value over the gaps of each row; before the first one, the first one holds."""
    seen = ~np.isnan(values)
    steps = values.shape[1]
    last = np.maximum.accumulate(np.where(seen, np.arange(steps), -1), axis=1)
    first = np.where(seen.any(axis=1), seen.argmax(axis=1), 0)
    index = np.where(last < 0, first[:, None], last)
    filled: FloatArray = np.take_along_axis(values, index, axis=1)
    return filled
