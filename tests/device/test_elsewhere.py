"""The program on a device beside the CPU. Machines without a GPU have one that only torch believes in."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

# Several to a process, as most of the time goes into starting it.
SCENARIOS = {
    "layers and pictures": ("every_layer", "every_loss", "looking"),
    "training": ("training", "data_in_main_memory", "drawn_and_augmented", "printed_script", "command"),
}


@pytest.mark.parametrize("scenarios", SCENARIOS.values(), ids=SCENARIOS.keys())
def test_works_on_another_device(scenarios: tuple[str, ...]) -> None:
    """Fails if numbers of the CPU meet those of a GPU in a layer, a training, a checkpoint, or a picture of a net."""
    command = [sys.executable, "-m", "tests.device.scenarios", *scenarios]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_every_scenario_is_run() -> None:
    """Fails if a scenario is written and never run."""
    text = (Path(__file__).parent / "scenarios.py").read_text()
    written = text.split("SCENARIOS = (")[1].split(")")[0].replace(",", " ").split()
    assert sorted(written) == sorted(name for names in SCENARIOS.values() for name in names)
