"""The rendered report: accepted as it looks, self-contained, and with nothing of other systems alive in it."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from domain.labels import Labels
from reports.languages import LANGUAGES
from reports.render import render_html, render_json, render_markdown
from tests.fixtures.golden import assert_golden
from tests.fixtures.report_samples import (
    AS_OF,
    HOSTILE,
    JOB,
    SUBJECTS,
    Night,
    analysis_of,
    empty_night,
    finding_of,
    quiet_night,
    report_of,
    sample_night,
    small_night,
)

NIGHTS = {"full": sample_night, "small": small_night, "quiet": quiet_night, "empty": empty_night}
VOID = frozenset({"meta", "br", "col", "path", "rect", "circle"})


class Page(HTMLParser):
    """A page taken apart: its ids, links, classes and texts; complains of tags that are not closed in order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.open: list[str] = []
        self.texts: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        pairs = [(name, value or "") for name, value in attrs]
        self.attributes += pairs
        self.ids += [value for name, value in pairs if name == "id"]
        self.links += [value for name, value in pairs if name == "href"]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def scrubbed(html: str) -> str:
    """Without the style, which tests of looks are for, and without the lines of pictures."""
    without_style = re.sub(r"<style>.*?</style>", "<style></style>", html, flags=re.DOTALL)
    return re.sub(r' d="[^"]{200,}"', ' d="…"', without_style)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_looks_as_it_was_accepted(language: str) -> None:
    assert_golden(f"capacity-small.{language}.html", scrubbed(render_html(report_of(small_night(), language))))


