"""The page in a real browser: it draws, fits narrow screens, prints, and asks nobody for anything."""

from __future__ import annotations

import json
import re
import struct
import subprocess
import zlib
from dataclasses import replace
from html import escape
from pathlib import Path

import pytest

from domain.labels import Labels
from reports.languages import LANGUAGES
from reports.render import render_html
from tests.fixtures.nights import crossing, night_of
from tests.fixtures.report_samples import SUBJECTS, Night, analysis_of, finding_of, report_of, sample_night
from tests.fixtures.servers import find_server

pytestmark = pytest.mark.server

FRAME = """<!doctype html><title>not measured</title>
<iframe id="frame" width="{width}" height="800" style="border: 0" srcdoc="{html}"></iframe>
<script>
frame.onload = () => {{
  const page = frame.contentDocument.documentElement;
  document.title = page.scrollWidth + " of " + page.clientWidth;
}};
</script>"""

ROOM = """<!doctype html><title>not measured</title>
<iframe id="frame" width="{width}" height="800" style="border: 0" srcdoc="{html}"></iframe>
<script>
frame.onload = () => {{
  const page = frame.contentDocument, words = page.createRange();
  const outside = cell => {{
    words.selectNodeContents(cell);
    return words.getBoundingClientRect().right - cell.getBoundingClientRect().right;
  }};
  const cells = [...page.querySelectorAll(".risks tbody > tr > *")].filter(cell => cell.offsetWidth);
  const names = cells.filter(cell => cell.matches("th")).map(cell => cell.offsetWidth);
  document.title = Math.ceil(Math.max(...cells.map(outside))) + " outside, names " + Math.min(...names);
}};
</script>"""
WORDS = """<!doctype html><title>not measured</title>
<iframe id="frame" width="{width}" height="800" style="border: 0" srcdoc="{html}"></iframe>
<script>
frame.onload = () => {{
  const page = frame.contentDocument, cut = [];
  const words = [...page.querySelectorAll(".chart text")].filter(word => frame.contentWindow.getComputedStyle(word).display != "none");
  for (const word of words) {{
    const box = word.getBBox();
    if (box.x < -1 || box.x + box.width > word.ownerSVGElement.viewBox.baseVal.width + 1) cut.push(word.textContent);
  }}
  document.title = words.length + " words, cut: " + cut.join("; ");
}};
</script>"""  # noqa: E501
LINES = """<!doctype html><title>not measured</title>
<iframe id="frame" width="{width}" height="800" style="border: 0" srcdoc="{html}"></iframe>
<script>
frame.onload = () => {{
  const page = frame.contentDocument, style = frame.contentWindow.getComputedStyle;
  const lines = words => Math.round(words.getBoundingClientRect().height / parseFloat(style(words).lineHeight));
  document.title = Math.max(...[...page.querySelectorAll(".risks .interval")].map(lines)) + " lines";
}};
</script>"""
KEYS = """<!doctype html><title>not measured</title>
<iframe id="frame" width="1280" height="800" style="border: 0" srcdoc="{html}"></iframe>
<script>
frame.onload = () => {{
  const style = frame.contentWindow.getComputedStyle, keys = [...frame.contentDocument.querySelectorAll(".key")];
  const kept = keys.filter(key => style(key).getPropertyValue("-webkit-print-color-adjust") == "exact");
  document.title = kept.length + " of " + keys.length;
}};
</script>"""
TRIES = 3
LEAST_ROOM = 250  # pixels for the name of an entity and what to do about it


@pytest.fixture
def browse(tmp_path: Path) -> Browser:
    return Browser(find_server("chromium"), tmp_path)


class Browser:
    """Chromium without a window, on files only."""

    def __init__(self, program: str, folder: Path) -> None:
        self.program = program
        self.folder = folder

    def open(self, html: str, *options: str, size: tuple[int, int] = (1280, 900)) -> str:
        """Open a page and return what the browser printed. A browser that crashes is started anew, twice at most."""
        page = self.folder / "report.html"
        page.write_text(html, encoding="utf-8")
        for attempt in range(TRIES):
            done = self._run(page, f"profile-{attempt}", *options, size=size)
            if done.returncode >= 0:  # not ended by a signal: a fault of the browser's own, seen once in many thousands
                break
        done.check_returncode()
        return done.stdout

    def _run(self, page: Path, profile: str, *options: str, size: tuple[int, int]) -> subprocess.CompletedProcess[str]:
        command = [
            self.program,
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--no-first-run",
            "--disable-background-networking",
            f"--user-data-dir={self.folder / profile}",
            f"--window-size={size[0]},{size[1]}",
            *options,
            page.as_uri(),
        ]
        return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)

    def screenshot(self, html: str, *options: str, size: tuple[int, int] = (1280, 900)) -> Picture:
        picture = self.folder / "page.png"
        self.open(html, f"--screenshot={picture}", "--hide-scrollbars", *options, size=size)
        return Picture(picture.read_bytes())


