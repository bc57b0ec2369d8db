"""CSV in blocks: where rows end, and what is said of text that is no CSV of ours."""

from __future__ import annotations

import time
from io import BytesIO

import pytest

from sources.csvblocks import csv_blocks, last_row_end
from sources.tableerror import TableError

HEADER = "unique_id,ds,y\n"


def read(text: str | bytes, size: int = 1 << 20) -> list[tuple[str, ...]]:
    raw = text if isinstance(text, bytes) else text.encode()
    return [row for block in csv_blocks("t.csv", BytesIO(raw), size) for row in block.rows()]


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        (b"a,1\nb,2\nc", b"a,1\nb,2\n"),
        (b'a,1\n"b\nb",2\n"c\n', b'a,1\n"b\nb",2\n'),
        (b'"a\na"\n"b""\n', b'"a\na"\n'),
        (b'"a\n\n\n', b""),
        (b"a", b""),
        (b"", b""),
    ],
)
def test_a_row_ends_at_a_newline_that_is_not_inside_quotes(text: bytes, whole: bytes) -> None:
    assert text[: last_row_end(text)] == whole


@pytest.mark.parametrize("size", [40, 1000])
def test_blocks_of_any_size_give_the_same_rows(size: int) -> None:
    rows = [(f'"{i}\n, ""x"""' if i % 3 == 0 else f"s{i}", str(i), str(i / 2)) for i in range(50)]
    text = HEADER + "".join(",".join(row) + "\n" for row in rows)

    assert [row[1] for row in read(text, size)] == [row[1] for row in rows]
    assert read(text, size)[0][0] == '0\n, "x"'


def test_blank_lines_are_rows_of_nothing_so_that_places_tell_lines() -> None:
    assert [row[0] for row in read("\n \n" + HEADER + "a,1,1\n\nb,1,1\n", 10)] == [None, None, "a", None, "b"]


@pytest.mark.parametrize("size", [100, 1 << 20])
def test_a_quote_that_is_not_closed_is_told_with_the_line_on_which_it_opens(size: int) -> None:
    rows = [f"a,{i},1\n" for i in range(100)]
    rows[47] = '"a,47,1\n'

    with pytest.raises(TableError, match="line 49: a quote that opens there is not closed"):
        read(HEADER + "".join(rows), size)


def test_a_lone_quote_takes_no_longer_than_the_file_is_long() -> None:
    rows = b"a,1704067200,1\n" * 400_000
    begin = time.process_time()

    with pytest.raises(TableError, match="line 3: a quote that opens there is not closed"):
        read(HEADER.encode() + b'a,1,1\n"a,1,1\n' + rows, len(rows) // 3)

    assert time.process_time() - begin < 1.0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("unique_id;ds;y\na;1;2\n", "line 1: the columns are separated by semicolons: separate them by commas"),
        ("unique_id\tds\ty\na\t1\t2\n", "separated by tabs"),
        ('\nunique_id,ds,y,"y"\na,1,2,3\n', "line 2: 2 columns are called 'y': name each column once"),
        ("y" * 200_000 + "\n1\n", "line 1: the names of the columns can't be read (field larger than field limit"),
        ('{"unique_id": "a", "ds": 1}\n', "line 1: this is JSON: write it as CSV"),
        ('\n[{"unique_id": "a", "ds": 1}]\n', "line 2: this is JSON"),
        ((HEADER + "a,1,2\n").encode("utf-16"), "UTF-16, or no text at all: save it as CSV in UTF-8"),
        ((HEADER + "a,1,2\n").encode("utf-16-be"), "UTF-16"),
        ("unique_id,ds,y\ra,1,2\r", "lines end with CR alone: end them with LF"),
        (
            (HEADER + "a,1,2\nb,1,2\né,1,2\n").encode("latin-1"),
            "line 4: byte 0xe9 is not UTF-8: save the file as UTF-8",
        ),
        ("é".encode("latin-1") + HEADER.encode() + b"a,1,2\n", "line 1: byte 0xe9 is not UTF-8"),
        (HEADER + "a,1,2\n\nb,1,2,3\n", "line 4: the row has 4 fields, the header has 3: quote fields"),
        (HEADER + '"b\nb",1,2\nb,1,2,3\n', "line 4: the row has 4 fields"),
        (HEADER + 'a,1,2\n"b"b,1,2\n', "line 3: the row can't be read as CSV"),
        (HEADER + 'a"b,1,2\na"b,1,2\n', "from line 2 on can't be read as CSV"),
        ("x" * 2_000_000, "longer than 1,048,576 bytes"),
    ],
)
def test_text_that_is_no_csv_of_ours_is_told_with_what_to_do(text: str | bytes, said: str) -> None:
    with pytest.raises(TableError) as caught:
        read(text)

    assert str(caught.value).startswith("t.csv")
    assert said in str(caught.value)


def test_a_row_too_long_is_told_with_its_line_in_later_blocks_too() -> None:
    rows = [f"a,{i},1\n" for i in range(100)]
    rows[77] = "a,77,1,1\n"

    with pytest.raises(TableError, match="line 79: the row has 4 fields"):
        read(HEADER + "".join(rows), 100)


def test_a_byte_order_mark_is_no_part_of_a_name() -> None:
    (block,) = csv_blocks("t.csv", BytesIO(b"\xef\xbb\xbf" + HEADER.encode() + b"a,1,2\n"), 100)

    assert block.columns == ["unique_id", "ds", "y"]
