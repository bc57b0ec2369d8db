"""Which rows of a batch are about one thing, and which limit belongs to it."""

from __future__ import annotations

import numpy as np
import pytest

from domain.labels import Labels
from domain.series import SeriesBatch
from domain.times import Grid
from domain.watch import Direction, Limit
from jobs.entities import align_limits, by_entity, fill_forward
from tests.fixtures.builders import make_watch

NAN = np.nan


def batch(*rows: tuple[dict[str, str], list[float]]) -> SeriesBatch:
    values = np.array([values for _, values in rows], dtype=np.float64).reshape(len(rows), -1)
    return SeriesBatch(tuple(Labels.of(labels) for labels, _ in rows), Grid(0, 60, values.shape[1]), values)


def test_each_entity_has_one_row_in_the_order_of_the_entities() -> None:
    seen = batch(
        ({"instance": "b", "mountpoint": "/"}, [3, 4]),
        ({"instance": "a", "mountpoint": "/"}, [1, 2]),
    )

    rows = by_entity(seen, make_watch())

    assert [entity["instance"] for entity in rows.entities] == ["a", "b"]
    np.testing.assert_array_equal(rows.values, [[1, 2], [3, 4]])


def test_series_that_follow_one_another_become_one_row() -> None:
    """A pod that was replaced goes on where the old one ended."""
    seen = batch(
        ({"instance": "a", "mountpoint": "/", "pod": "x-1"}, [1, 2, NAN, NAN]),
        ({"instance": "a", "mountpoint": "/", "pod": "x-2"}, [NAN, NAN, 3, 4]),
    )

    rows = by_entity(seen, make_watch())

    np.testing.assert_array_equal(rows.values, [[1, 2, 3, 4]])
    assert rows.joined == (2,)
    assert rows.labels == (Labels.of(instance="a", mountpoint="/"),)


@pytest.mark.parametrize(("direction", "expected"), [(Direction.UP, [5, 9]), (Direction.DOWN, [1, 2])])
def test_where_series_of_an_entity_overlap_the_one_nearest_to_trouble_counts(
    direction: Direction, expected: list[float]
) -> None:
    seen = batch(
        ({"instance": "a", "mountpoint": "/", "device": "x"}, [5, 2]),
        ({"instance": "a", "mountpoint": "/", "device": "y"}, [1, 9]),
    )

    rows = by_entity(seen, make_watch(direction=direction))

    np.testing.assert_array_equal(rows.values, [expected])


def test_a_constant_limit_takes_no_memory() -> None:
    rows = by_entity(batch(({"instance": "a", "mountpoint": "/"}, [1, 2])), make_watch())

    limits = align_limits(rows, None, make_watch(limit=Limit(value=10.0)))

    assert limits.strides == (0, 0)
    np.testing.assert_array_equal(limits, [[10, 10]])


def test_a_limit_belongs_to_the_entity_that_has_its_labels() -> None:
    watch = make_watch()
    rows = by_entity(
        batch(({"instance": "a", "mountpoint": "/"}, [1, 2]), ({"instance": "b", "mountpoint": "/"}, [3, 4])), watch
    )
    limits = batch(({"instance": "b", "mountpoint": "/"}, [8, 9]), ({"instance": "a", "mountpoint": "/"}, [6, 7]))

    np.testing.assert_array_equal(align_limits(rows, limits, watch), [[6, 7], [8, 9]])


def test_a_limit_with_fewer_labels_belongs_to_every_entity_that_has_them() -> None:
    watch = make_watch()
    rows = by_entity(
        batch(({"instance": "a", "mountpoint": "/"}, [1, 2]), ({"instance": "a", "mountpoint": "/b"}, [3, 4])), watch
    )

    limits = align_limits(rows, batch(({"instance": "a"}, [5, 6])), watch)

    np.testing.assert_array_equal(limits, [[5, 6], [5, 6]])


def test_an_entity_without_a_limit_has_none() -> None:
    watch = make_watch()
    rows = by_entity(batch(({"instance": "a", "mountpoint": "/"}, [1, 2])), watch)

    assert np.isnan(align_limits(rows, batch(({"instance": "z", "mountpoint": "/"}, [5, 6])), watch)).all()
    assert np.isnan(align_limits(rows, SeriesBatch((), Grid(0, 60, 2), np.empty((0, 2))), watch)).all()


def test_a_limit_holds_until_another_is_seen() -> None:
    filled = fill_forward(np.array([[NAN, 10, NAN, 20, NAN], [NAN, NAN, NAN, NAN, NAN]]))

    np.testing.assert_array_equal(filled[0], [10, 10, 10, 20, 20])
    assert np.isnan(filled[1]).all()
