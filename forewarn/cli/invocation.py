"""How a person called this program, so that a command that is printed can be typed as it stands."""

from __future__ import annotations

import shlex
import shutil
import sys
from pathlib import Path


def this_program() -> str:
    """`forewarn` where that is found, else the path that it was called by, else Python and the module."""
    called = Path(sys.argv[0])
    if called.name != "forewarn":
        return f"{shlex.quote(sys.executable)} -m forewarn"
    found = shutil.which("forewarn")
    if found is not None and Path(found).absolute() == called.absolute():
        return "forewarn"
    return shlex.quote(sys.argv[0])
