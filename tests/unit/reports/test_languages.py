"""Both languages say everything, with the same facts, and zh-TW in the words of Taiwan."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from domain.watch import LocalText
from jobs import phrases
from reports.languages import CATALOGUES, LANGUAGES, language_of

REPORTS = CATALOGUES.parent
Message = str | tuple[str, ...]
KEYWORDS = {"gettext": None, "ngettext": (1, 2), "_": None, "times": (1, 2)}
# Words of the mainland that a reader in Taiwan stumbles over, and what is written instead.
ELSEWHERE = {
    "磁盘": "磁碟",
    "磁盤": "磁碟",
    "內存": "記憶體",
    "服務器": "伺服器",
    "接口": "介面",
    "數據": "資料",
    "網絡": "網路",
    "默認": "預設",
    "信息": "資訊",
    "軟件": "軟體",
    "硬件": "硬體",
    "概率": "機率",
    "帶寬": "頻寬",
    "進程": "程序",
    "線程": "執行緒",
    "文件系統": "檔案系統",
    "日誌": "記錄",
    "質量": "品質",
    "告警": "警告",
    "閾值": "門檻",
    "屏幕": "螢幕",
}


def said_in_code() -> Iterator[Message]:
    """Every message of the Python files, from their syntax trees: also those within f-strings."""
    for path in REPORTS.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in KEYWORDS:
                texts = [arg.value for arg in node.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)]
                if texts:
                    yield texts[0] if len(texts) == 1 else tuple(texts[:2])


def said_in_templates() -> Iterator[Message]:
    for _, _, message, _, _ in extract_from_dir(REPORTS, method_map=[("**.j2", "jinja2")], keywords=KEYWORDS):
        yield message


@pytest.fixture(scope="module")
def messages() -> set[Message]:
    return {*said_in_code(), *said_in_templates()}


@pytest.fixture(scope="module")
def catalogue() -> Catalog:
    with (CATALOGUES / "zh_TW.po").open("rb") as file:
        return read_po(file, locale="zh_TW")


def facts_of(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def test_the_sources_hold_messages(messages: set[Message]) -> None:
    assert len(messages) > 100


def test_every_message_is_translated(messages: set[Message], catalogue: Catalog) -> None:
    translated = {entry.id for entry in catalogue if entry.id and all(strings_of(entry.string)) and not entry.fuzzy}

    assert messages - translated == set()


def test_no_translation_is_left_over(messages: set[Message], catalogue: Catalog) -> None:
    assert {entry.id for entry in catalogue if entry.id} - messages == set()


def test_a_translation_tells_the_same_facts(catalogue: Catalog) -> None:
    for entry in catalogue:
        for original in strings_of(entry.id):
            for translation in strings_of(entry.string):
                if original:
                    assert facts_of(translation) == facts_of(original), original


def test_zh_tw_is_written_as_in_taiwan(catalogue: Catalog) -> None:
    said = "".join(text for entry in catalogue if entry.id for text in strings_of(entry.string))

    assert [f"{word}: write {better}" for word, better in ELSEWHERE.items() if word in said] == []


def test_zh_tw_has_no_space_before_full_width_punctuation(catalogue: Catalog) -> None:
    for entry in catalogue:
        for text in strings_of(entry.string) if entry.id else ():
            assert not any(f" {mark}" in text for mark in "，。：；（）"), text


def test_an_incident_is_called_the_same_everywhere(catalogue: Catalog) -> None:
    """What people open and close is a slip, 事件單; 事件 alone is whatever happens."""
    catalogued = (text for entry in catalogue if entry.id for text in strings_of(entry.string))
    of_jobs = (text.zh_tw for text in vars(phrases).values() if isinstance(text, LocalText))

    assert [text for text in (*catalogued, *of_jobs) if re.search("事件(?!單)", text)] == []


def test_the_standard_tools_find_all_messages_of_the_code() -> None:
    """What stands within an f-string is found by a newer Python only."""
    found = extract_from_dir(REPORTS, method_map=[("**.py", "python")], keywords=KEYWORDS)

    assert {message for _, _, message, _, _ in found} == set(said_in_code())


def test_an_unknown_language_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match="no reports in 'de': choose from en, zh-TW"):
        language_of("de")


def test_every_language_can_be_loaded() -> None:
    assert [language_of(tag).tag for tag in LANGUAGES] == ["en", "zh-TW"]
    assert Path(CATALOGUES / "zh_TW.po").exists()


def test_english_has_plurals_and_chinese_needs_none() -> None:
    def days(tag: str, n: int) -> str:
        return language_of(tag).ngettext("{number} day", "{number} days", n, number=str(n))

    assert [days("en", 1), days("en", 2)] == ["1 day", "2 days"]
    assert [days("zh-TW", 1), days("zh-TW", 2)] == ["1 天", "2 天"]


def strings_of(text: str | tuple[str, ...] | list[str] | None) -> tuple[str, ...]:
    if isinstance(text, (tuple, list)):
        return tuple(text)
    return (text or "",)
