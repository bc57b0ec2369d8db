"""The product as a user starts it: the command, a configuration file, and real servers around it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_SECONDS = 240


@dataclass(frozen=True, slots=True)
class Product:
    """A checkout's `forewarn` command in a folder of its own, with its configuration file."""

    folder: Path
    environment: dict[str, str] = field(default_factory=dict)

    def configure(self, **settings: Any) -> None:
        """Write the configuration file. JSON is YAML, too."""
        (self.folder / "forewarn.yaml").write_text(json.dumps(settings, indent=2), encoding="utf-8")

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start the command."""
        return subprocess.Popen(
            self._command(arguments),
            cwd=self.folder,
            env=self._environment(),
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def run(self, *arguments: str, code: int = 0) -> subprocess.CompletedProcess[str]:
        """Run the command to its end, which must have that exit code."""
        done = subprocess.run(
            self._command(arguments),
            cwd=self.folder,
            env=self._environment(),
            text=True,
            capture_output=True,
            timeout=PATIENCE_SECONDS,
            check=False,
        )
        assert done.returncode == code, f"exit code {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done

    def json(self, *arguments: str) -> Any:
        """What the command prints as JSON."""
        return json.loads(self.run(*arguments, "--json").stdout)

    def _command(self, arguments: tuple[str, ...]) -> list[str]:
        return [sys.executable, "-m", "forewarn", *arguments]

    def _environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("FOREWARN_")}
        return kept | {"PYTHONPATH": str(ROOT)} | self.environment


@pytest.fixture
def product(tmp_path: Path) -> Product:
    """The product in an empty folder."""
    return Product(tmp_path)
