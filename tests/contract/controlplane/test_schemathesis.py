"""The sandbox keeps the contract: schemathesis asks it hundreds of things, right ones and wrong ones."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.contract.controlplane.contract import FILE
from tests.fixtures.sandbox import Sandbox

SETTINGS = """
[generation]
allow-x00 = false
"""

pytestmark = [pytest.mark.server, pytest.mark.slow]


def test_the_sandbox_passes_schemathesis(guarded_sandbox: Sandbox, tmp_path: Path) -> None:
    oidc = guarded_sandbox.oidc
    assert oidc is not None
    (tmp_path / "schemathesis.toml").write_text(SETTINGS)
    command = [
        *(sys.executable, "-m", "schemathesis.cli", "run", str(FILE), "--url", guarded_sandbox.url),
        *("--header", f"Authorization: Bearer {oidc.token()}"),
        *("--checks", "all", "--phases", "examples,coverage,fuzzing,stateful"),
        *("--max-examples", "10", "--seed", "1", "--generation-database", "none", "--no-color"),
    ]

    result = subprocess.run(command, cwd=tmp_path, check=False, capture_output=True, text=True, timeout=240)

    assert result.returncode == 0, result.stdout[-6000:] + result.stderr[-2000:]
