"""Versions and the installed copy: what another machine gets."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from itertools import chain
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def pins() -> dict[str, str]:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    return {canonical(line.split("==")[0]): line.split("==")[1] for line in lines if line and not line.startswith("#")}


def test_every_dependency_is_pinned() -> None:
    wanted = PROJECT["dependencies"] + PROJECT["optional-dependencies"]["dev"]
    names = {canonical(re.split(r"[<>=!~\[; ]", requirement)[0]) for requirement in wanted}
    assert names <= set(pins()), f"without a pin: {sorted(names - set(pins()))}"


# Where the name to import is not the name to install.
IMPORT_NAMES = {
    "imageio-ffmpeg": "imageio_ffmpeg",
    "opencv-python-headless": "cv2",
    "ale-py": "ale_py",
    "opentsne": "openTSNE",
    "pillow": "PIL",
    "pyside6-essentials": "PySide6",
    "scikit-image": "skimage",
    "scikit-learn": "sklearn",
    "umap-learn": "umap",
}
# Comes with PySide6-Essentials and is part of it.
COMES_ALONG = {"shiboken6"}


def imported_packages() -> set[str]:
    """Third-party packages that the program imports, anywhere, inside functions too."""
    names: set[str] = set()
    for file in [ROOT / "main.py", *(ROOT / "app").rglob("*.py"), *(ROOT / "nodes").rglob("*.py")]:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names.add(node.module.split(".")[0])
    return names - sys.stdlib_module_names - {"main", "app", "nodes", "resources"}


def test_the_program_asks_for_what_it_imports_and_nothing_else() -> None:
    declared = {canonical(re.split(r"[<>=!~\[; ]", requirement)[0]) for requirement in PROJECT["dependencies"]}
    expected = {IMPORT_NAMES.get(name, name) for name in declared}
    optional = PROJECT["optional-dependencies"]
    used = chain.from_iterable(optional[name] for name in ("data", "play", "record", "sweep", "space", "film"))
    extra = {canonical(re.split(r"[<>=!~\[; ]", each)[0]) for each in used}
    found = imported_packages() - COMES_ALONG - {IMPORT_NAMES.get(name, name) for name in extra}
    assert not found - expected, f"imported, but not among the dependencies: {sorted(found - expected)}"
    assert not expected - found, f"a dependency that nothing imports: {sorted(expected - found)}"


def test_the_two_versions_that_matter_most() -> None:
    assert pins()["torch"] == "2.13.0"
    # 6.12.0 aborts on Python 3.11; constraints.txt says why.
    assert pins()["pyside6-essentials"] == pins()["shiboken6"] == "6.11.3"


def test_constraints_fit_every_machine() -> None:
    for name, version in pins().items():
        assert "+" not in version, f"{name}=={version} is one build of it, not every machine has that"
        assert not name.startswith(("nvidia-", "cuda-", "triton")), f"{name} exists only beside CUDA builds on Linux"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from a copy: setuptools leaves folders beside what it builds."""
    source = tmp_path_factory.mktemp("source")
    ignored = shutil.ignore_patterns("__pycache__")
    for folder in ("app", "nodes", "resources", "tests"):
        shutil.copytree(ROOT / folder, source / folder, ignore=ignored)
    for file in ("main.py", "pyproject.toml"):
        shutil.copy(ROOT / file, source)
    built = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "-w", str(built)]
    result = subprocess.run([*command, str(source)], capture_output=True, text=True, check=False, timeout=180)
    assert result.returncode == 0, result.stderr
    return next(built.glob("*.whl"))


def test_the_installed_copy_has_every_source_file_and_resource_and_no_test(wheel: Path) -> None:
    packed = set(zipfile.ZipFile(wheel).namelist())
    expected = {
        file.relative_to(ROOT).as_posix()
        for folder in ("app", "nodes", "resources")
        for file in (ROOT / folder).rglob("*")
        if file.suffix in {".py", ".netloom", ".svg", ".json"} and "screenshots" not in file.parts
    }
    assert expected | {"main.py"} <= packed, f"not packed: {sorted(expected - packed)}"
    assert not [name for name in packed if name.startswith(("tests/", "tools/")) or "screenshots" in name]


def test_the_installed_copy_starts_away_from_its_source(wheel: Path, tmp_path: Path) -> None:
    zipfile.ZipFile(wheel).extractall(tmp_path / "installed")
    entry = (tmp_path / "installed" / "netloom-0.1.0.dist-info" / "entry_points.txt").read_text()
    assert "netloom = main:main" in entry
    code = "import sys; sys.path.insert(0, 'installed'); import main; sys.argv = ['netloom', 'templates']; main.main()"
    # -P keeps the working folder off the path; the editable installation is overtaken by position 0.
    result = subprocess.run(
        [sys.executable, "-P", "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120
    )
    assert result.returncode == 0, result.stderr
    assert "lenet" in result.stdout.lower()
