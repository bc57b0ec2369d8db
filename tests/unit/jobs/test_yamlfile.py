"""YAML files that people write: what is read, and what is said of those that can't be."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict

from jobs.problems import ConfigError, Mark, did_you_mean
from jobs.yamlfile import MAXIMUM_BYTES, check, load_yaml, parse_yaml, read_yaml


class Inner(BaseModel):
    model_config = ConfigDict(extra="forbid")

    count: int = 0
    password: str = ""


class Outer(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str
    parts: dict[str, Inner] = {}
    list_of: list[Inner] = []


def problems(text: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        check(parse_yaml(text, "f.yaml"), Outer)
    return [str(problem) for problem in caught.value.problems]


def test_values_are_plain_and_each_key_knows_its_place() -> None:
    document = parse_yaml("name: a\nparts:\n  x: {count: 3}\nlist_of:\n  - count: 4\n", "f.yaml")

    assert document.data == {"name": "a", "parts": {"x": {"count": 3}}, "list_of": [{"count": 4}]}
    assert document.mark(("parts", "x", "count")) == Mark(3, 7)
    assert document.mark(("list_of", 0, "count")) == Mark(5, 5)
    assert document.mark(("parts", "x", "missing")) == Mark(3, 3)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("yes", "yes"),
        ("on", "on"),
        ("true", True),
        ("2026-11-22", "2026-11-22"),
        ("1e3", 1000.0),
        ("~", None),
        ("010", 10),
    ],
)
def test_words_mean_what_yaml_1_2_says_and_dates_stay_text(text: str, value: object) -> None:
    assert parse_yaml(f"a: {text}", "f.yaml").data == {"a": value}


def test_an_empty_file_is_an_empty_mapping() -> None:
    assert parse_yaml("# nothing yet\n", "f.yaml").data == {}


def test_several_faults_are_told_at_once_in_the_order_of_the_file() -> None:
    text = "nme: a\nparts:\n  x:\n    coun: 3\n    count: many\n  y: 7\n"

    assert problems(text) == [
        "f.yaml:1:1: name: is missing; add it",
        "f.yaml:1:1: nme: unknown key; did you mean name?",
        "f.yaml:4:5: parts.x.coun: unknown key; did you mean count?",
        "f.yaml:5:5: parts.x.count: is not a whole number (found 'many'); write a whole number, such as 10",
        "f.yaml:6:3: parts.y: is not a mapping (found '7'); write a mapping: one 'key: value' per line, indented",
    ]


def test_a_fault_in_a_list_names_the_item() -> None:
    (problem,) = problems("name: a\nlist_of:\n  - count: 1\n  - count: x\n")

    assert problem.startswith("f.yaml:4:5: list_of[1].count: ")


def test_a_wrong_secret_is_not_repeated() -> None:
    (problem,) = problems("name: a\nparts: {x: {password: 12345}}\n")

    assert "12345" not in problem
    assert "password: is not text" in problem


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: [1", r"f\.yaml:1:\d+: is not YAML: .*; check the indentation"),
        ("cron: */5 * * * *", r"undefined alias.*; put text that begins with \* into quotes"),
        ("a: 1\n\tb: 2", r"f\.yaml:2:\d+: .*; indent with spaces, not tabs"),
        ("a: b: c", r"; check the indentation, and quote text that holds a colon"),
        ("a: 1\nb: 2\na: 3", r"f\.yaml:3:1: a: is there twice \(first in line 1\); keep one of the two"),
        ("a: !!python/object/apply:os.system ['true']", r"a: has the tag .*; remove the tag"),
        ("a: !mine 3", r"a: has the tag !mine"),
        ("x: &x {b: 1}\na:\n  <<: *x", r"f\.yaml:3:3: a: a merge \(<<\) or a key that is no text"),
        ("? [1, 2]\n: 3", r"a key that is no text"),
        ("x: 1\n---\ny: 2", r"another document"),
        ("a: &a [*a]", r"deeper than 40 levels"),
        ("[" * 5000, r"deeper than 40 levels"),
    ],
)
def test_what_is_no_yaml_that_we_take_is_told_with_place_and_advice(text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        parse_yaml(text, "f.yaml")


def test_a_few_lines_can_not_stand_for_billions_of_values() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]

    with pytest.raises(ConfigError, match="stands for more than 100000 values"):
        parse_yaml("\n".join(lines), "f.yaml")


def test_an_alias_is_followed_where_it_does_no_harm() -> None:
    assert parse_yaml("a: &x [1]\nb: *x", "f.yaml").data == {"a": [1], "b": [1]}


def test_a_file_that_is_too_large_is_not_parsed(tmp_path: Path) -> None:
    path = tmp_path / "large.yaml"
    path.write_text("a: " + "x" * MAXIMUM_BYTES)

    with pytest.raises(ConfigError, match=r"large\.yaml: is larger than 1048576 bytes; split it"):
        read_yaml(path)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="can't be read: No such file or directory; check the path"):
        load_yaml(tmp_path / "none.yaml", Outer)


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="can't be read: Is a directory"):
        read_yaml(tmp_path)


def test_a_file_in_another_encoding_is_told(tmp_path: Path) -> None:
    path = tmp_path / "big5.yaml"
    path.write_bytes("name: 主機".encode("big5"))

    with pytest.raises(ConfigError, match=r"is not UTF-8 \(byte 6\); save it as UTF-8"):
        read_yaml(path)


def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path: Path) -> None:
    path = tmp_path / "bom.yaml"
    path.write_text("name: a\n", encoding="utf-8-sig")

    assert load_yaml(path, Outer).name == "a"


def test_the_nearest_known_word_is_offered_else_all() -> None:
    assert did_you_mean("lead_tme", ["lead_time", "horizon"]) == "did you mean lead_time?"
    assert did_you_mean("zzz", ["b", "a"]) == "known here: a, b"
    assert did_you_mean("zzz", []) == "remove it"


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused_in_our_words(text: str) -> None:
    told: tuple[str, ...] = ()
    try:
        check(parse_yaml(text, "f.yaml"), Outer)
    except ConfigError as error:
        told = tuple(str(problem) for problem in error.problems)

    assert all(line.startswith("f.yaml") for line in told)