@pytest.mark.parametrize("night", ["full", "quiet", "empty"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_markdown_looks_as_it_was_accepted(night: str, language: str) -> None:
    assert_golden(f"capacity-{night}.{language}.md", render_markdown(report_of(NIGHTS[night](), language)))


def test_the_json_is_as_it_was_accepted() -> None:
    assert_golden("capacity-small.en.json", render_json(report_of(small_night())))


@pytest.mark.parametrize("night", NIGHTS)
@pytest.mark.parametrize("language", LANGUAGES)
class TestPage:
    def test_its_tags_are_closed_and_its_ids_are_there_once(self, night: str, language: str) -> None:
        page = Page(render_html(report_of(NIGHTS[night](), language)))

        assert page.open == []
        assert len(page.ids) == len(set(page.ids))

    def test_every_link_within_it_leads_somewhere(self, night: str, language: str) -> None:
        page = Page(render_html(report_of(NIGHTS[night](), language)))
        inner = {link[1:] for link in page.links if link.startswith("#")}

        assert inner <= set(page.ids)
        assert inner

    def test_nothing_has_to_be_fetched_and_nothing_runs(self, night: str, language: str) -> None:
        html = render_html(report_of(NIGHTS[night](), language))
        page = Page(html)
        names = {name for name, _ in page.attributes}

        assert not {"script", "link", "img", "iframe", "object", "embed", "base", "form"} & set(page.tags)
        assert not {name for name in names if name.startswith("on")} | (names & {"src", "srcset", "style"})
        assert "url(" not in html
        assert "@import" not in html
        assert "default-src 'none'" in html

    def test_it_names_its_language_and_time_zone(self, night: str, language: str) -> None:
        html = render_html(report_of(NIGHTS[night](), language))

        assert f'<html lang="{"zh-Hant-TW" if language == "zh-TW" else "en"}">' in html
        assert "Asia/Taipei, UTC+08:00" in html

    def test_json_is_valid_and_says_the_same(self, night: str, language: str) -> None:
        report = report_of(NIGHTS[night](), language)
        plain = json.loads(render_json(report))

        assert plain["headline"] == report.headline
        assert [risk["entity"] for risk in plain["expected"]] == [risk.entity for risk in report.expected]


def test_a_severity_is_told_by_a_word_and_a_shape_not_by_colour_alone() -> None:
    html = render_html(report_of(sample_night()))

    for shape, word in (("◆", "Critical"), ("●", "Info")):
        assert f'<span aria-hidden="true">{shape}</span> {word}</span>' in html


def test_every_picture_has_a_title_for_those_who_do_not_see_it() -> None:
    html = render_html(report_of(sample_night()))
    pictures = re.findall(r"<svg [^>]*>", html)

    assert len(pictures) > 20
    assert all('role="img"' in picture and re.search(r'aria-label="[^"]+"', picture) for picture in pictures)


def hostile_night(text: str) -> Night:
    """A night on which every text that comes from elsewhere is the given one."""
    subject = SUBJECTS[0]
    labels = Labels.of({"instance": text, "mountpoint": text})
    analysis = analysis_of(subject)
    evidence = replace(analysis.evidence, query=text, limit_query=text, source=text, method=text, warnings=(text,))
    analysis = replace(analysis, entity=labels, labels=labels, evidence=evidence)
    night = small_night()
    finding = replace(finding_of(subject, analysis), title=text, summary=text, reason=text)
    unwatched = replace(finding, watch=text, fingerprint="1" * 32)
    shards = tuple(
        replace(
            shard,
            reason=text,
            notes=replace(shard.notes, warnings=(text,), missing=(text,), infos=(text,)),
        )
        for shard in night.shards
    )
    run = replace(night.run, reason=text)
    return Night(run, replace(night.job, name=text), (analysis,), (finding,), (unwatched,), shards)


class TestHostileText:
    def test_labels_and_warnings_are_text_in_the_page(self) -> None:
        page = Page(render_html(report_of(hostile_night(HOSTILE))))

        assert "script" not in page.tags
        assert page.open == []
        assert any('<script>alert("x")</script>' in text for text in page.texts)

    def test_a_quote_does_not_end_an_attribute(self) -> None:
        page = Page(render_html(report_of(hostile_night('" onmouseover="alert(1)" x="'))))

        assert not [name for name, _ in page.attributes if name.startswith("on")]

    def test_no_mark_that_is_not_seen_is_left(self) -> None:
        text = "a\u202eb\u2066c\u200bd\x00e\x1bf\ud800g"

        for rendered in (render_html(report_of(hostile_night(text))), render_markdown(report_of(hostile_night(text)))):
            assert not [mark for mark in "\u202e\u2066\u200b\x00\x1b\ud800" if mark in rendered]
            rendered.encode()

    def test_text_of_any_length_leaves_the_page_small(self) -> None:
        report = report_of(hostile_night("x" * 10_000 + "\n" * 10_000))

        assert len(render_html(report)) < 100_000
        assert len(render_markdown(report)) < 60_000

    def test_markdown_cells_and_headings_stay_whole(self) -> None:
        text = "a | b\n# c\n| d | e |\n```\n<b>"
        lines = render_markdown(report_of(hostile_night(text))).splitlines()
        rows = [line for line in lines if line.startswith("|")]
        bars = {len(re.findall(r"(?<!\\)\|", row)) for row in rows}

        assert bars == {7, 6}  # the table of what runs out has six columns, that of the watches five
        assert not [line for line in lines if line.startswith(("# c", "```", "<b>"))]

    def test_text_that_looks_like_a_template_is_left_as_it_is(self) -> None:
        html = render_html(report_of(hostile_night("{{ 7 * 7 }}{% raw %}{x}")))

        assert "{{ 7 * 7 }}{% raw %}{x}" in html
        assert "49" not in Page(scrubbed(html)).texts


def test_a_page_of_sixty_entities_stays_below_one_and_a_half_megabytes() -> None:
    subjects = [
        replace(
            SUBJECTS[0], labels={"instance": f"tpe-db-{i:02d}.example.net:9100", "mountpoint": "/var/lib/postgresql"}
        )
        for i in range(60)
    ]
    analyses = tuple(analysis_of(subject) for subject in subjects)
    findings = tuple(finding_of(subject, analysis) for subject, analysis in zip(subjects, analyses, strict=True))

    html = render_html(report_of(replace(sample_night(), job=JOB, analyses=analyses, findings=findings, previous=())))

    assert html.count("<article") == 60
    assert len(html.encode()) < 1_000_000


def test_times_are_those_of_the_given_time_zone() -> None:
    taipei, utc = (render_markdown(report_of(quiet_night(), timezone=zone)) for zone in ("Asia/Taipei", "UTC"))

    assert "Sunday, 22 November 2026, 03:00 · all times in Asia/Taipei, UTC+08:00" in taipei
    assert "Saturday, 21 November 2026, 19:00 · all times in UTC" in utc
    assert AS_OF.hour == 19


def test_in_chinese_no_space_follows_a_sentence_or_a_bracket() -> None:
    """A full-width mark brings its own space."""
    night = sample_night()
    html, text = render_html(report_of(night, "zh-TW")), render_markdown(report_of(night, "zh-TW"))

    for written in (re.sub(r"<style>.*?</style>|<pre>.*?</pre>", "", html, flags=re.DOTALL), text):
        assert re.findall(r".{12}[。：）] (?=[^\s|<`·#*])", written) == []
