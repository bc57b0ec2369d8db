"""Label sets are equal by what they hold, and print as Prometheus writes them."""

from __future__ import annotations

import pytest

from domain.labels import Labels


def test_labels_are_the_same_in_whatever_order_they_come() -> None:
    one = Labels((("mountpoint", "/"), ("instance", "db-1")))
    other = Labels.of(instance="db-1", mountpoint="/")

    assert one == other
    assert hash(one) == hash(other)
    assert str(one) == '{instance="db-1", mountpoint="/"}'


def test_a_name_that_is_there_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="twice"):
        Labels((("instance", "db-1"), ("instance", "db-2")))


def test_whatever_a_value_holds_is_printed_as_one_string() -> None:
    assert str(Labels.of(path='C:\\"a"\nb')) == r'{path="C:\\\"a\"\nb"}'


def test_labels_are_taken_and_left_out_by_their_names() -> None:
    labels = Labels.of(instance="db-1", job="instance", mountpoint="/")

    assert labels.only(["instance", "zone"]) == Labels.of(instance="db-1")
    assert labels.without(["instance", "zone"]) == Labels.of(job="instance", mountpoint="/")
