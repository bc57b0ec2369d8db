"""The rows of a CSV, block by block; and what is said of one that can't be read: on which line, and what to do."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator
from io import BytesIO, StringIO
from typing import IO

import polars as pl

from sources.tableerror import TableError

LONGEST_HEADER = 1 << 20  # bytes
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def csv_blocks(name: str, stream: IO[bytes], size: int) -> Iterator[pl.DataFrame]:
    """Rows of about `size` bytes at a time, as texts; blank lines are rows of nulls, so that places tell lines.

    Raises `TableError`, in which `name` is the file. Takes time in proportion to the bytes.
    """
    header, blank = _header(name, stream)
    rest, line = b"\n" * blank, 2  # the line on which what is left begins
    while True:
        data = stream.read(size)
        text = rest + data
        end = last_row_end(text)
        endless = len(text) > size if data else text.count(b'"') % 2 == 1
        if endless and (end == 0 or not data):
            raise TableError(_endless(name, line + text.count(b"\n", 0, end), size if data else 0))
        cut = end if data else len(text)
        body, rest = text[:cut], text[cut:]
        if body.strip():
            yield _parsed(name, header, body, line)
        if not data:
            return
        line += body.count(b"\n")


def last_row_end(text: bytes) -> int:
    """Where the last whole row ends: after a newline that is not inside quotes; 0 when there is none."""
    end = text.rfind(b"\n") + 1
    odd = text.count(b'"', 0, end) % 2
    while odd:
        quote = text.rfind(b'"', 0, end)  # the newlines behind it are inside the same quotes
        begin = text.rfind(b"\n", 0, quote) + 1
        odd ^= text.count(b'"', begin, end) % 2
        end = begin
    return end


def _endless(name: str, line: int, size: int) -> str:
    within = f" within {size >> 20} MB" if size else ""
    return f"{name}, line {line}: a quote that opens there is not closed{within}: close or remove it"


def _header(name: str, stream: IO[bytes]) -> tuple[bytes, int]:
    """The line that names the columns, and how many blank ones are before it."""
    blank = 0
    while True:
        header = stream.readline(LONGEST_HEADER)
        if not header or header.removeprefix(BYTE_ORDER_MARK).strip():
            _refuse_foreign(f"{name}, line {blank + 1}", header)
            if found := _not_utf8(name, header, blank + 1):
                raise TableError(found)
            _refuse_doubled(f"{name}, line {blank + 1}", header)
            return header, blank
        blank += 1


def _refuse_foreign(place: str, header: bytes) -> None:
    """Refuse what is no CSV by its first line, and say what it is."""
    text = header.strip()
    if b"\0" in header or header.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise TableError(f"{place}: the text is UTF-16, or no text at all: save it as CSV in UTF-8, plain or gzipped")
    if b"\r" in text:
        raise TableError(f"{place}: lines end with CR alone: end them with LF, or with CR and LF")
    if text.startswith((b"{", b"[")):
        raise TableError(f"{place}: this is JSON: write it as CSV, with the names of the columns on line 1")
    for mark, word in ((b";", "semicolons"), (b"\t", "tabs")):
        if mark in text and b"," not in text:
            raise TableError(f"{place}: the columns are separated by {word}: separate them by commas")
    if len(header) >= LONGEST_HEADER:
        raise TableError(
            f"{place}: the line is longer than {LONGEST_HEADER:,} bytes: name the columns on a line of its own"
        )


def _refuse_doubled(place: str, header: bytes) -> None:
    """Refuse columns of one name: which of them is meant, nobody could say."""
    try:
        names = next(csv.reader([header.removeprefix(BYTE_ORDER_MARK).decode()]), [])
    except csv.Error as error:
        raise TableError(f"{place}: the names of the columns can't be read ({error})") from error
    for column, count in Counter(names).items():
        if column and count > 1:
            raise TableError(f"{place}: {count} columns are called {column!r}: name each column once")


def _parsed(name: str, header: bytes, body: bytes, line: int) -> pl.DataFrame:
    try:
        return pl.read_csv(BytesIO(header + body), infer_schema=False)
    except pl.exceptions.PolarsError as error:
        found = _not_utf8(name, body, line) or _broken_row(name, header, body, line)
        said = f"the rows from line {line} on can't be read as CSV ({str(error).splitlines()[0]}): correct their quotes"
        raise TableError(found or f"{name}: {said}") from error


def _not_utf8(name: str, text: bytes, line: int) -> str:
    """What is said of the first byte that is not UTF-8 in a text that begins on `line`; nothing where all are."""
    try:
        text.decode()
    except UnicodeDecodeError as error:
        at = line + text.count(b"\n", 0, error.start)
        return f"{name}, line {at}: byte 0x{text[error.start]:02x} is not UTF-8: save the file as UTF-8"
    return ""


def _broken_row(name: str, header: bytes, body: bytes, line: int) -> str:
    """What is said of the first row that has too many fields or wrong quotes; nothing where none has."""
    width = len(next(csv.reader([header.decode()])))
    rows = csv.reader(StringIO(body.decode(), newline=""), strict=True)
    before = 0
    try:
        for row in rows:
            if len(row) > width:
                return (
                    f"{name}, line {line + before}: the row has {len(row)} fields, the header has {width}: "
                    "quote fields that hold a comma, or remove what is too much"
                )
            before = rows.line_num
    except csv.Error as error:
        return f"{name}, line {line + before}: the row can't be read as CSV ({error}): correct its quotes"
    return ""
