"""Memory that was freed is used again, not given back and asked for anew."""

from __future__ import annotations

import subprocess
import sys

PAGES_ASKED_FOR = """
import resource
import sys

import numpy as np
from jobs.memory import keep_freed_memory

if sys.argv[1] == "kept":
    assert keep_freed_memory()

def work():
    return sum(array[0] for array in [np.ones(600_000) for _ in range(8)])

work()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(20):
    work()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def pages(way: str) -> int:
    done = subprocess.run([sys.executable, "-c", PAGES_ASKED_FOR, way], check=True, capture_output=True, text=True)
    return int(done.stdout)


def test_arrays_that_come_and_go_take_hardly_any_new_pages() -> None:
    assert pages("kept") < pages("as the C library does") / 20
