"""Freed memory is kept for the next array, where the C library is glibc.

By default glibc gives large arrays back to the system when they are freed, and takes new ones from it, page by page:
a fifth of the time of an analysis (benchmarks/run). It also keeps free memory apart for each of many threads.
"""

from __future__ import annotations

import ctypes
from functools import cache

# Parameters of mallopt(3), as malloc.h numbers them, and what they are set to.
_TRIM_THRESHOLD = (-1, 64 * 2**20)  # free bytes at the top of the heap that are kept
_MMAP_THRESHOLD = (-3, 32 * 2**20)  # bytes from which an array gets pages of its own; glibc allows no more
_ARENA_MAX = (-8, 2)  # heaps that threads share


@cache
def keep_freed_memory() -> bool:
    """Tell the C library, once in this process; False where it has no such settings (musl, macOS)."""
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError):
        return False
    taken = [mallopt(*setting) for setting in (_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX)]
    return all(taken)
