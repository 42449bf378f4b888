"""A training that is killed goes on to the weights of one without a break; ``make bench`` does it a hundred times."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs a system whose processes can be forked")
def test_killed_at_random_moments() -> None:
    """Fails if a kill at some moment leaves a run that cannot be continued, goes on from another place, or has lost or
    doubled an epoch's numbers."""
    command = [sys.executable, "-m", "tests.benchmarks.kills", "8", "3"]
    root = Path(__file__).resolve().parents[2]
    told = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=240, check=False)
    assert told.returncode == 0, told.stdout + told.stderr
    assert "8 of 8" in told.stdout
