"""What is read from files: OpenMetrics text, CSV and Parquet give the same series; bad files are told where."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.labels import Labels
from forewarn.demo.history import BUNDLED_AS_OF, DemoHistory, DemoSeries
from forewarn.demo.writers import write_openmetrics
from sources.files.folder import load
from sources.files.store import SampleStore
from sources.tablefile import TableError

Write = Callable[[str, str], Path]
Found = dict[tuple[str, str], list[tuple[int, float]]]

# 1793556000 is 2026-11-01T18:00:00Z.
EXPECTED: Found = {
    ("disk_free", "db-1"): [(1_793_556_000_000, 10.0), (1_793_556_060_000, 9.5)],
    ("disk_free", "db-2"): [(1_793_556_000_000, np.inf)],
}

FORMS = {
    "seconds.om": """# HELP disk_free Free space.
# TYPE disk_free gauge
disk_free{instance="db-1"} 10 1793556000
disk_free{instance="db-1"} 9.5 1793556060.000
disk_free{instance="db-2"} +Inf 1.793556e9
# EOF
""",
    "milliseconds.prom": """disk_free{instance="db-1",} 10 1793556000000
disk_free{ instance = "db-1" } 9.5 1793556060000

disk_free{instance="db-2"} Inf 1793556000000
""",
    "dump.txt": """{__name__="disk_free", instance="db-1"} 10 1793556000000
{__name__="disk_free", instance="db-1"} 9.5 1793556060000
{"disk_free", instance="db-2"} +Inf 1793556000000
""",
    "exemplars.om.gz": """disk_free{instance="db-1"} 10 1793556000 # {trace_id="a} 1"} 0.3 1793556000
disk_free{instance="db-1"} 9.5 1793556060
disk_free{instance="db-2"} +Inf 1793556000
""",
    "labels as columns.csv": """name,instance,ts,value
disk_free,db-1,1793556060,9.5
disk_free,db-2,1793556000,+Inf
disk_free,db-1,1793556000,10
""",
    "labels as JSON.csv.gz": """__name__,labels,timestamp,value
disk_free,"{""instance"":""db-1""}",2026-11-02T02:00:00+08:00,10
disk_free,"{""instance"":""db-1""}",2026-11-01T18:01:00Z,9.5
disk_free,"{""instance"":""db-2""}",2026-11-01T18:00:00Z,inf
""",
    "milliseconds.csv": """value,name,instance,time
