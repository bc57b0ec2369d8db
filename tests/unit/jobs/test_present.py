"""No run is for a time that is still to come."""

from __future__ import annotations

from datetime import timedelta

import pytest

from jobs.errors import RunAhead
from jobs.present import refuse_the_future
from tests.fixtures.builders import AS_OF


def test_a_year_that_was_mistyped_is_named_with_the_present_beside_it() -> None:
    with pytest.raises(RunAhead) as refused:
        refuse_the_future(AS_OF.replace(year=2027), AS_OF)

    assert str(refused.value) == (
        "2027-11-22T02:00:00Z is still to come (it is 2026-11-22T02:00:00Z now), and nothing can be seen of it: "
        "give a time that has passed, and look at its year and its time zone"
    )


@pytest.mark.parametrize("ahead", [timedelta(days=-365), timedelta(0), timedelta(minutes=4)])
def test_the_past_the_present_and_what_clocks_differ_by_may_be_run_for(ahead: timedelta) -> None:
    refuse_the_future(AS_OF + ahead, AS_OF)
