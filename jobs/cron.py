"""Cron lines and time zones: checked, and turned into triggers."""

from __future__ import annotations

import re
import zoneinfo
from datetime import UTC, datetime

from apscheduler.triggers.cron import CronTrigger

from jobs.problems import did_you_mean

_A_DAY = datetime(2024, 1, 1, tzinfo=UTC)  # any: a line that comes after it comes after every other day, too
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat", "sun")  # cron's numbers; both 0 and 7 are Sunday


def check_cron(line: str) -> str:
    """The cron line with its days of the week by name. Raises `ValueError` when it is none.

    APScheduler counts the days from Monday, cron from Sunday: names mean the same to both.
    """
    fields = line.split()
    if len(fields) != 5:
        raise ValueError(
            f"{line!r} is no cron line: write minute, hour, day, month and day of the week, such as 0 2 * * *"
        )
    if fields[2] != "*" and fields[4] != "*":
        raise ValueError(
            f"{line!r} names a day of the month and a day of the week, and cron programs differ on whether one of them "
            "is enough: name one, or write two jobs"
        )
    try:
        fields[4] = ",".join(_named_days(part) for part in fields[4].lower().split(","))
        trigger = CronTrigger.from_crontab(" ".join(fields), timezone="UTC")
    except ValueError as error:
        raise ValueError(f"{line!r} is no cron line: {error}; write it like 0 2 * * * (at 02:00 every day)") from error
    if trigger.get_next_fire_time(None, _A_DAY) is None:
        raise ValueError(f"{line!r} never comes: no month that it names has such a day; write it like 0 2 1 * *")
    return " ".join(fields)


def check_timezone(name: str) -> str:
    """The name of a time zone that is known. Raises `ValueError` for any other."""
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as error:
        advice = did_you_mean(name, zoneinfo.available_timezones())
        if not advice.startswith("did"):
            advice = "write a name such as Asia/Taipei or UTC"
        raise ValueError(f"there is no time zone {name!r}; {advice}") from error
    return name


def _named_days(part: str) -> str:
    """One part of the days by name: `1-5` is `mon,tue,wed,thu,fri`; `*` stays."""
    days, slash, step = part.partition("/")
    if days == "*" and slash:
        days = "0-6"
    numbers = re.fullmatch(r"(\d+)(?:-(\d+))?", days)
    if numbers is None:
        return part
    first = int(numbers[1])
    last = first if numbers[2] is None else int(numbers[2])
    if first > last or last >= len(_DAYS) or (slash and not step.isdigit()) or step == "0":
        raise ValueError(f"{part!r} are no days of the week, from 0 (Sunday) to 7 (Sunday again)")
    return ",".join(_DAYS[day] for day in range(first, last + 1, int(step or 1)))
