"""Durations, amounts, cron lines, time zones and label matchers as people write them."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import promql_parser
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.job import Schedule
from domain.labels import quote
from jobs.cron import check_cron, check_timezone
from jobs.due import trigger_of
from jobs.matchers import add_matchers, add_matchers_to_limit, parse_matchers
from jobs.packs import load_pack
from jobs.quantities import format_duration, parse_amount, parse_duration, parse_positive_duration
from sources.promql import selectors

TAIPEI = ZoneInfo("Asia/Taipei")


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90s", 90), ("5m", 300), ("6h", 21_600), ("30d", 2_592_000), ("2w", 1_209_600), ("1h30m", 5400), ("0s", 0)],
)
def test_durations(text: str, seconds: int) -> None:
    assert parse_duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["", "5", 5, "5 minutes", "m", "-3d", "1.5h", "30m1h", None, "99999d"])
def test_what_is_no_duration_is_refused_with_an_example(text: object) -> None:
    with pytest.raises(ValueError, match=r"write it as 30d|longer than ten years"):
        parse_duration(text)


def test_no_time_at_all_is_refused_where_it_makes_no_sense() -> None:
    for none in ("0s", timedelta(0)):
        with pytest.raises(ValueError, match=r"^'0s' is no time at all: write a duration longer than 0s"):
            parse_positive_duration(none)


@given(st.integers(0, 10 * 366 * 86_400 - 10 * 86_400))
def test_a_duration_survives_being_written(seconds: int) -> None:
    duration = timedelta(seconds=seconds)

    assert parse_duration(format_duration(duration)) == duration


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (3, 3.0),
        ("3.5", 3.5),
        ("500GiB", 500 * 2**30),
        ("1.5 TB", 1.5e12),
        ("10Gbit", 1e10),
        ("80%", 80.0),
        ("1e6", 1e6),
        ("-4", -4.0),
    ],
)
def test_amounts(text: object, value: float) -> None:
    assert parse_amount(text) == value


@pytest.mark.parametrize("text", ["many", "5 apples", "", "1e999", float("nan"), float("inf"), True, None, [1], "0x10"])
def test_what_is_no_amount_is_refused(text: object) -> None:
    with pytest.raises(ValueError, match="is no amount"):
        parse_amount(text)


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ("0 2 * * *", "0 2 * * *"),
        ("0 2 * * 0", "0 2 * * sun"),
        ("0 2 * * 7", "0 2 * * sun"),
        ("*/5 * * * 1-5", "*/5 * * * mon,tue,wed,thu,fri"),
        ("0 2 * * 5-7", "0 2 * * fri,sat,sun"),
        ("0 2 * * 1,3", "0 2 * * mon,wed"),
        ("0 2 * * */2", "0 2 * * sun,tue,thu,sat"),
        ("0 2 * * MON-FRI", "0 2 * * mon-fri"),
        ("0 0 1 * *", "0 0 1 * *"),
    ],
)
def test_days_of_the_week_are_named_as_cron_counts_them(line: str, named: str) -> None:
    assert check_cron(line) == named


def test_a_sunday_in_cron_is_a_sunday_on_the_calendar() -> None:
    trigger = trigger_of(Schedule(check_cron("0 2 * * 0"), "Asia/Taipei"))

    due = trigger.get_next_fire_time(None, datetime(2026, 11, 18, tzinfo=TAIPEI))

    assert due == datetime(2026, 11, 22, 2, 0, tzinfo=TAIPEI)
    assert f"{due:%A}" == "Sunday"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("61 * * * *", "is no cron line: .*61"),
        ("0 2 * *", "write minute, hour, day, month and day of the week"),
        ("at two", "write minute, hour, day"),
        ("0 2 * * 8", r"no days of the week, from 0 \(Sunday\)"),
        ("0 2 * * 5-1", "no days of the week"),
        ("0 2 * * */0", "no days of the week"),
        ("x 2 * * *", "is no cron line"),
        ("0 2 30 2 *", "never comes: no month that it names has such a day"),
        ("0 2 31 4,6 *", "never comes"),
        ("0 2 1 * mon", "names a day of the month and a day of the week"),
    ],
)
def test_a_bad_cron_line_is_refused_with_what_to_write(line: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        check_cron(line)


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("Asia/Taipai", "did you mean Asia/Taipei"),
        ("Nowhere", "write a name such as Asia/Taipei or UTC"),
        ("../../etc/passwd", "write a name such as"),
        ("", "write a name such as"),
    ],
)
def test_a_time_zone_that_is_not_there_is_refused(name: str, advice: str) -> None:
    with pytest.raises(ValueError, match=advice):
        check_timezone(name)


def test_matchers_are_read_with_their_signs() -> None:
    matchers = parse_matchers('job="web", mountpoint!~"/scratch.*",team!="a",dc=~"x|y"')

    assert [str(matcher) for matcher in matchers] == ['job="web"', 'mountpoint!~"/scratch.*"', 'team!="a"', 'dc=~"x|y"']


@pytest.mark.parametrize(
    "text", ["", "job", "job=web", "}", '{job="a"}', 'job="a" or job="b"', 'a="b"} + x{', '__name__="up"', 'a=~"("']
)
def test_what_is_no_list_of_matchers_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"no list of label matchers|can't be matched"):
        parse_matchers(text)


@pytest.mark.parametrize(
    ("query", "narrowed"),
    [
        ("up", 'up{a="b"}'),
        ("up{}", 'up{a="b"}'),
        ('up{x="}"}', 'up{x="}",a="b"}'),
        ("up offset 5m", 'up{a="b"} offset 5m'),
        ("rate(up[5m] offset 1h)", 'rate(up{a="b"}[5m] offset 1h)'),
        ('{__name__="up"}', '{__name__="up",a="b"}'),
        ("up + down", 'up{a="b"} + down{a="b"}'),
        ("up - time()", 'up{a="b"} - time()'),
        ('rate(up{x="}" or y="1"}[5m] offset 1h)', 'rate(up{x="}",a="b" or y="1",a="b"}[5m] offset 1h)'),
        ('up{"x.y"="1"} @ end()', 'up{"x.y"="1",a="b"} @ end()'),
    ],
)
def test_a_matcher_goes_into_every_selector(query: str, narrowed: str) -> None:
    written = add_matchers(query, parse_matchers('a="b"'))

    assert written == promql_parser.parse(narrowed).prettify()


def test_a_matcher_may_be_on_a_label_whose_name_is_no_plain_word() -> None:
    assert add_matchers("up{}", parse_matchers('"k8s.pod"="a"')) == 'up{"k8s.pod"="a"}'


def test_matchers_and_queries_may_hold_strings_between_backticks() -> None:
    written = add_matchers(r"up{job=~`a\d`}", parse_matchers(r"site=~`a\.b`"))

    assert written == r"""up{job=~"a\\d",site=~"a\\.b"}"""


def test_a_matcher_goes_only_where_the_result_has_its_label_from() -> None:
    """Whose container it is does not stand on the owner of the pod: matching there would find nothing."""
    watch = next(watch for watch in load_pack("kubernetes").pack.watches if watch.name == "container-memory")

    narrowed = add_matchers(watch.query, parse_matchers('container="app"'))

    assert 'container_memory_rss{container!="",container!="POD",container="app"}' in narrowed
    carrying = [text for text in selectors(narrowed) if 'container="app"' in text]
    assert {text.partition("{")[0] for text in carrying} == {
        "container_memory_rss",
        "kube_pod_container_resource_limits",
    }


@pytest.mark.parametrize(
    ("key", "matcher", "value", "limit"),
    [
        ("node/memory", 'job="a"', {"node_memory_MemTotal_bytes", "node_memory_MemAvailable_bytes"}, None),
        (
            "node/network-filesystem-space",
            'job="a"',
            {"node_filesystem_size_bytes", "node_filesystem_avail_bytes"},
            None,
        ),
        (
            "kubernetes/requested-cpu",
            'namespace="a"',
            {"kube_pod_container_resource_requests", "kube_pod_status_phase"},
            set(),
        ),
        ("kubernetes/requested-cpu", 'node="a"', {"kube_pod_container_resource_requests"}, set()),
        ("kafka/consumer-lag", 'consumergroup="a"', {"kafka_consumergroup_lag"}, set()),
        ("postgres/connections", 'datname="a"', {"pg_stat_database_numbackends"}, set()),
        ("postgres/replication-slot-wal", 'database="a"', {"pg_replication_slots_pg_wal_lsn_diff"}, set()),
        ("jvm/connection-pool", 'instance="a"', {"hikaricp_connections_active", "hikaricp_connections_max"}, None),
    ],
)
def test_a_limit_gets_a_matcher_where_it_has_the_label(
    key: str, matcher: str, value: set[str], limit: set[str] | None
) -> None:
    """Where it is about more, such as a whole cluster, it stays whole: with the matcher there would be none at all.

    None: all metrics of the limit that the value has the matcher on.
    """
    pack, _, name = key.partition("/")
    watch = next(watch for watch in load_pack(pack).pack.watches if watch.name == name)
    given = parse_matchers(matcher)

    narrowed = add_matchers(watch.query, given)
    narrowed_limit = add_matchers_to_limit(watch.limit.query or "", watch.query, given)

    def carrying(query: str) -> set[str]:
        return {text.partition("{")[0] for text in selectors(query) if matcher in text}

    assert carrying(narrowed) == value
    all_of_limit = {text.partition("{")[0] for text in selectors(watch.limit.query or "")}
    assert carrying(narrowed_limit) == (all_of_limit if limit is None else limit)


@given(st.text(max_size=40))
def test_any_value_survives_being_added(value: str) -> None:
    text = f"a={quote(value)}"
    try:
        matchers = parse_matchers(text)
    except ValueError:
        assert "\x00" in value
        return

    selector = promql_parser.parse(add_matchers("up{}", matchers))

    assert isinstance(selector, promql_parser.VectorSelector)
    assert [matcher.value for matcher in selector.matchers.matchers] == [value]
