"""What every expert that is no model answers, so that whoever weighs them need not know which they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Protocol

import numpy as np

from analyzers.exhaustion.contract import Flags, Floats

LITTLE = 0.01  # weight up to which what takes time to draw is not drawn


class Expert(Protocol):
    """One way on from here for a batch, or some of one kind, each with its name.

    What they have found does not depend on the limit: so a higher one is never reached earlier.
    """

    NAMES: ClassVar[tuple[str, ...]]

    def usable(self, exact: Flags, clear: Flags, /) -> Flags:
        """In which series each of them can be believed, `[n_series, n_names]`.

        `exact[n_series]` and `clear[n_series]`: where a model foretells without an error, and with hardly any.
        """

    def ahead(self, days: Floats) -> tuple[Floats, Floats]:
        """Where each leads, and how far off that may be, `[n_series, n_names, n_days]` each.

        NaN where nothing of the sort was found.
        """

    def pace(self) -> Floats:
        """What each adds to the day's highest in a day, `[n_series, n_names]`."""


class Drawn(Expert, Protocol):
    """Experts that are drawn ahead until they cross a limit, and know by themselves how far off they may be."""

    LIGHT: ClassVar[float]  # weight up to which they are not worth the time

    def crossed(self, asked: Asked, worth: Flags) -> Floats:
        """The probability that the limit was crossed by each day, `[n_series, n_names, n_days]`.

        Nothing where it is not `worth[n_series, n_names]` the time.
        """


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """By which days it is asked whether each series has crossed its limit."""

    days: Floats  # [n_days], from now
    limit: Floats  # [n_series, n_days]: without the week and the day, as the envelope must reach it
    plain_limit: Floats  # [n_series]: as the highest of a day must


def where_found(found: Flags, ahead: Floats, off: Floats) -> tuple[Floats, Floats]:
    """Where some lead, and how far off that may be, `[n_series, n_names, n_days]` each.

    NaN where they were not `found[n_series, n_names]`.
    """
    known = found[:, :, None]
    return np.where(known, ahead, np.nan), np.where(known, off, np.nan)
