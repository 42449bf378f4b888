"""What is found out about the machine, and what is said where something is missing."""

from __future__ import annotations

import builtins
import re
import sys
import tomllib
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from app.cli import doctor as command
from app.training import machine

ROOT = Path(__file__).parents[2]


def facts() -> dict[str, dict[str, machine.MachineFact]]:
    return {section.title: {fact.name: fact for fact in section.facts} for section in machine.sections()}


def test_it_finds_what_is_here() -> None:
    """Fails if a section is missing, or says nothing of torch, OpenMP, devices or memory."""
    found = facts()
    assert list(found) == ["System", "torch", "Memory", "Versions"]
    assert found["System"]["Python"].value.startswith(".".join(map(str, sys.version_info[:3])))
    assert {"torch", "Threads", "OpenMP", "CPU", "CUDA"} <= found["torch"].keys()
    assert found["torch"]["CPU"].fine
    assert found["Memory"]
    for fact in found["Memory"].values():
        assert re.fullmatch(r"[\d.]+ (GiB|MiB)", fact.value)


def test_every_dependency_is_named() -> None:
    """Fails if pyproject.toml asks for a package that the Doctor does not know, or the other way round."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert [re.split(r"[<>=]", entry)[0] for entry in project["dependencies"]] == list(machine.PACKAGES)


def test_a_missing_torch_is_a_fact(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails if the Doctor needs torch itself, or does not say what to do."""
    monkeypatch.setitem(sys.modules, "torch", None)
    found = facts()
    assert list(found["torch"]) == ["torch"]
    assert not found["torch"]["torch"].fine
    assert "is not installed" in found["torch"]["torch"].value
    assert "make setup" in found["torch"]["torch"].value
    assert found["Memory"]


def test_a_broken_torch_is_a_fact(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails if a library that torch cannot load ends the Doctor with a traceback."""
    original = builtins.__import__

    def broken(name: str, *rest: Any, **more: Any) -> Any:
        if name == "torch":
            raise OSError("libc10.so: cannot open shared object file")
        return original(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", broken)
    found = facts()
    assert "libc10.so" in found["torch"]["torch"].value
    assert not found["torch"]["torch"].fine
    assert "NOT WORKING: torch: does not load" in machine.as_text(list(machine.sections()))


def test_one_question_without_answer_leaves_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails if a system that does not tell its memory costs the rest of the page."""

    def fails() -> Any:
        raise RuntimeError("no /proc")

    monkeypatch.setattr(machine, "memory", fails)
    found = facts()
    assert not found["Memory"]["Memory"].fine
    assert "no /proc" in found["Memory"]["Memory"].value
    assert found["Versions"]["torch"].fine


@pytest.mark.parametrize(
    ("version", "environment", "driver", "words"),
    [
        (None, {}, False, "was built without it"),
        ("12.8", {"CUDA_VISIBLE_DEVICES": ""}, True, "CUDA_VISIBLE_DEVICES"),
        ("12.8", {"CUDA_VISIBLE_DEVICES": "-1"}, True, "hides every GPU"),
        ("12.8", {"CUDA_VISIBLE_DEVICES": "0"}, False, "no driver"),
        ("12.8", {}, True, "too old"),
    ],
)
def test_why_cuda_is_not_used(version: str | None, environment: dict[str, str], driver: bool, words: str) -> None:
    """Fails if somebody with a GPU is not told what keeps torch from it."""
    torch = SimpleNamespace(
        __version__="2.13.0", version=SimpleNamespace(cuda=version), cuda=SimpleNamespace(is_available=lambda: False)
    )
    reason = machine.why_no_cuda(torch, environment, lambda: driver)
    assert reason is not None
    assert words in reason


def test_no_reason_where_cuda_works() -> None:
    """Fails if a working GPU is explained away."""
    torch = SimpleNamespace(cuda=SimpleNamespace(is_available=lambda: True))
    assert machine.why_no_cuda(torch) is None


def test_the_command_line_tells_the_same(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Fails if the command has findings of its own, or its exit status does not tell of a broken part."""
    assert command.doctor() == 0
    out = capsys.readouterr().out
    assert "ok  torch: " in out
    assert "ok  Memory, Total: " in out
    assert "Qt: " in out
    monkeypatch.setitem(sys.modules, "torch", None)
    assert command.doctor() == 1
    assert "NO  torch: is not installed" in capsys.readouterr().out
