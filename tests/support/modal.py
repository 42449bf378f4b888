"""Dialogs that wait for a person fail the test at once, instead of blocking it until the time limit."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

# exec() of a dialog or drag runs an event loop of its own; the static functions do the same inside Qt. QMenu.exec is
# missing because PySide finds it past any replacement (it is static and not static at once): menus open with popup().
_BLOCKING = {
    ("QtWidgets", "QDialog"): ("exec",),
    ("QtGui", "QDrag"): ("exec",),
    ("QtWidgets", "QMessageBox"): ("question", "information", "warning", "critical", "about", "aboutQt"),
    ("QtWidgets", "QFileDialog"): (
        "getOpenFileName",
        "getOpenFileNames",
        "getSaveFileName",
        "getExistingDirectory",
        "getOpenFileUrl",
        "getSaveFileUrl",
    ),
    ("QtWidgets", "QInputDialog"): ("getText", "getMultiLineText", "getInt", "getDouble", "getItem"),
    ("QtWidgets", "QColorDialog"): ("getColor",),
    ("QtWidgets", "QFontDialog"): ("getFont",),
}


@contextmanager
def refusing_modal_dialogs() -> Iterator[None]:
    """A test that expects a dialog replaces the function with ``monkeypatch``, or is marked ``allow_modal``."""
    with pytest.MonkeyPatch.context() as patch:
        import PySide6.QtGui
        import PySide6.QtWidgets

        for (module, class_name), functions in _BLOCKING.items():
            owner = getattr(getattr(PySide6, module), class_name)
            for function in functions:
                patch.setattr(owner, function, _refusal(class_name, function))
        yield


class _Refusal:
    """Stands for a method as well as for a static function: works on the class and on an instance."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __get__(self, instance: object, owner: type | None = None) -> Any:
        def refuse(*arguments: object, **_: object) -> None:
            shown = [str(argument) for argument in arguments if isinstance(argument, str)]
            for getter in ("windowTitle", "text", "title"):
                if instance is not None and hasattr(instance, getter):
                    shown.append(str(getattr(instance, getter)()))
            raise AssertionError(
                f"{self.name} would wait for a person here: {' | '.join(filter(None, shown)) or 'no text'}. "
                "Replace it with monkeypatch, or mark the test allow_modal and close the dialog in it."
            )

        return refuse


def _refusal(class_name: str, function: str) -> _Refusal:
    return _Refusal(f"{class_name}.{function}")
