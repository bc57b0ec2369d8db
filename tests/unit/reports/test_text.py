"""Other systems' text is bounded, visible and escaped."""

from __future__ import annotations

import pytest

from reports.text import markdown, markdown_block, markdown_cell, markdown_code, shorten, visible, visible_block


def test_newlines_and_marks_that_are_not_seen_are_written_out() -> None:
    assert visible("a\nb\tc") == "a⏎b c"
    assert visible("photo\u202egnp.exe") == "photo\\u202egnp.exe"
    assert visible("a\x00b\x1b[31m") == "a\\u0000b\\u001b[31m"
    assert visible("zero\u200bwidth") == "zero\\u200bwidth"


def test_a_lone_surrogate_is_written_out_so_that_the_page_can_be_encoded() -> None:
    assert visible("\ud800").encode() == b"\\ud800"


def test_other_scripts_stay_as_they_are() -> None:
    assert visible("批次主機 שרת é") == "批次主機 שרת é"


def test_long_text_loses_its_middle() -> None:
    shown = visible("a" * 10_000 + "z", 100)

    assert len(shown) == 100
    assert shown.startswith("aaa")
    assert shown.endswith("z")
    assert "…" in shown


@pytest.mark.parametrize("limit", [1, 2, 3, 10])
def test_text_is_never_longer_than_its_limit(limit: int) -> None:
    assert len(visible("\x00" * 50, limit)) <= limit
    assert len(shorten("abcdefghijklmnop", limit)) <= limit


def test_a_block_keeps_its_lines() -> None:
    assert visible_block("a\r\nb\n\tc\x07") == "a\nb\n\tc\\u0007"


def test_markdown_markup_and_html_are_escaped() -> None:
    assert markdown("**b** [x](y) `c` | <img> & _d_ #1 ~s~") == (
        r"\*\*b\*\* \[x\](y) \`c\` \| &lt;img&gt; &amp; \_d\_ \#1 \~s\~"
    )


def test_an_address_in_a_text_does_not_become_a_link() -> None:
    assert markdown("https://evil.example www.evil.example me@evil.example 03:00") == (
        r"https\://evil.example www\.evil.example me\@evil.example 03:00"
    )


def test_a_code_span_is_fenced_longer_than_the_backticks_in_it() -> None:
    assert markdown_code("plain") == "`plain`"
    assert markdown_code("a`b") == "``a`b``"
    assert markdown_code("`") == "`` ` ``"
    assert markdown_code("a``b`c") == "```a``b`c```"
    assert markdown_code("") == "`  `"


def test_a_bar_does_not_end_the_cell_of_a_table() -> None:
    assert markdown_cell("a|b") == r"`a\|b`"


def test_a_block_is_fenced_longer_than_the_backticks_in_it() -> None:
    assert markdown_block("x\n```\ny", "sh") == "````sh\nx\n```\ny\n````"
