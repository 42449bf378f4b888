"""Errors nobody expected: shown once, logged, and never the end."""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QApplication, QMessageBox, QWidget

from app.ui.errors import LARGEST_LOG, Errors, sentence_of, start_log
from tests.support.patience import settle


@pytest.fixture
def errors(qtbot: Any) -> Iterator[Errors]:
    parent = QWidget()
    qtbot.addWidget(parent)
    parent.show()
    saved: list[bool] = []
    made = Errors(parent, lambda: saved.append(True))
    made.install()
    yield made
    made.remove()
    assert sys.excepthook != made._hook


def boxes(errors: Errors) -> list[QMessageBox]:
    return [box for box in errors.parent().findChildren(QMessageBox) if box.isVisible()]


def fail(text: str) -> None:
    raise ValueError(text)


def provoke(text: str) -> None:
    """An error that reaches Python's last resort, as one in a slot does."""
    try:
        fail(text)
    except ValueError:
        sys.excepthook(*sys.exc_info())


def test_it_is_said_in_a_sentence_with_details(errors: Errors, qtbot: Any, caplog: pytest.LogCaptureFixture) -> None:
    """Fails if an error is lost, or the details that would help to mend it cannot be copied."""
    provoke("the third number is missing")
    qtbot.waitUntil(lambda: len(boxes(errors)) == 1)
    box = boxes(errors)[0]
    assert "The drawing is still there" in box.text()
    assert "ValueError: the third number is missing" in box.informativeText()
    copy = next(button for button in box.buttons() if button.text() == "Copy details")
    copy.click()
    assert "in fail" in QApplication.clipboard().text()
    assert "in fail" in caplog.text


def test_an_error_that_repeats_asks_once(errors: Errors, qtbot: Any) -> None:
    """Fails if an error in something that paints covers the screen with windows."""
    for _ in range(20):
        provoke("again")
    settle()
    assert len(boxes(errors)) == 1
    boxes(errors)[0].close()
    settle()
    provoke("later")
    qtbot.waitUntil(lambda: len(boxes(errors)) == 1)
    assert "later" in boxes(errors)[0].informativeText()


def test_errors_of_threads_come_to_the_window(errors: Errors, qtbot: Any) -> None:
    """Fails if a thread dies in silence, or a window is opened from the wrong thread."""
    thread = threading.Thread(target=fail, args=("in a thread",))
    thread.start()
    thread.join()
    qtbot.waitUntil(lambda: len(boxes(errors)) == 1)
    assert "in a thread" in boxes(errors)[0].informativeText()


def test_ctrl_c_is_no_error(errors: Errors, qtbot: Any) -> None:
    """Fails if Ctrl+C is reported as a mistake of the program."""
    try:
        raise KeyboardInterrupt
    except KeyboardInterrupt:
        sys.excepthook(*sys.exc_info())
    qtbot.wait(20)
    assert not boxes(errors)


def test_sentences_stay_short() -> None:
    """Fails if an error with a page of text, or with none, makes an unreadable message."""
    assert sentence_of(ValueError("a\nb")) == "ValueError: a b"
    assert sentence_of(KeyError()) == "KeyError"
    assert len(sentence_of(ValueError("x" * 5000))) < 400


@pytest.fixture
def root_handlers() -> Iterator[None]:
    before = list(logging.getLogger().handlers)
    yield
    for handler in list(logging.getLogger().handlers):
        if handler not in before:
            handler.close()
            logging.getLogger().removeHandler(handler)


def test_the_log_is_written_and_does_not_grow_for_ever(tmp_path: Path, root_handlers: None) -> None:
    """Fails if warnings are not kept, or the file fills the disk over the years."""
    path = tmp_path / "netloom.log"
    path.write_text("x" * (LARGEST_LOG + 1))
    assert start_log(tmp_path) == path
    logging.getLogger("app.somewhere").warning("look here")
    assert "look here" in path.read_text()
    assert path.stat().st_size < 1000
    assert path.with_suffix(".old.log").exists()


def test_without_a_folder_for_the_log_it_starts_all_the_same(tmp_path: Path, root_handlers: None) -> None:
    """Fails if a read-only home keeps the window from opening."""
    (tmp_path / "file").write_text("")
    start_log(tmp_path / "file")