class Picture:
    """A PNG as the browser writes it: 8 bits for each of red, green and blue."""

    def __init__(self, data: bytes) -> None:
        self.width, self.height, depth, kind = struct.unpack(">IIBB", data[16:26])
        assert (depth, kind) in ((8, 2), (8, 6))
        self.channels = 3 if kind == 2 else 4
        self.rows = self._unfiltered(zlib.decompress(self._body(data)))

    @staticmethod
    def _body(data: bytes) -> bytes:
        parts, at = [], 8
        while at < len(data):
            (length,) = struct.unpack(">I", data[at : at + 4])
            if data[at + 4 : at + 8] == b"IDAT":
                parts.append(data[at + 8 : at + 8 + length])
            at += 12 + length
        return b"".join(parts)

    def _unfiltered(self, raw: bytes) -> list[bytes]:
        stride, step = self.width * self.channels, self.channels
        rows: list[bytes] = []
        before = bytes(stride)
        for at in range(0, len(raw), stride + 1):
            row = bytearray(raw[at + 1 : at + 1 + stride])
            for i in range(stride):
                left = row[i - step] if i >= step else 0
                corner = before[i - step] if i >= step else 0
                row[i] = (row[i] + _predicted(raw[at], left, before[i], corner)) % 256
            before = bytes(row)
            rows.append(before)
        return rows

    def brightness(self) -> float:
        """The mean of all channels of a thin sample of rows, 0 to 255."""
        sample = b"".join(self.rows[::20])
        return sum(sample) / len(sample)

    def colours(self) -> int:
        return len({row[i : i + 3] for row in self.rows[::10] for i in range(0, len(row), self.channels)})


def _predicted(kind: int, left: int, above: int, corner: int) -> int:
    """The PNG filters, as the specification has them (section 9)."""
    if kind == 4:
        guess = left + above - corner
        return min((left, above, corner), key=lambda value: abs(guess - value))
    return (0, left, above, (left + above) // 2)[kind]


def measured(browse: Browser, page: str, html: str, width: int, title: str) -> re.Match[str]:
    """What a page that frames the report at this width has written into its title, once it has measured it."""
    document = browse.open(page.format(width=width, html=escape(html)), "--dump-dom", size=(1400, 900))
    found = re.search(title, document)
    assert found is not None
    return found


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_is_drawn_light_and_dark(browse: Browser, language: str) -> None:
    html = render_html(report_of(sample_night(), language))

    light = browse.screenshot(html, "--blink-settings=preferredColorScheme=1", size=(600, 400))
    dark = browse.screenshot(html, "--blink-settings=preferredColorScheme=0", size=(600, 400))

    assert (light.width, light.height) == (600, 400)
    assert light.brightness() > 200
    assert dark.brightness() < 70
    assert min(light.colours(), dark.colours()) > 20


@pytest.mark.parametrize("width", [390, 768, 1280])
@pytest.mark.parametrize("language", LANGUAGES)
def test_it_fits_its_screen_without_scrolling_sideways(browse: Browser, language: str, width: int) -> None:
    """Measured in a frame, because a browser without a window is never narrower than 500 pixels."""
    html = render_html(report_of(sample_night(), language))

    measure = measured(browse, FRAME, html, width, r"<title>(\d+) of (\d+)</title>")

    assert int(measure[1]) <= int(measure[2]) <= width


@pytest.mark.parametrize("width", [390, 800, 1000, 1100])
@pytest.mark.parametrize("language", LANGUAGES)
def test_words_stay_in_their_cells_and_names_have_room(browse: Browser, language: str, width: int) -> None:
    html = render_html(report_of(sample_night(), language))

    measure = measured(browse, ROOM, html, width, r"<title>(-?\d+) outside, names (\d+)</title>")

    assert int(measure[1]) <= 0
    assert int(measure[2]) >= LEAST_ROOM


@pytest.mark.parametrize("width", [375, 1280])
@pytest.mark.parametrize("language", LANGUAGES)
def test_an_interval_is_broken_between_its_dates_only(browse: Browser, language: str, width: int) -> None:
    html = render_html(report_of(sample_night(), language))

    measure = measured(browse, LINES, html, width, r"<title>(\d+) lines</title>")

    assert int(measure[1]) <= 2


def young_with_a_date_in_the_next_year() -> Night:
    """The longest words in the least room: three years in a date, and a history of three days behind it."""
    analysis = analysis_of(SUBJECTS[0])
    assert analysis.chart is not None
    found = crossing(45, 50, 58)
    kept = -24
    old = replace(analysis, exhaustion=found)
    young = replace(
        old,
        entity=Labels.of(instance="young"),
        chart=replace(
            analysis.chart,
            times=analysis.chart.times[kept:],
            values=analysis.chart.values[kept:],
            limits=analysis.chart.limits[kept:],
        ),
    )
    return night_of(*((one, finding_of(SUBJECTS[0], one)) for one in (old, young)))


@pytest.mark.parametrize("width", [375, 1280])
@pytest.mark.parametrize("language", LANGUAGES)
def test_no_word_of_a_picture_is_cut(browse: Browser, language: str, width: int) -> None:
    html = render_html(report_of(young_with_a_date_in_the_next_year(), language))

    measure = measured(browse, WORDS, html, width, r"<title>(\d+) words, cut: (.*)</title>")

    assert int(measure[1]) > 10
    assert measure[2] == ""


def test_it_prints(browse: Browser) -> None:
    paper = browse.folder / "report.pdf"

    browse.open(render_html(report_of(sample_night())), f"--print-to-pdf={paper}")

    assert paper.read_bytes().startswith(b"%PDF")


def test_the_keys_of_a_legend_are_printed_where_backgrounds_are_not(browse: Browser) -> None:
    """As browsers have it unless they are told otherwise: what is drawn by a background alone leaves a gap."""
    document = browse.open(KEYS.format(html=escape(render_html(report_of(sample_night())))), "--dump-dom")

    assert "<title>8 of 8</title>" in document


def test_it_asks_nobody_for_anything(browse: Browser) -> None:
    journal = browse.folder / "net.json"

    browse.open(render_html(report_of(sample_night())), f"--log-net-log={journal}", "--dump-dom")

    asked = {
        event["params"]["url"]
        for event in json.loads(journal.read_text())["events"]
        if "url" in event.get("params", {})
    }
    assert not {url for url in asked if "example" in url or "prometheus" in url}
