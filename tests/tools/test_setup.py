"""tools/setup.sh with a make-believe Python: what it asks for, in which order, and what it says when it is stuck."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a POSIX shell script")

ROOT = Path(__file__).parents[2]

# Answers the questions of setup.sh, writes down every call of pip, and "makes" a venv by putting itself there.
PYTHON = """\
#!/bin/sh
case "$*" in
    *"version_info[:2] <="*) [ ! -e {folder}/too-old ] ;;
    *"import ensurepip, venv"*) [ ! -e {folder}/no-venv ] ;;
    *"print("*) echo 3.12 ;;
    "-V"|"-VV") echo "Python 3.12.1" ;;
    "-m venv "*) mkdir -p .venv/bin && cp "$0" .venv/bin/python ;;
    "-m pip --version") ;;
    "-m compileall "*) ;;
    "-m pip install "*) echo "$*" >>{folder}/pip-calls; [ ! -e {folder}/offline ] ;;
    "tools/system_packages.py"*) echo "$*" >>{folder}/system-calls ;;
    *) echo "unexpected: $*" >&2; exit 3 ;;
esac
"""
TOOLS = ("sh", "cat", "cksum", "cp", "dirname", "grep", "mkdir", "rm", "touch")


class Machine:
    """A folder with a copy of the set-up and a PATH on which nothing else can be found."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.project = folder / "project"
        self.commands = folder / "commands"
        self.commands.mkdir()
        (self.project / "tools").mkdir(parents=True)
        for file in ("constraints.txt", "pyproject.toml"):
            shutil.copy(ROOT / file, self.project / file)
        script = (ROOT / "tools" / "setup.sh").read_text(encoding="utf-8")
        # The real Python of this system must not come to the rescue.
        assert " /usr/bin/python3 " in script
        (self.project / "tools" / "setup.sh").write_text(script.replace(" /usr/bin/python3 ", " "), encoding="utf-8")
        for tool in TOOLS:
            found = shutil.which(tool)
            assert found
            (self.commands / tool).symlink_to(found)
        self.add("id", "echo 1000")
        self.add("python3", PYTHON.format(folder=folder))

    def add(self, name: str, text: str) -> None:
        file = self.commands / name
        file.write_text(text if text.startswith("#!") else f"#!/bin/sh\n{text}\n", encoding="utf-8")
        file.chmod(0o755)

    def note(self, name: str) -> None:
        (self.folder / name).touch()

    def set_up(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["sh", "tools/setup.sh", *arguments],
            cwd=self.project,
            env={"PATH": os.fspath(self.commands), **environment},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    def lines(self, name: str) -> list[str]:
        file = self.folder / name
        return file.read_text(encoding="utf-8").splitlines() if file.exists() else []


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_torch_comes_first_and_pinned_then_the_rest(machine: Machine) -> None:
    result = machine.set_up()
    assert result.returncode == 0, result.stderr
    first, second = machine.lines("pip-calls")
    assert first.endswith("--constraint constraints.txt torch setuptools")
    assert "--constraint constraints.txt" in second
    assert second.endswith(".[dev]")


def test_a_second_time_installs_nothing(machine: Machine) -> None:
    machine.set_up()
    result = machine.set_up()
    assert (result.returncode, result.stdout) == (0, "")
    assert len(machine.lines("pip-calls")) == 2
    assert len(machine.lines("system-calls")) == 1


def test_changed_pins_are_installed(machine: Machine) -> None:
    machine.set_up()
    with (machine.project / "constraints.txt").open("a") as pins:
        pins.write("another==1.0\n")
    machine.set_up()
    assert len(machine.lines("pip-calls")) == 4


def test_the_tests_ask_once_more_for_their_own_system_packages(machine: Machine) -> None:
    machine.set_up()
    machine.set_up("--test")
    machine.set_up("--test")
    assert machine.lines("system-calls") == ["tools/system_packages.py", "tools/system_packages.py --test"]


def test_an_interrupted_installation_continues(machine: Machine) -> None:
    machine.note("offline")
    result = machine.set_up()
    assert result.returncode == 1
    assert "torch could not be installed" in result.stderr
    (machine.folder / "offline").unlink()
    assert machine.set_up().returncode == 0
    assert len(machine.lines("pip-calls")) == 3


def test_own_options_reach_pip(machine: Machine) -> None:
    machine.set_up(PIP_ARGS="--no-index --find-links wheels")
    assert all("--no-index --find-links wheels" in call for call in machine.lines("pip-calls"))


def test_without_a_new_enough_python_the_remedy_is_named(machine: Machine) -> None:
    machine.note("too-old")
    result = machine.set_up()
    assert result.returncode == 1
    assert "needs Python 3.11" in result.stderr
    assert "PYTHON=" in result.stderr


def test_a_named_python_that_does_not_fit_is_not_silently_replaced(machine: Machine) -> None:
    result = machine.set_up(PYTHON="python9")
    assert result.returncode == 1
    assert "PYTHON=python9 is not" in result.stderr


def test_a_missing_venv_module_names_debians_package(machine: Machine) -> None:
    machine.note("no-venv")
    result = machine.set_up()
    assert result.returncode == 1
    assert "sudo apt-get install python3.12-venv" in result.stderr


def test_root_on_debian_gets_the_venv_module_installed(machine: Machine) -> None:
    machine.note("no-venv")
    machine.add("id", "echo 0")
    machine.add("apt-get", f'case "$*" in install*python3.12-venv) rm {machine.folder}/no-venv ;; esac')
    result = machine.set_up()
    assert result.returncode == 0, result.stderr
    assert len(machine.lines("pip-calls")) == 2
