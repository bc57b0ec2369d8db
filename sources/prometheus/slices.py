"""Which part of the grid is asked for next: from the newest back, smaller after a refusal."""

from __future__ import annotations

from dataclasses import dataclass

from domain.times import Grid

PROBE = 8  # the first slice is this much shorter than the others


@dataclass(frozen=True, slots=True)
class Slice:
    """The steps `low` to `high` (excluded) of a grid."""

    low: int
    high: int

    @property
    def steps(self) -> int:
        """How many steps it has."""
        return self.high - self.low

    def of(self, grid: Grid) -> Grid:
        """This part as a grid of its own."""
        return Grid(grid.start + self.low * grid.step, grid.step, self.steps)


class SlicePlan:
    """Cuts `steps` steps into slices of at most `size`, newest first; learns from answers and refusals.

    Newest first: nearly all series that matter live now, so the first answer tells how many rows there will be. It is a
    short one, and later ones are as long as keeps each answer within `max_samples`.
    """

    def __init__(self, steps: int, size: int, max_samples: int) -> None:
        """Nothing is cut yet: each slice is cut when it is asked for."""
        self._left = [Slice(0, steps)] if steps > 0 else []  # what is still to be cut; the last is cut next
        self._size = max(1, size)
        self._max_samples = max_samples
        self.probing = steps > self._size  # nothing is known of the number of series yet

    def next(self) -> Slice | None:
        """The next slice to ask for, or None when all are under way."""
        if not self._left:
            return None
        whole = self._left.pop()
        size = max(1, self._size // PROBE) if self.probing else self._size
        piece = Slice(max(whole.low, whole.high - size), whole.high)
        if piece.low > whole.low:
            self._left.append(Slice(whole.low, piece.low))
        return piece

    def halve(self, refused: Slice) -> bool:
        """Ask for no more than half as much from here on, for a refused slice first; False when it is one step."""
        if refused.steps <= 1:
            return False
        self._size = max(1, min(self._size, refused.steps // 2))
        self._left.append(refused)
        return True

    def learn(self, n_series: int) -> None:
        """So many series came in one slice: keep the samples of the next ones within their bound."""
        self.probing = False
        self._size = max(1, min(self._size, self._max_samples // max(1, n_series)))


def slice_steps(step: int, slice_hours: float, max_points: int) -> int:
    """How many steps a slice may have: `slice_hours` long, and at most `max_points`; at least one."""
    return max(1, min(int(slice_hours * 3600) // step, max_points))
