"""One job at a time for a part of the window: what another one still says, or one that was let go, is not heard."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from PySide6.QtCore import QObject

from app.jobs.messages import Ended, Picture
from app.jobs.runner import Runner
from app.ui.latest_job import LatestJob


@pytest.fixture
def runner(qtbot: Any) -> Iterator[Runner]:
    made = Runner()
    yield made
    made.shutdown()


def gives(name: str, wait: threading.Event | None = None) -> Callable[[], Iterator[Picture]]:
    def work() -> Iterator[Picture]:
        if wait is not None:
            wait.wait(20)
        yield Picture("name", name)

    return work


def test_another_job_takes_the_place_of_the_first(runner: Runner, qtbot: Any) -> None:
    """Fails if a slow answer comes after, or ends, the one that was asked for last."""
    heard: list[str] = []
    ended: list[Ended] = []
    parent, slow = QObject(), threading.Event()
    job = LatestJob(runner, parent, lambda picture: heard.append(picture.content), ended.append)
    job.start(gives("first", slow))
    job.start(gives("second"))
    qtbot.waitUntil(lambda: bool(ended))
    assert not job.on
    slow.set()
    qtbot.waitUntil(lambda: not runner.busy)
    assert heard == ["second"]
    assert [each.outcome for each in ended] == ["finished"]


def test_one_that_is_let_go_says_nothing_and_one_that_is_stopped_tells_its_end(runner: Runner, qtbot: Any) -> None:
    """Fails if a panel is told of what it has given up, or waits for ever for what was stopped."""
    heard: list[str] = []
    ended: list[Ended] = []
    parent, slow = QObject(), threading.Event()
    job = LatestJob(runner, parent, lambda picture: heard.append(picture.content), ended.append)
    job.start(gives("gone", slow))
    job.let_go()
    assert not job.on
    slow.set()
    qtbot.waitUntil(lambda: not runner.busy)
    assert (heard, ended) == ([], [])
    slow.clear()
    job.start(gives("stopped", slow))
    job.stop()
    slow.set()
    qtbot.waitUntil(lambda: bool(ended))
    assert ended[0].outcome == "cancelled"
    assert not job.on
