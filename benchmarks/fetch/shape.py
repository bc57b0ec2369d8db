"""What is fetched: kept apart, so that a measured client loads nothing that it does not need."""

from domain.times import Grid

METRIC = "bench_bytes"
N_SERIES = 1000
STEP = 300
GRID = Grid(1_793_000_100 // STEP * STEP, STEP, 30 * 288)
