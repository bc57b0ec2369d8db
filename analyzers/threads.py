"""One thread for linear algebra, so that sums are added up in the same order on one core and on many."""

from __future__ import annotations

from contextlib import AbstractContextManager
from importlib import import_module
from typing import cast


def one_thread() -> AbstractContextManager[object]:
    """While it is entered, BLAS works in one thread. Many cores are used by giving each a batch of its own."""
    limits = import_module("threadpoolctl").threadpool_limits  # it has no types to import
    return cast("AbstractContextManager[object]", limits(limits=1))
