"""Loads Qt's bindings and leaves the import statement as Python has it."""

from __future__ import annotations

import builtins


def load_bindings() -> None:
    """Import PySide6. To be called before anything else does, as early as possible.

    PySide6 puts a function of its own in the place of ``builtins.__import__``. It reads the source of every module that
    is imported from then on, ours and all of torch's, to find out whether the module may use ``from __feature__ import
    snake_case``, and Python keeps all those lines for tracebacks. Nobody here uses that. Python's own function back in
    its place saves a tenth of the start, a quarter of the time that torch takes to load, and 40 MB.

    Raises:
        ImportError: if the system lacks something that Qt needs.
    """
    own = builtins.__import__
    try:
        import PySide6.QtCore  # noqa: F401
    finally:
        builtins.__import__ = own
