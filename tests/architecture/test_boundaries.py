"""The direction of imports, as the contracts in pyproject.toml say it, and what those contracts cannot say."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def python_files(*folders: str) -> list[Path]:
    return [ROOT / "main.py", *(file for folder in folders for file in sorted((ROOT / folder).rglob("*.py")))]


def imports(file: Path, *, only_at_start: bool) -> Iterator[tuple[str, int]]:
    """Imported names with their line; optionally only those that importing the file runs."""
    waiting: list[ast.AST] = [ast.parse(file.read_text(encoding="utf-8"))]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module, node.lineno
        elif only_at_start and isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        elif only_at_start and isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            waiting.extend(node.orelse)
            continue
        waiting.extend(ast.iter_child_nodes(node))


def test_every_import_contract_is_kept() -> None:
    result = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command as c; c()", "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    assert "0 broken" in result.stdout


def test_layer_files_use_the_standard_library_and_their_vocabulary_only() -> None:
    allowed = sys.stdlib_module_names | {"nodes"}
    # Sources and augmentations, and the feeds they are made of, import what data needs inside their functions.
    data = ("sources", "augmentation", "reading")
    feeds = ("feeds.py", "augmentations.py")
    strangers = [
        f"{file.relative_to(ROOT)}:{line} imports {name}"
        for file in sorted((ROOT / "nodes").rglob("*.py"))
        if file.parent.name != "modules"  # torch modules, printed into the generated file, never imported at start
        for name, line in imports(file, only_at_start=file.parent.name in data or file.name in feeds)
        if name.split(".")[0] not in allowed
    ]
    assert not strangers, "\n".join(strangers)


def test_qt_appears_only_in_the_window_and_the_runner() -> None:
    found = [
        f"{file.relative_to(ROOT)}:{line} imports {name}"
        for file in python_files("app", "nodes")
        if not file.is_relative_to(ROOT / "app" / "ui") and file != ROOT / "app" / "jobs" / "runner.py"
        for name, line in imports(file, only_at_start=file == ROOT / "main.py")
        if name.split(".")[0] in {"PySide6", "shiboken6", "pyqtgraph"}
    ]
    assert not found, "\n".join(found)


def test_the_window_package_imports_torch_only_inside_functions() -> None:
    found = [
        f"{file.relative_to(ROOT)}:{line} imports {name}"
        for file in python_files("app/ui")
        for name, line in imports(file, only_at_start=True)
        if name.split(".")[0] == "torch"
    ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("absent", "modules"),
    [
        # torch takes longer to load than everything else together; the window is drawn, and usable, before it.
        ("torch", ["nodes.api.registry", "app.core.document", "app.ui.window"]),
        ("PySide6", ["nodes.api.registry", "app.core.document", "app.cli", "app.insight.filters", "app.training.loop"]),
        ("PIL", ["app.insight.strips"]),  # its fonts wait for a picture with words
    ],
)
def test_importing_does_not_load(absent: str, modules: list[str]) -> None:
    # None in sys.modules makes the forbidden import fail where it stands, so the traceback names the line.
    loaded = ", ".join(("nodes.api.registry", *modules))
    code = f"import sys; sys.modules[{absent!r}] = None; import {loaded}; nodes.api.registry.layers()"
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False, timeout=120
    )
    assert result.returncode == 0, result.stderr
