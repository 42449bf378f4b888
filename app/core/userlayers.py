"""Layers of the user's own: Python files in a folder. None is run before somebody has said that it may."""

from __future__ import annotations

import os
import re
import sys
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from types import CodeType, ModuleType

from app.core.compile import later
from app.core.layercheck import LayerRefusal, checked, line_in, line_of
from nodes.api import Layer
from nodes.api.registry import ours, set_yours

TRUST = "NETLOOM_TRUST_LAYERS"  # in the environment, "1" lets every file run without a question
README = "README.md"
_PACKAGE = "netloom_layers.yours"  # the last part is the palette category of a file that names none
_MOST_BYTES = 1_000_000


@dataclass(frozen=True)
class LayerFile:
    """A file as it was read. What is run is ``content``, so that nothing else runs than what was trusted."""

    path: Path
    content: bytes

    @property
    def digest(self) -> str:
        """What trust is remembered by: another content is another file."""
        import hashlib  # loads a library for ciphers, and most have no layers of their own

        return hashlib.sha256(self.content).hexdigest()


@dataclass(frozen=True)
class BrokenLayerFile:
    """A file that cannot be used, and where and why."""

    path: Path
    line: int | None
    sentence: str

    def __str__(self) -> str:
        place = f"{self.path}, line {self.line}" if self.line is not None else str(self.path)
        return f"{place}: {self.sentence}"


@dataclass(frozen=True)
class LoadedUserLayers:
    """What came of the folder: ``files`` that are in use with the ids of their layers, those ``waiting`` for trust,
    and those that are ``broken``."""

    files: tuple[tuple[LayerFile, tuple[str, ...]], ...] = ()
    waiting: tuple[LayerFile, ...] = ()
    broken: tuple[BrokenLayerFile, ...] = ()


def folder() -> Path:
    """Where the files lie: in NETLOOM_HOME if that is set, else where this system keeps data of programs."""
    place = os.environ.get("NETLOOM_HOME")
    if place:
        return Path(place) / "layers"
    from platformdirs import user_data_path

    return user_data_path("netloom", appauthor=False) / "layers"


def made_folder() -> Path:
    """The folder, made if it was not there, with a page that explains it.

    Raises:
        OSError: if it cannot be made.
    """
    place = folder()
    place.mkdir(parents=True, exist_ok=True)
    page = place / README
    if not page.exists():
        page.write_text(page_text(), encoding="utf-8")
    return place


def page_text() -> str:
    """The page that explains the folder, and stands in it."""
    return files("resources").joinpath("own_layers.md").read_text(encoding="utf-8")


def trusts_everything() -> bool:
    """Whether the environment says that every file may run."""
    return os.environ.get(TRUST) == "1"


def load(trusted: Callable[[LayerFile], bool]) -> LoadedUserLayers:
    """Run the files of the folder that are trusted, and register their layers in the place of earlier ones.

    A file that cannot be used is reported; the others are loaded all the same.
    """
    found, broken = _read()
    files: list[tuple[LayerFile, tuple[str, ...]]] = []
    waiting: list[LayerFile] = []
    taken: dict[str, str] = {}
    registered: list[Layer] = []
    for file in found:
        if not trusted(file):
            waiting.append(file)
            continue
        try:
            own = _layers_of(file, taken)
        except LayerRefusal as refusal:
            broken.append(BrokenLayerFile(file.path, refusal.line, str(refusal)))
            continue
        taken |= {layer.id: file.path.name for layer in own}
        registered.extend(own)
        files.append((file, tuple(layer.id for layer in own)))
    set_yours(registered)
    return LoadedUserLayers(tuple(files), tuple(waiting), tuple(broken))


def _read() -> tuple[list[LayerFile], list[BrokenLayerFile]]:
    """The files of the folder, in the order of their names. Names with a leading _ are left alone, as among ours."""
    found: list[LayerFile] = []
    broken: list[BrokenLayerFile] = []
    try:
        paths = sorted(path for path in folder().glob("*.py") if not path.name.startswith(("_", ".")))
    except OSError:
        paths = []
    for path in paths:
        try:
            if path.stat().st_size > _MOST_BYTES:
                broken.append(BrokenLayerFile(path, None, "The file is larger than 1 MB, too large for a layer."))
            else:
                found.append(LayerFile(path, path.read_bytes()))
        except OSError as error:
            broken.append(BrokenLayerFile(path, None, f"The file cannot be read: {error.strerror or error}."))
    return found, broken


def _layers_of(file: LayerFile, taken: dict[str, str]) -> list[Layer]:
    """Run a file and give its layers.

    Raises:
        LayerRefusal: if it fails, declares none, or one that cannot be used.
    """
    module = _run(file)
    found = [
        value for value in vars(module).values() if isinstance(value, Layer) and _module_of(value) == module.__name__
    ]
    if not found:
        raise LayerRefusal("The file declares no layer. Write @layer(...) above a function; README.md shows how.")
    own: list[Layer] = []
    for layer in found:
        line = line_of(layer)
        if layer.id in ours():
            raise LayerRefusal(f"{layer.id} is the id of one of Netloom's own layers. Choose another id.", line)
        other = taken.get(layer.id) or (file.path.name if any(layer.id == each.id for each in own) else None)
        if other is not None:
            raise LayerRefusal(f"{layer.id} is the id of a layer in {other} already. Choose another id.", line)
        own.append(checked(layer, file.path))
    return own


def _module_of(layer: Layer) -> str:
    return getattr(layer.function, "__module__", "")


def _compiled(file: LayerFile) -> CodeType:
    """The content as code.

    Raises:
        SyntaxError: if it is no Python; of bytes that are no text some versions of Python say so in another way.
    """
    try:
        return compile(file.content, str(file.path), "exec", dont_inherit=True)
    except ValueError as error:
        if isinstance(error, SyntaxError | UnicodeError):
            raise
        raise SyntaxError(str(error)) from None


def _run(file: LayerFile) -> ModuleType:
    """Execute exactly the content that was read.

    Raises:
        LayerRefusal: with file and line, if that fails.
    """
    name = f"{_PACKAGE}.{re.sub(r'[^A-Za-z0-9_]', '_', file.path.stem)}"
    module = ModuleType(name)
    module.__file__ = str(file.path)
    before = sys.modules.get(name)
    sys.modules[name] = module  # a dataclass in the file looks for its module there
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SyntaxWarning)
            code = _compiled(file)
        later.load_all()  # nobody knows what this file does with torch
        exec(code, vars(module))
    except (Exception, SystemExit) as error:
        if before is None:
            del sys.modules[name]
        else:
            sys.modules[name] = before
        text = error.msg if isinstance(error, SyntaxError) else " ".join(str(error).split())[:300]
        kind = "This is no Python" if isinstance(error, SyntaxError) else type(error).__name__
        raise LayerRefusal(f"{kind}: {text.rstrip('.') or 'no more is known'}.", line_in(error, file.path)) from None
    return module
