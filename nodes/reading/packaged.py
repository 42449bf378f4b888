"""Texts that come inside of packages and of Python itself: read from their files, without importing what would take
long or print something."""

from __future__ import annotations

import ast
import codecs
import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from nodes.api.schema import NoData
from nodes.reading.bundled import TEXT_EXTRA, file_of, text_of
from nodes.reading.text_windows import WindowedText, stamp_of, windows
from nodes.reading.texts import TextFileFormat

BIBLE, DOCUMENTATION, LIBRARY, ZEN = "King James Bible", "Python documentation", "Python library", "Zen of Python"


@dataclass(frozen=True)
class Packaged:
    """One text: ``place`` finds the file by which a change is noticed, ``read`` gives its letters. ``lines`` and
    ``imports`` do the same in a program of its own."""

    place: Callable[[], Path]
    read: Callable[[], str]
    lines: tuple[str, ...]
    imports: tuple[str, ...]


def _bible() -> Path:
    return file_of("bible", "data/kjv.jsonl", "The King James Bible comes", TEXT_EXTRA)


def _read_bible() -> str:
    with _bible().open(encoding="utf-8") as file:
        return "\n".join(json.loads(line)["text"] for line in file)


def _topics() -> Path:
    return file_of("pydoc_data", "topics.py", "Python's documentation comes", "the installer of Python again")


def _read_topics() -> str:
    from pydoc_data.topics import topics

    return "\n\n".join(topics[name] for name in sorted(topics))


def _library() -> Path:
    import sysconfig

    return Path(sysconfig.get_paths()["stdlib"])


def _read_library() -> str:
    files = sorted(_library().glob("*.py"))
    return "\n\n".join(file.read_text(encoding="utf-8", errors="replace") for file in files)


def _zen() -> Path:
    place = _library() / "this.py"
    if not place.exists():
        raise NoData("This Python has no file this.py. Choose another text.")
    return place


def _read_zen() -> str:
    tree = ast.parse(_zen().read_text(encoding="utf-8"))  # to import it would print it
    written = next(each.value for each in tree.body if isinstance(each, ast.Assign))
    return codecs.decode(str(ast.literal_eval(written)), "rot13")


PACKAGED = {
    BIBLE: Packaged(
        _bible,
        _read_bible,
        (
            f'with open({text_of("bible", "data/kjv.jsonl")}, encoding="utf-8") as file:',
            '    text = "\\n".join(json.loads(line)["text"] for line in file)',
        ),
        ("import json", "from importlib.util import find_spec", "from pathlib import Path"),
    ),
    DOCUMENTATION: Packaged(
        _topics,
        _read_topics,
        ('text = "\\n\\n".join(topics[name] for name in sorted(topics))',),
        ("from pydoc_data.topics import topics",),
    ),
    LIBRARY: Packaged(
        _library,
        _read_library,
        (
            'files = sorted(Path(sysconfig.get_paths()["stdlib"]).glob("*.py"))',
            'text = "\\n\\n".join(file.read_text(encoding="utf-8", errors="replace") for file in files)',
        ),
        ("import sysconfig", "from pathlib import Path"),
    ),
    ZEN: Packaged(
        _zen,
        _read_zen,
        (
            'written = Path(sysconfig.get_paths()["stdlib"], "this.py").read_text(encoding="utf-8")',
            'text = codecs.decode(written.split(\'"""\')[1], "rot13")',
        ),
        ("import codecs", "import sysconfig", "from pathlib import Path"),
    ),
}


def looked_at(
    which: str, letters: int, unit: str, words: int | str, window: int, step: int, lower: bool
) -> tuple[WindowedText, tuple[tuple[str, ...], tuple[str, ...]]]:
    """The first ``letters`` of a text (0: all of them) as windows, and the lines that make it in a program of its own.

    Raises:
        NoData: if its package is not installed, or it is too short for a window.
    """
    known = PACKAGED[which]
    mark = stamp_of(known.place())
    lines = (*known.lines, *([f"text = text[:{letters}]"] if letters else []))
    return _windows(which, mark, letters, unit, words, window, step, lower), (lines, known.imports)


@lru_cache(maxsize=4)
def _windows(
    which: str, mark: str, letters: int, unit: str, words: int | str, window: int, step: int, lower: bool
) -> WindowedText:
    known = PACKAGED[which]
    place = known.place()

    size = place.stat().st_size
    whole = TextFileFormat(place, "utf-8", size, size, reads=known.read)
    some = TextFileFormat(place, "utf-8", size, size, reads=lambda: known.read()[:letters]) if letters else whole
    # The same letters have the same numbers, however much is read.
    return windows(some, mark, unit, words, window, step, lower, whole if letters else None)
