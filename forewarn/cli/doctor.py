"""`forewarn doctor`: check every connection, permission, clock, query and limit, and say what to do."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING

import typer

from forewarn.cli.options import AsJson, Config

if TYPE_CHECKING:
    from rich.table import Table

    from forewarn.checks.everything import Item
    from sources.base import Check


LONGEST = 500  # characters of one answer on a terminal


def doctor(config: Config = None, as_json: AsJson = False) -> None:
    """Check every connection, permission, clock, query and limit, and say what to do.

    Exits with 1 when something fails that is needed.
    """
    from forewarn.checks.everything import examine
    from forewarn.logs import configure_logs
    from jobs.present import now

    configure_logs("error")  # what goes wrong is told below, in its place
    items = examine(config, now())
    found = list(items) if as_json or not sys.stderr.isatty() else _watched(items)
    if as_json:
        sys.stdout.write(as_document(found) + "\n")
    else:
        _print(found)
    if any(_verdict(item.check) == "failed" for item in found):
        raise typer.Exit(1)


def as_document(items: Iterable[Item]) -> str:
    """The checks as JSON: `well`, and each check with area, name, verdict (ok, notice, failed), what and advice."""
    checks = [
        {
            "area": item.area,
            "name": item.check.name,
            "verdict": _verdict(item.check),
            "what": item.check.what,
            "advice": item.check.advice,
        }
        for item in items
    ]
    well = all(check["verdict"] != "failed" for check in checks)
    return json.dumps({"well": well, "checks": checks}, ensure_ascii=False, indent=2)


def _verdict(check: Check) -> str:
    if check.ok:
        return "ok"
    return "failed" if check.required else "notice"


def _watched(items: Iterable[Item]) -> list[Item]:
    """Collect the checks, showing which one has just come back."""
    from rich.console import Console

    found = []
    with Console(stderr=True).status("Looking ...") as status:
        for item in items:
            found.append(item)
            status.update(f"Looking ... {item.area}: {item.check.name}")
    return found


def _print(items: list[Item]) -> None:
    from rich.console import Console

    console = Console(highlight=False)
    console.print(_table(items))
    verdicts = {_verdict(item.check) for item in items}
    colour = "red" if "failed" in verdicts else "yellow" if "notice" in verdicts else "green"
    console.print(f"[bold {colour}]{in_all(items)}[/]")


def in_all(items: list[Item]) -> str:
    """The verdict on all checks. Where one has to be looked at, such as a run that was due, not all is well."""
    failed = sum(1 for item in items if _verdict(item.check) == "failed")
    notices = sum(1 for item in items if _verdict(item.check) == "notice")
    if not failed and not notices:
        return "All is well."
    verdict = f"{failed} of {len(items)} checks failed" if failed else "Nothing failed"
    return f"{verdict}, {notices} to look at." if notices else f"{verdict}."


def _table(items: list[Item]) -> Table:
    from rich.markup import escape
    from rich.table import Table

    from reports.text import visible

    marks = {"ok": "[green]ok[/]", "notice": "[yellow]look[/]", "failed": "[bold red]FAILED[/]"}
    table = Table(box=None, pad_edge=False, show_header=False)
    for _ in range(3):
        table.add_column(overflow="fold")
    area = ""
    for item in items:
        if item.area != area:
            area = item.area
            table.add_row("", f"[bold]{escape(visible(area))}[/]", "")
        check = item.check
        what = escape(visible(check.what, LONGEST))
        if check.advice:
            what += f"\n[dim]→ {escape(visible(check.advice, LONGEST))}[/]"
        table.add_row(marks[_verdict(check)], escape(visible(check.name)), what)
    return table
