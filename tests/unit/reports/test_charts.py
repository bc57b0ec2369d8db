"""Pictures: what is drawn stands where it belongs, and nothing is hidden."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from domain.finding import Analysis, Chart
from domain.forecast import Exhaustion, Forecast
from domain.watch import Direction, Unit, Watch
from reports.charts import ChartView, draw
from reports.paths import inside, until
from reports.scales import Scale, time_ticks, value_range, value_ticks
from reports.spans import axis_of, span_of
from tests.fixtures.nights import NAN
from tests.fixtures.report_samples import AS_OF, CERTIFICATE, FILESYSTEM, GIB, SUBJECTS, analysis_of

DISK = analysis_of(SUBJECTS[0])
CERT = analysis_of(next(subject for subject in SUBJECTS if subject.watch is CERTIFICATE))


def drawn(analysis: Analysis, watch: Watch = FILESYSTEM) -> ChartView:
    view = draw(analysis, watch, "a title", "en", "Asia/Taipei")
    assert view is not None
    return view


def numbers(path: str) -> list[float]:
    return [float(text) for text in re.findall(r"-?\d+(?:\.\d+)?", path)]


def with_chart(**changes: Any) -> Analysis:
    assert DISK.chart is not None
    return replace(DISK, chart=replace(DISK.chart, **changes))


def test_the_crossing_stands_between_its_quantiles_right_of_now() -> None:
    view = drawn(DISK)

    assert view.crossing is not None
    assert view.crossing.x is not None
    assert view.now.x < view.crossing.left < view.crossing.x < view.crossing.right <= view.width
    assert view.crossing.text + view.crossing.around == "1 Dec (29 Nov – 4 Dec)"


def newest(days: float) -> Analysis:
    """The same with a history that is as young as that."""
    assert DISK.chart is not None
    kept = DISK.chart.times.index(next(at for at in DISK.chart.times if at >= AS_OF - timedelta(days=days)))
    chart = DISK.chart
    return with_chart(times=chart.times[kept:], values=chart.values[kept:], limits=chart.limits[kept:])


def test_a_forecast_that_leaves_the_picture_is_cut_at_its_edge() -> None:
    """Bent along the edge it would look as if it levelled off."""
    lines = [[(0.0, 1.0), (2.0, 5.0), (4.0, 5.0), (6.0, 1.0)], [(0.0, -1.0), (4.0, 7.0)], [(0.0, 1.0), (1.0, NAN)]]
    cut = [[point for point in inside(line, 0.0, 3.0) if point[1] == point[1]] for line in lines]

    assert cut == [[(0.0, 1.0), (1.0, 3.0), (5.0, 3.0), (6.0, 1.0)], [(0.5, 0.0), (2.0, 3.0)], [(0.0, 1.0)]]
    soon = analysis_of(next(one for one in SUBJECTS if one.labels["instance"].startswith("https://mes")))
    heights = numbers(drawn(soon, CERTIFICATE).median)[1::2]
    assert all(after > before for before, after in pairwise(heights))


def test_the_limit_is_named_ahead_of_now_where_a_young_history_leaves_no_room() -> None:
    old, young = drawn(DISK), drawn(newest(3))

    assert old.limit_label is not None
    assert young.limit_label is not None
    assert (old.limit_label.anchor, young.limit_label.anchor) == ("end", "start")
    assert young.limit_label.x > young.now.x


def test_a_limit_that_changed_is_a_step() -> None:
    assert re.fullmatch(r"M[\d.]+ [\d.]+H[\d.]+V[\d.]+H[\d.]+", drawn(DISK).limit)


def test_the_limit_holds_until_the_end_of_the_picture() -> None:
    view = drawn(DISK)

    assert numbers(view.limit)[-1] == view.width


def test_the_band_is_closed_and_begins_at_the_last_value() -> None:
    view = drawn(DISK)

    assert view.band.startswith(f"M{view.now.x:g} ")
    assert view.band.endswith("Z")


def test_a_forecast_of_peaks_is_not_drawn_from_the_nights_low() -> None:
    night = replace(DISK, evidence=replace(DISK.evidence, current=0.0))

    assert not drawn(night).median.startswith(f"M{drawn(night).now.x:g} ")
    assert drawn(DISK).median.startswith(f"M{drawn(DISK).now.x:g} ")


def test_a_gap_lifts_the_pen() -> None:
    assert DISK.chart is not None
    values = list(DISK.chart.values)
    values[100:110] = [None] * 10

    assert drawn(with_chart(values=tuple(values))).history.count("M") == 2
    assert drawn(DISK).history.count("M") == 1


def test_a_sample_between_two_gaps_is_a_dot() -> None:
    assert DISK.chart is not None
    values = list(DISK.chart.values)
    values[100:110] = [None] * 10
    values[105] = values[99]

    assert re.search(r"M[\d.]+ [\d.]+z", drawn(with_chart(values=tuple(values))).history)


def test_a_line_ends_where_the_picture_does_between_two_points() -> None:
    assert list(until([(10.0, 0.0), (20.0, 100.0), (30.0, 50.0)], 14.0)) == [(10.0, 0.0), (14.0, 40.0)]


def test_a_peak_survives_thinning() -> None:
    times = tuple(AS_OF - timedelta(minutes=5 * i) for i in reversed(range(8640)))
    values = [10 * GIB] * 8640
    values[4321] = 90 * GIB
    view = drawn(with_chart(times=times, values=tuple(values), limits=(98 * GIB,) * 8640))
    heights = numbers(view.history)[1::2]

    assert len(heights) <= 240
    assert min(heights) < max(heights) - 100


def test_a_trough_survives_thinning_where_trouble_lies_below() -> None:
    times = tuple(AS_OF - timedelta(minutes=5 * i) for i in reversed(range(8640)))
    values = [90.0] * 8640
    values[4321] = 10.0
    assert CERT.chart is not None
    chart = replace(CERT.chart, times=times, values=tuple(values), limits=(5.0,) * 8640)
    view = drawn(replace(CERT, chart=chart), CERTIFICATE)

    assert max(numbers(view.history)[1::2]) > min(numbers(view.history)[1::2]) + 100


def test_a_lower_limit_is_drawn_below_the_history_with_its_word_below_the_line() -> None:
    view = drawn(CERT, CERTIFICATE)

    assert view.limit_label is not None
    assert view.limit_label.text.startswith("lower limit")
    assert view.limit_label.y > numbers(view.limit)[1] > numbers(view.history)[1]
    assert abs(view.now.y - view.limit_label.y) > 14  # one word does not stand on the other


def test_what_is_exhausted_has_no_crossing_to_come() -> None:
    assert drawn(analysis_of(SUBJECTS[1])).crossing is None


def test_without_a_p50_the_interval_is_open_and_has_no_point() -> None:
    found = replace(DISK.exhaustion, p50=None, p90=None)
    view = drawn(replace(DISK, exhaustion=found))

    assert view.crossing is not None
    assert view.crossing.x is None
    assert view.crossing.right == view.width
    assert view.crossing.text.startswith("from ")


@pytest.mark.parametrize(
    "chart",
    [
        Chart((), (), ()),
        Chart((AS_OF,), (None,), (None,)),
        Chart((AS_OF, AS_OF), (float("nan"), None), (1.0, 1.0)),
    ],
    ids=["no points", "one gap", "not a number"],
)
def test_without_a_value_there_is_no_picture(chart: Chart) -> None:
    assert draw(replace(DISK, chart=chart), FILESYSTEM, "t", "en", "UTC") is None
    assert draw(replace(DISK, chart=None), FILESYSTEM, "t", "en", "UTC") is None


@pytest.mark.parametrize("value", [0.0, 5.0, -3.0, 1e300, 1e-300])
@pytest.mark.parametrize("unit", list(Unit))
def test_a_flat_line_of_any_size_and_unit_can_be_drawn(value: float, unit: Unit) -> None:
    times = tuple(AS_OF - timedelta(hours=i) for i in reversed(range(10)))
    flat = replace(
        with_chart(times=times, values=(value,) * 10, limits=(None,) * 10, forecast=None),
        evidence=replace(DISK.evidence, current=value, limit=None),
        exhaustion=Exhaustion(DISK.status),
    )

    view = drawn(flat, replace(FILESYSTEM, unit=unit))

    assert view.limit == ""
    assert view.limit_label is None
    assert all(0 <= number <= view.width for number in numbers(view.history))


def test_one_single_sample_can_be_drawn() -> None:
    assert drawn(with_chart(times=(AS_OF,), values=(GIB,), limits=(2 * GIB,), forecast=None)).history


def test_a_forecast_that_is_not_finite_is_left_out() -> None:
    assert DISK.chart is not None
    assert DISK.chart.forecast is not None
    times = DISK.chart.forecast.times
    wild = Forecast(times, (0.1, 0.5, 0.9), tuple((float("inf"),) * len(times) for _ in range(3)))

    assert drawn(with_chart(forecast=wild)).band == ""


def test_coordinates_are_rounded_to_a_tenth() -> None:
    view = drawn(DISK)

    assert not re.search(r"\.\d\d", view.history + view.band + view.median + view.limit)


def test_a_picture_takes_a_few_kilobytes_only() -> None:
    view = drawn(DISK)

    assert len(view.history + view.band + view.median + view.limit) < 6000


class TestScales:
    def test_a_value_outside_stands_at_the_edge(self) -> None:
        scale = Scale(0, 10, 200, 0)

        assert (scale.at(-5), scale.at(5), scale.at(50)) == (200, 100, 0)

    def test_values_begin_at_zero_where_that_costs_little(self) -> None:
        assert value_range([40, 90], [100], 0.0)[0] == 0
        assert value_range([95, 99], [100], 0.0)[0] > 90

    @pytest.mark.parametrize("unit", list(Unit))
    def test_the_largest_numbers_that_there_are_have_an_axis_too(self, unit: Unit) -> None:
        low, high = value_range([-1.7e308, 1.7e308], [0.0], None)

        ticks = value_ticks(Scale(low, high, 230.0, 26.0), unit, "en", "UTC")

        assert all(26.0 <= tick.place <= 230.0 for tick in ticks)

    def test_bytes_are_marked_at_round_binary_values(self) -> None:
        ticks = value_ticks(Scale(0, 98 * GIB, 200, 0), Unit.BYTES, "en", "UTC")

        assert [tick.text for tick in ticks] == ["0 B", "25 GiB", "50 GiB", "75 GiB"]

    def test_days_are_marked_at_midnight_of_the_time_zone_through_a_change_of_the_clock(self) -> None:
        start = datetime(2026, 10, 20, tzinfo=UTC).timestamp()  # Berlin leaves summer time on the 25th
        ticks = time_ticks(Scale(start, start + 7 * 86400, 0, 7 * 24), "en", "Europe/Berlin")

        assert [tick.text for tick in ticks] == ["21 Oct", "22 Oct", "23 Oct", "24 Oct", "25 Oct", "26 Oct", "27 Oct"]
        assert [tick.place for tick in ticks] == [22, 46, 70, 94, 118, 143, 167]  # the 25th has 25 hours

    def test_hours_are_marked_where_there_are_few_days(self) -> None:
        start = datetime(2026, 11, 22, 5, tzinfo=UTC).timestamp()
        ticks = time_ticks(Scale(start, start + 86400, 0, 24), "en", "UTC")

        assert [tick.text for tick in ticks] == [
            "06:00",
            "09:00",
            "12:00",
            "15:00",
            "18:00",
            "21:00",
            "23 Nov",
            "03:00",
        ]


class TestSpans:
    def test_nearer_is_further_left_and_beyond_stands_at_the_end(self) -> None:
        axis = axis_of(timedelta(days=60), "en")
        places = [axis.x(days) for days in (-1, 0, 1, 7, 30, 60, 900)]

        assert places == sorted(places)
        assert places[0] == places[1] == 0
        assert places[-1] == places[-2] == axis.width

    def test_ticks_are_far_enough_apart_to_be_read(self) -> None:
        for days in (1, 14, 30, 60, 400):
            places = [tick.x for tick in axis_of(timedelta(days=days), "en").ticks]
            assert all(later - earlier >= 26 for earlier, later in pairwise(places))

    def test_an_interval_that_may_be_later_than_the_horizon_is_open(self) -> None:
        axis = axis_of(timedelta(days=60), "en")
        span = span_of(replace(DISK.exhaustion, p90=None), AS_OF, timedelta(days=3), axis)

        assert span is not None
        assert span.open_end
        assert span.left + span.width == pytest.approx(axis.width)

    def test_what_is_not_expected_has_no_interval(self) -> None:
        assert span_of(Exhaustion(DISK.status), AS_OF, timedelta(0), axis_of(timedelta(days=1), "en")) is None


def test_the_direction_of_the_sample_watches_is_as_the_tests_take_it() -> None:
    assert (FILESYSTEM.direction, CERTIFICATE.direction) == (Direction.UP, Direction.DOWN)


@pytest.mark.parametrize("values", [[0.0, 5e-324], [1e-310, 2e-310], [1e9, 1e9 + 1e-7], [0.0, 0.0]])
def test_values_that_hardly_differ_have_an_axis(values: list[float]) -> None:
    low, high = value_range(values, [], 0.0)

    assert high - low > 1e-13 * max(abs(low), abs(high))
    assert value_ticks(Scale(low, high, 100.0, 0.0), Unit.COUNT, "en", "UTC")


@pytest.mark.parametrize("zone", ["Asia/Taipei", "Asia/Kolkata", "Asia/Kathmandu", "Australia/Adelaide"])
def test_hours_are_marked_where_they_begin_in_the_time_zone(zone: str) -> None:
    ticks = time_ticks(Scale(AS_OF.timestamp(), AS_OF.timestamp() + 2 * 86_400, 0.0, 640.0), "en", zone)

    assert len(ticks) == 8
    assert {tick.text for tick in ticks} >= {"06:00", "12:00", "18:00"}


@pytest.mark.parametrize(("language", "wide"), [("en", 6 * 11), ("zh-TW", 5 * 12)])
def test_no_day_is_cut_at_the_edge_of_a_narrow_page(language: str, wide: int) -> None:
    """There words are 20 units high, so `20 Dec` and `12/20` are about so wide; a day stands in their middle."""
    for subject in SUBJECTS:
        view = draw(analysis_of(subject), subject.watch, "a title", language, "Asia/Taipei")

        for tick in view.x_ticks if view else ():
            assert wide / 2 <= tick.place <= 640 - wide / 2, tick