10,disk_free,db-1,1793556000000
9.5,disk_free,db-1,1793556060000
inf,disk_free,db-2,1793556000000
""",
}


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def written(name: str, text: str) -> Path:
        path = tmp_path / name
        path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
        return path

    return written


def samples_of(store: SampleStore) -> Found:
    """Times and values by metric and instance."""
    codes = (store.every.keys // store.every.span).tolist()
    found: Found = {}
    for code, time, value in zip(codes, store.every.times.tolist(), store.every.values.tolist(), strict=True):
        metric = store.metrics[code]
        found.setdefault((metric["__name__"], metric.get("instance", "")), []).append((time, value))
    return found


@pytest.mark.parametrize("name", FORMS)
def test_every_form_gives_the_same_samples(write: Write, name: str) -> None:
    store = load(write(name, FORMS[name]))

    assert samples_of(store) == EXPECTED


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns", "datetime"])
def test_parquet_gives_the_same_samples_in_every_unit_of_time(tmp_path: Path, unit: str) -> None:
    seconds = pl.Series([1_793_556_000, 1_793_556_060, 1_793_556_000])
    times = {
        "s": seconds,
        "ms": seconds * 10**3,
        "us": seconds * 10**6,
        "ns": seconds * 10**9,
        "datetime": pl.from_epoch(seconds, "s").dt.replace_time_zone("UTC"),
    }
    path = tmp_path / "history.parquet"
    columns = {"name": ["disk_free"] * 3, "instance": ["db-1", "db-1", "db-2"], "value": [10.0, 9.5, np.inf]}
    pl.DataFrame({**columns, "ts": times[unit]}).write_parquet(path)

    assert samples_of(load(path)) == EXPECTED


def test_a_folder_is_read_with_its_folders_and_other_files_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    (tmp_path / "a.om").write_text('disk_free{instance="db-1"} 10 1793556000\n')
    (tmp_path / "inner" / "b.csv").write_text(
        "name,instance,ts,value\ndisk_free,db-1,1793556060,9.5\ndisk_free,db-2,1793556000,inf\n"
    )
    (tmp_path / "README.md").write_text("not a history")

    assert samples_of(load(tmp_path)) == EXPECTED


def test_labels_keep_quotes_backslashes_newlines_and_any_script(write: Write) -> None:
    text = 'up{alias="台北—高雄 \\"專線\\"",path="C:\\\\tmp, {x}",note="a\\nb",unit="\\d+"} 1 1793556000\n'

    store = load(write("h.om", text))

    expected = {
        "alias": '台北—高雄 "專線"',
        "path": "C:\\tmp, {x}",
        "note": "a\nb",
        "unit": "\\d+",
    }  # the last is no escape
    assert store.metrics == ({"__name__": "up", **expected},)


def test_an_empty_label_is_no_label(write: Write) -> None:
    store = load(write("h.csv", "name,instance,zone,ts,value\nup,a,,1793556000,1\n"))

    assert store.metrics == ({"__name__": "up", "instance": "a"},)


def test_of_two_samples_at_one_time_the_later_row_counts(write: Write) -> None:
    store = load(write("h.csv", "name,ts,value\nup,1793556000,1\nup,1793556060,5\nup,1793556000,2\n"))

    assert samples_of(store) == {("up", ""): [(1_793_556_000_000, 2.0), (1_793_556_060_000, 5.0)]}


def test_the_interval_is_the_median_distance_of_samples(write: Write) -> None:
    rows = "".join(f"up,{1_793_556_000 + offset},1\n" for offset in (0, 600, 1_200, 4_800, 5_400))

    assert load(write("h.csv", "name,ts,value\n" + rows)).interval() == 600


def test_a_file_of_many_blocks_is_read_to_its_end(write: Write) -> None:
    line = 'up{instance="' + "x" * 2_000 + '"} 1 %d\n'
    count = 20_000  # 40 MB: three blocks of text

    store = load(write("h.om", "".join(line % (1_793_556_000 + step) for step in range(count))))

    assert (len(store), store.every.times.size) == (1, count)


@settings(max_examples=40, deadline=None)
@given(value=st.text(st.characters(exclude_categories=["Cs"]), max_size=20))
def test_any_text_survives_as_a_label(value: str) -> None:
    series = DemoSeries(
        Labels.of(__name__="up", alias=value), np.array([1_793_556_000], dtype=np.int64), np.array([1.0])
    )
    with TemporaryDirectory() as folder:
        write_openmetrics(DemoHistory(BUNDLED_AS_OF, (series,), ()), Path(folder) / "h.om")
        store = load(Path(folder) / "h.om")

    assert [Labels.of(metric) for metric in store.metrics] == [
        Labels.of(__name__="up", **({"alias": value} if value else {}))
    ]


BAD = [
    ("h.om", "up 1 1793556000\nup one 1793556060\n", "h.om, line 2, column 4: the value"),
    ("h.om", "# a\n\nup 1 1793556000\nup 1 now\n", "h.om, line 4, column 4: the timestamp"),
    ("h.om", "up 1\n", "h.om, line 1, column 5: the sample has no timestamp"),
    ("h.om", "up 1 1793556000\n{oops 3\n", "h.om, line 2, column 1: '{oops 3' is no sample"),
    ("h.om", 'up{a="1" b="2"} 1 1793556000\n', "h.om, line 1, column 4: a label is written"),
    ("h.om", '{a="1"} 1 1793556000\n', "h.om, line 1, column 1: the series has no name"),
    ("h.om", 'up{a="1",a="2"} 1 1793556000\n', "h.om, line 1, column 10: the label a is there twice"),
    ("h.om", "up 1 1793556000\nup 1 1e40\n", "h.om, line 2, column 4: the timestamp"),
    ("h.om", "up 1 -5\n", "h.om, line 1, column 4: the timestamp"),
    (
        "h.csv",
        "name,ts,value\nup,1793556000,1\nup,1793556060,1,2\n",
        "h.csv, line 3: the row has 4 fields, the header has 3",
    ),
    ("h.csv", "\nname,when,value\n", "h.csv, line 1: there is no column ts"),
    ("h.csv", "name,ts,value\nup,1e40,1\n", "h.csv, line 2, column ts: '1e40' is not a time"),
    ("h.csv", "what,is,this\n", "h.csv, line 1: there is no column name"),
    ("h.csv", "", "h.csv, line 1: there is no column name"),
    ("h.csv", "name,when,value\nup,1,1\n", "h.csv, line 1: there is no column ts"),
    ("h.csv", "metric,ts,value\nup,1,1\n", "h.csv, line 1: there is no column name"),
    ("h.csv", "name,ts,val\nup,1,1\n", "h.csv, line 1: there is no column value"),
    ("h.csv", "name,ts,value\nup,1793556000,1\nup,1793556060,x\n", "h.csv, line 3, column value: 'x' is not a number"),
    ("h.csv", "name,ts,value\nup,yesterday,1\n", "h.csv, line 2, column ts: 'yesterday' is not a time"),
    ("h.csv", "name,ts,value\n,1793556000,1\n", "h.csv, line 2: column name names no metric"),
    ("h.csv", "name,labels,ts,value\nup,{a,1793556000,1\n", "h.csv, line 2: column labels is no JSON"),
    ("h.csv", 'name,labels,ts,value\nup,"{""a"":1}",1793556000,1\n', "h.csv, line 2: column labels must be an object"),
]


@pytest.mark.parametrize(("name", "text", "message"), BAD, ids=[case[2] for case in BAD])
def test_a_bad_file_is_told_with_its_place(write: Write, name: str, text: str, message: str) -> None:
    with pytest.raises(TableError) as caught:
        load(write(name, text))

    assert message in str(caught.value)


def test_blank_lines_anywhere_are_skipped(write: Write) -> None:
    table = "\nname,instance,ts,value\n\ndisk_free,db-1,1793556060,9.5\n \ndisk_free,db-2,1793556000,inf\r\n\r\n,,,\n"
    path = write("h.csv", f"{table}disk_free,db-1,1793556000,10\n\n")

    assert samples_of(load(path)) == EXPECTED
    with pytest.raises(TableError, match="line 9, column ts: 'soon'"):
        load(write("h.csv", f"{table}up,,soon,1\n"))
    assert samples_of(load(write("h.csv", "\nname,ts,value\n\n,,\n"))) == {}


def test_blank_lines_before_the_names_of_the_columns_are_skipped(write: Write) -> None:
    path = write("h.csv", "\n\nname,ts,value\nup,1793556000,1\n")
    assert samples_of(load(path)) == {("up", ""): [(1_793_556_000_000, 1.0)]}

    with pytest.raises(TableError, match="line 5"):
        load(write("h.csv", "\n\nname,ts,value\nup,1793556000,1\nup,soon,1\n"))


@pytest.mark.parametrize("name", ["h.om.gz", "h.csv.gz", "h.parquet"])
def test_a_broken_archive_is_told(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(gzip.compress(b"name,ts,value\n" * 1_000)[:40] if name.endswith(".gz") else b"PAR1 and no more")

    with pytest.raises(TableError, match=r"can.t be read|no CSV or Parquet"):
        load(path)


def test_text_that_is_not_utf8_is_told(tmp_path: Path) -> None:
    path = tmp_path / "h.om"
    path.write_bytes('up{a="台北"} 1 1793556000\n'.encode("big5"))

    with pytest.raises(TableError, match=r"h\.om"):
        load(path)


def test_a_folder_without_history_says_what_it_should_hold(tmp_path: Path) -> None:
    with pytest.raises(TableError, match=r"no file that ends in \.csv, \.parquet"):
        load(tmp_path)


def test_a_bad_row_far_into_a_table_is_told_by_its_line(write: Write) -> None:
    row = "up," + "x" * 2_000 + ",1793556000,1\n"
    rows = [row] * 12_000  # 24 MB: what follows is in the second block

    with pytest.raises(TableError, match=r"h\.csv, line 12002, column value: 'one'"):
        load(write("h.csv", "".join(["name,instance,ts,value\n", *rows, "up,y,1793556000,one\n"])))


def test_a_bad_line_far_into_a_file_is_told_by_its_number(write: Write) -> None:
    line = 'up{instance="' + "x" * 2_000 + '"} 1 1793556000\n'
    lines = [
        "# HELP up Is it up?\n",
        "\n",
        *[line] * 12_000,
        "up one 1793556000\n",
    ]  # the last one is in the second block

    with pytest.raises(TableError, match=r"h\.om, line 12003, column 4: the value"):
        load(write("h.om", "".join(lines)))
