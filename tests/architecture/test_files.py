"""What holds for every source file."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
MOST_LINES = 500

# A longer file, with the reason why two files would be harder to read. Empty is the aim.
LONGER_WITH_REASON: dict[str, str] = {}

# Put together from parts, so that this file does not find itself.
_UNFINISHED = re.compile("#.*\\b(" + "|".join(("TO" + "DO", "FIX" + "ME", "X" + "XX", "HA" + "CK")) + ")\\b")


def source_files() -> list[Path]:
    folders = ("app", "nodes", "resources", "tests", "tools")
    return [ROOT / "main.py", *(file for folder in folders for file in sorted((ROOT / folder).rglob("*.py")))]


def test_no_file_outgrows_its_purpose() -> None:
    lengths = {
        file.relative_to(ROOT).as_posix(): len(file.read_text(encoding="utf-8").splitlines()) for file in source_files()
    }
    too_long = {name: lines for name, lines in lengths.items() if lines > MOST_LINES and name not in LONGER_WITH_REASON}
    assert not too_long, f"more than {MOST_LINES} lines; split by reason to change: {too_long}"
    outdated = [name for name in LONGER_WITH_REASON if lengths.get(name, 0) <= MOST_LINES]
    assert not outdated, f"no longer in need of an exception: {outdated}"


def test_nothing_is_left_for_later() -> None:
    found = [
        f"{file.relative_to(ROOT)}:{number}: {line.strip()}"
        for file in source_files()
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1)
        if _UNFINISHED.search(line)
    ]
    assert not found, "\n".join(found)


def test_every_module_says_what_it_is_for() -> None:
    silent = [
        str(file.relative_to(ROOT))
        for file in source_files()
        if (text := file.read_text(encoding="utf-8").lstrip()) and not text.startswith(('"""', 'r"""', "#!"))
    ]
    assert not silent, f"without a first line that says what the module is for: {silent}"


def test_nothing_hears_of_a_theme_when_it_is_gone() -> None:
    """A lambda is held by the notifier for good, and with it a widget that Qt has deleted; a method is let go."""
    held = [
        str(file.relative_to(ROOT))
        for file in sorted((ROOT / "app").rglob("*.py"))
        if re.search(r"notifier\.changed\.connect\(\s*(lambda|partial)\b", file.read_text(encoding="utf-8"))
    ]
    assert not held, f"a lambda or partial connected to the theme, where a method is to be: {held}"
