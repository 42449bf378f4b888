"""What waits for the window: nothing that counts is lost, and pictures do not pile up."""

from __future__ import annotations

import random
import threading
from dataclasses import dataclass

from app.jobs.gather import Gather
from app.jobs.messages import Picture


@dataclass(frozen=True)
class Sample:
    """Stands for a loss sample: an event without a key."""

    number: int


def test_every_sample_is_kept_in_order() -> None:
    """Fails if equal or late samples are dropped, or if taking them turns them round."""
    gather = Gather()
    sent = [Sample(number % 7) for number in range(1000)]  # equal ones among them
    for sample in sent:
        gather.add(sample)
    assert list(gather.take()) == sent
    assert gather.take() == ()


def test_a_newer_picture_takes_the_place_of_an_older_one() -> None:
    """Fails if pictures pile up, if one key wipes out another, or if a picture overtakes the sample before it."""
    gather = Gather()
    events = [Picture("a", 1), Sample(1), Picture("b", 1), Picture("a", 2), Sample(2), Picture("a", 3)]
    for event in events:
        gather.add(event)
    assert gather.take() == (Sample(1), Picture("b", 1), Sample(2), Picture("a", 3))


def test_the_window_is_woken_once_for_many_events() -> None:
    """Fails if each event posts a wake-up of its own, which floods the window, or if one is forgotten after a take."""
    gather = Gather()
    assert [gather.add(Sample(number)) for number in range(3)] == [True, False, False]
    gather.take()
    assert gather.add(Sample(3))


def test_nothing_is_lost_between_two_threads() -> None:
    """Fails without the lock: an event added while the window takes the others would vanish."""
    gather, count = Gather(), 20_000
    pause = random.Random(0)

    def fill() -> None:
        for number in range(count):
            gather.add(Sample(number))

    worker = threading.Thread(target=fill)
    worker.start()
    taken: list[object] = []
    while worker.is_alive() or len(taken) < count:
        taken.extend(gather.take())
        if pause.random() < 0.01:
            threading.Event().wait(0.0005)
        if not worker.is_alive():
            taken.extend(gather.take())
            break
    worker.join()
    assert [event.number for event in taken if isinstance(event, Sample)] == list(range(count))
