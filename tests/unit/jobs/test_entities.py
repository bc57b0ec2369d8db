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


def test_a_volume_that_moved_has_the_limit_of_where_it_is() -> None:
    """A filesystem that went from a device of 20 to one of 40, whichever the server names first."""
    old, new = ({"instance": "a", "mountpoint": "/", "device": device} for device in ("sdb", "sdc"))
    moved = batch((old, [18, 18, 18, NAN, NAN, NAN]), (new, [NAN, NAN, 19, 22, NAN, 22]))
    sizes = batch((old, [20, 20, 20, NAN, NAN, NAN]), (new, [NAN, NAN, 40, 40, NAN, 40]))
    watch = make_watch()

    rows = by_entity(moved, watch)

    np.testing.assert_array_equal(rows.values, [[18, 18, 19, 22, NAN, 22]])
    np.testing.assert_array_equal(align_limits(rows, sizes, watch), [[20, 20, 40, 40, 40, 40]])


def test_a_limit_that_goes_on_as_another_series_is_the_newest() -> None:
    """The series of the value did not change, those of the limit did: what tells it was restarted."""
    watch = make_watch()
    rows = by_entity(batch(({"instance": "a", "mountpoint": "/"}, [1, 2, 3, 4])), watch)
    seen = batch(
        ({"instance": "a", "mountpoint": "/", "pod": "y"}, [NAN, NAN, 40, NAN]),
        ({"instance": "a", "mountpoint": "/", "pod": "x"}, [20, 20, NAN, NAN]),
    )

    np.testing.assert_array_equal(align_limits(rows, seen, watch), [[20, 20, 40, 40]])


@pytest.mark.parametrize(("direction", "expected"), [(Direction.UP, 20), (Direction.DOWN, 40)])
def test_of_limits_that_fit_equally_the_one_that_is_reached_first_counts(direction: Direction, expected: float) -> None:
    watch = make_watch(direction=direction)
    rows = by_entity(batch(({"instance": "a", "mountpoint": "/"}, [30, 30])), watch)
    seen = batch(
        ({"instance": "a", "mountpoint": "/", "pod": "y"}, [40, 40]),
        ({"instance": "a", "mountpoint": "/", "pod": "x"}, [20, 20]),
    )

    np.testing.assert_array_equal(align_limits(rows, seen, watch), [[expected, expected]])


def ports(*descriptions: tuple[str, str, list[float]]) -> SeriesBatch:
    """Ports of a switch whose names are not there: number, description, values."""
    return batch(*(({"instance": "sw", "number": number, "alias": alias}, row) for number, alias, row in descriptions))


def test_series_side_by_side_that_lack_a_label_of_the_entity_are_not_one_thing() -> None:
    watch = make_watch(entity=("instance", "port"))
    traffic = ports(("1", "x", [1, 1, 1, 1]), ("2", "y", [9, 9, NAN, NAN]), ("2", "z", [NAN, NAN, 9, 9]))
    speeds = ports(("1", "x", [10, 10, 10, 10]), ("2", "y", [90, 90, NAN, NAN]), ("2", "z", [NAN, NAN, 90, 90]))

    rows = by_entity(traffic, watch)

    assert rows.entities == (Labels.of(instance="sw", number="1"), Labels.of(instance="sw", number="2"))
    np.testing.assert_array_equal(rows.values, [[1, 1, 1, 1], [9, 9, 9, 9]])
    np.testing.assert_array_equal(align_limits(rows, speeds, watch), [[10, 10, 10, 10], [90, 90, 90, 90]])


def test_series_that_lack_a_label_and_follow_one_another_are_one_thing() -> None:
    """For some minutes a server still shows the one that ended."""
    watch = make_watch(entity=("instance", "port"))

    rows = by_entity(ports(("1", "x", [1, 1, 1, NAN, NAN]), ("2", "y", [NAN, NAN, 2, 2, 2])), watch)

    assert rows.entities == (Labels.of(instance="sw"),)


def test_no_cluster_is_no_label_that_lacks() -> None:
    watch = make_watch(entity=("instance", "cluster"))

    assert len(by_entity(ports(("1", "x", [1, 1, 1]), ("2", "y", [2, 2, 2])), watch).entities) == 1
