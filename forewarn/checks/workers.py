"""Can runs be executed as the settings say?"""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Iterator

from forewarn.settings import WorkersConfig
from sources.base import Check

PACKAGES = {"dask": "distributed", "ray": "ray"}  # what a cluster's backend needs


def check_workers(config: WorkersConfig) -> Iterator[Check]:
    """Whether the backend is installed, and whether there are more workers than cores."""
    package = PACKAGES.get(config.backend)
    if package is not None and importlib.util.find_spec(package) is None:
        what = f"workers.backend is {config.backend}, and the package {package} is not installed"
        yield Check("backend", False, what, f"Install {package}, or set workers.backend to auto")
        return
    yield Check("backend", True, f"{config.backend}, {config.count} side by side")
    cores = os.cpu_count() or 1
    if package is None and config.count > cores:
        what = f"{config.count} workers on {cores} cores"
        yield Check("cores", False, what, f"Set workers.count to {cores}", required=False)
