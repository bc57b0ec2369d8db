"""What was noticed about each series, as notes: why the answer is what it is."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from analyzers.exhaustion.arrays import fill_forward
from analyzers.exhaustion.contract import Floats
from analyzers.exhaustion.models import NAMES
from analyzers.exhaustion.view import View
from analyzers.exhaustion.weights import EXPERTS
from domain.notes import Note, NoteCode
from domain.times import DAY

SHARE_UNSEEN = 0.02
SILENT_SECONDS, SILENT_STEPS = 2 * 3600.0, 3  # without a sample at the end: a restart and a slow scrape are shorter
MOVES = 0.01  # of a limit: it may move by so much and be the same
FEW_JUMPS = 3  # more are steps or cycles, not shifts
OF_A_SEASON = 0.1  # of how far the day and the week move: a smaller shift may be what is left of them
EXPLAINED = 0.6  # share of the variance that cycles explain where they are spoken of
IRREGULAR = 0.08  # of the logarithm of lengths: restarts come as they will, cleanups by the clock
SPOKEN = 0.05  # weight of what comes back, where it is spoken of
BENT = 0.35  # weight of the curves where a bend is spoken of
SHORT_DAYS = 14.0  # of history: less is spoken of
STEPS_LATE = 2  # fewer than these days: a grid begins a step after its window, and a sample may come a step late
PEAK_SHARE = 0.1  # of the value: a day's height where its peaks are spoken of

Noticed = list[list[Note]]


def remarks(view: View, times: Floats, values: Floats, limits: Floats, likely: Floats) -> Noticed:
    """The notes of every series of a view, in the order in which people want them.

    `times[n_steps]`, `values` and `limits[n_series, n_steps]` as they came; `likely[n_series]` is the probability that
    the limit is reached within the horizon.
    """
    found: Noticed = [[] for _ in range(values.shape[0])]
    as_of = float(times[-1])
    _of_silence(found, times, values)
    _of_limits(found, times, limits)
    _of_changes(found, view, as_of)
    _of_cycles(found, view, likely)
    _of_bends(found, view)
    _of_seasons(found, view)
    _of_quality(found, view, times, values)
    return found


def _of_silence(found: Noticed, times: Floats, values: Floats) -> None:
    """That what is called the present is hours old: it is not stale yet, and may be gone."""
    step = float(times[1] - times[0])
    newest = times[values.shape[1] - 1 - np.argmax(np.isfinite(values[:, ::-1]), axis=1)]
    silent = times[-1] - newest
    for i in np.flatnonzero(silent > max(SILENT_SECONDS, SILENT_STEPS * step)):
        found[i].append(_note(NoteCode.SILENT, ("seconds", silent[i])))


def _of_limits(found: Noticed, times: Floats, limits: Floats) -> None:
    """When each limit was last another one; one that moves a little all the time has not changed."""
    for i in np.flatnonzero(np.fmin.reduce(limits, axis=1) != np.fmax.reduce(limits, axis=1)):
        filled = fill_forward(np.where(np.isfinite(limits[i]), limits[i], np.nan)[None, :])[0]
        others = np.flatnonzero(np.abs(filled - filled[-1]) > MOVES * np.abs(filled[-1]))
        if others.size:
            last = int(others[-1]) + 1
            facts = (("at", times[last]), ("before", filled[last - 1]), ("after", filled[last]))
            found[i].append(_note(NoteCode.LIMIT_CHANGED, *facts))


def _of_changes(found: Noticed, view: View, as_of: float) -> None:
    """Shifts of the level, the last few of them, and the day on which the growth changed."""
    number = np.count_nonzero(view.jump, axis=1)
    cyclic = told_cycles(view)
    season = np.ptp(view.seen.week.profile, axis=1) - view.seen.day.min(axis=1)
    for i in np.flatnonzero((number > 0) & (number <= FEW_JUMPS) & ~cyclic):
        for at in np.flatnonzero(np.abs(view.jump[i]) > OF_A_SEASON * season[i]):
            when = as_of - (view.jump.shape[1] - 1 - at) / view.seen.per_day * DAY
            found[i].append(_note(NoteCode.LEVEL_SHIFT, ("at", when), ("by", view.turned.sign * view.jump[i, at])))
    peaks = view.experts.lines.peaks
    for i in np.flatnonzero((peaks.broken > 0) & ~cyclic):
        found[i].append(_note(NoteCode.SLOPE_CHANGE, ("at", as_of - peaks.days[i] * DAY)))


def told_cycles(view: View) -> NDArray[np.bool_]:
    """Which series are spoken of as filling and being emptied again and again, `[n_series]`."""
    cyclic = view.experts.cyclic.seen
    return cyclic.found & (cyclic.explained > EXPLAINED)


def _of_cycles(found: Noticed, view: View, likely: Floats) -> None:
    cyclic = view.experts.cyclic.seen
    told = told_cycles(view)
    for i in np.flatnonzero(told & (cyclic.irregular > IRREGULAR)):
        found[i].append(_note(NoteCode.RESTARTS, ("count", cyclic.count[i])))
    for i in np.flatnonzero(told & (cyclic.irregular <= IRREGULAR) & (likely < 0.5)):
        period = float(np.nanmedian(cyclic.length[i])) * DAY
        found[i].append(_note(NoteCode.CYCLE, ("period_seconds", period)))


def _of_bends(found: Noticed, view: View) -> None:
    """Growth that slows down or speeds up, where the models that bend carry the weight."""
    curves = [i for i, name in enumerate(NAMES) if name.startswith(("curve", "growth"))]
    weight = view.weight[:, curves]
    bend = np.nan_to_num(view.tested.now.bend[:, -len(curves) :, 0])
    mean = (weight * bend).sum(axis=1)
    for i in np.flatnonzero(weight.sum(axis=1) > BENT):
        if mean[i] != 0:
            found[i].append(_note(NoteCode.ACCELERATING if mean[i] > 0 else NoteCode.SATURATING))


def _of_seasons(found: Noticed, view: View) -> None:
    seen = view.seen
    for i in np.flatnonzero(seen.day_gain > 0):
        found[i].append(_note(NoteCode.SEASON, ("period_seconds", DAY)))
    for i in np.flatnonzero(seen.week.found > 0):
        found[i].append(_note(NoteCode.SEASON, ("period_seconds", 7 * DAY)))
    again = view.experts.recurring
    for name, recurring in zip(again.NAMES, (again.monthly, again.weekly), strict=True):
        for i in np.flatnonzero(view.weight[:, EXPERTS.index(name)] > SPOKEN):
            note = _note(NoteCode.SEASON, ("period_seconds", recurring.lag[i] * DAY))
            if note not in found[i]:
                found[i].append(note)
    height = -seen.day.min(axis=1)
    level = np.abs(view.tested.now.level[:, 0, 0])
    for i in np.flatnonzero(height > PEAK_SHARE * level):
        found[i].append(_note(NoteCode.PEAKS))


def _of_quality(found: Noticed, view: View, times: Floats, values: Floats) -> None:
    """How well the series was seen."""
    seen = ~np.isnan(values)
    first = np.argmax(seen, axis=1)
    expected = values.shape[1] - first
    unseen = 1 - seen.sum(axis=1) / np.maximum(expected, 1)
    days = (times[-1] - times[first]) / DAY
    enough = SHORT_DAYS - STEPS_LATE * (times[1] - times[0]) / DAY
    for i in range(len(found)):
        if unseen[i] > SHARE_UNSEEN:
            found[i].append(_note(NoteCode.GAPS, ("share", unseen[i])))
        if view.turned.spikes[i] > 0:
            found[i].append(_note(NoteCode.OUTLIERS, ("count", view.turned.spikes[i])))
        if view.turned.resets[i] > 0:
            found[i].append(_note(NoteCode.COUNTER_RESETS, ("count", view.turned.resets[i])))
        if days[i] < enough:
            found[i].append(_note(NoteCode.SHORT_HISTORY, ("days", days[i])))


def _note(code: NoteCode, *facts: tuple[str, float]) -> Note:
    return Note(code, tuple((name, float(value)) for name, value in facts))
