"""What a look through all samples of the data has found: made once in a job, shown wherever the data is spoken of."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal, Slot

from app.core.graph.model import Node, Project
from app.core.graph.roles import role_of
from app.core.graph.seen import reads_files, schema_now
from app.jobs.messages import Bundle, Ended, Picture
from app.jobs.runner import Job, Runner
from nodes.api import BadSetting
from nodes.api.registry import find

if TYPE_CHECKING:  # torch comes with it
    from app.data.examination import Examination, KnownMeasures, UnreadableSample

Subject = tuple[str, str]  # the type of a source, and its settings with the corrections as text
MOST_KEPT = 8  # examinations of other data or settings; each holds a mean image for each class


@dataclass(frozen=True)
class ExaminationState:
    """How far the look through some data is. ``found`` is all that was found, once it is through; ``trouble`` why it
    ended without that, in a sentence; ``unread`` the samples that could not be read so far; ``measured`` ranges and
    classes, which may be known before the rest."""

    done: int = 0
    total: int = 0
    unread: tuple[UnreadableSample, ...] = ()
    measured: KnownMeasures | None = None
    found: Examination | None = None
    trouble: str = ""
    stopped: bool = False
    waiting: bool = False  # while something trains
    stamp: str = ""  # that the files had

    @property
    def on(self) -> bool:
        """Whether it goes on."""
        return self.found is None and not self.trouble and not self.stopped


def subject_of(node: Node) -> Subject | None:
    """What is looked through for a source; None for a node that is none, or has a wrong setting."""
    layer = find(node.type)
    if layer is None or role_of(node) != "source":
        return None
    try:
        return node.type, json.dumps(layer.settings(node.params), sort_keys=True, default=list)
    except BadSetting:
        return None


class DataExaminations(QObject):
    """The looks through data of one window: at most one at a time, and none while something trains. ``changed`` carries
    the subject of which something new is known."""

    changed = Signal(object)

    def __init__(self, runner: Runner, ready: Callable[[], bool], parent: QObject) -> None:
        """``ready`` tells whether torch is loaded; ``go_on`` is to be called when it is."""
        super().__init__(parent)
        self._runner, self._ready = runner, ready
        self._looks: dict[Subject, ExaminationState] = {}
        self._queue: list[tuple[Subject, Project, str]] = []
        self._now: Subject | None = None
        self._job: Job | None = None
        self._held = False

    def of(self, node: Node) -> ExaminationState | None:
        """What is known of a source's data with its present settings."""
        subject = subject_of(node)
        return self._looks.get(subject) if subject is not None else None

    def ask(self, project: Project, name: str, again: bool = False) -> None:
        """Look through the data of a source of this drawing, unless that was done, or is going on. What was stopped or
        has failed is begun anew with ``again``, or when the files have changed."""
        node = project.graph.nodes[name]
        subject = subject_of(node)
        if subject is None or not _has_files(node):
            return
        schema = schema_now(project.schemas, node)
        stamp = schema.stamp if schema is not None else ""
        known = self._looks.get(subject)
        changed = known is not None and bool(stamp) and bool(known.stamp) and stamp != known.stamp
        if known is not None and not changed and (known.on or not again):
            return
        if self._now == subject:
            self._end_job()
        self._queue = [each for each in self._queue if each[0] != subject]
        self._queue.append((subject, project, name))
        self._tell(subject, ExaminationState(stamp=stamp, waiting=self._held))
        self._next()

    def stop(self, node: Node) -> None:
        """Look no further through this data. What could not be read so far stays known."""
        subject = subject_of(node)
        known = self._looks.get(subject) if subject is not None else None
        if subject is None or known is None or not known.on:
            return
        self._queue = [each for each in self._queue if each[0] != subject]
        if self._now == subject:
            self._end_job()
        self._tell(subject, replace(known, stopped=True))
        self._next()

    def hold(self, held: bool) -> None:
        """Rest while something trains, which needs the computer for itself."""
        if held == self._held:
            return
        self._held = held
        if self._job is not None:
            (self._job.pause if held else self._job.resume)()
        for subject, known in list(self._looks.items()):
            if known.on:
                self._tell(subject, replace(known, waiting=held))
        self._next()

    @Slot()
    def go_on(self) -> None:
        """Begin with what waits, if anything does."""
        self._next()

    def _next(self) -> None:
        if self._job is not None or self._held or not self._queue or not self._ready():
            return
        self._now, project, name = self._queue.pop(0)
        self._job = self._runner.start(partial(_looking, project, name), heard=self._on_bundle, ended=self._on_ended)

    def _end_job(self) -> None:
        if self._job is not None:
            self._job.resume()
            self._job.stop()
            self._job = self._now = None

    def _on_bundle(self, bundle: Bundle) -> None:
        if self._job is None or bundle.job != self._job.number or self._now is None:
            return
        known = self._looks[self._now]
        for event in bundle.events:
            known = _after(known, event.content if isinstance(event, Picture) else event)
        self._tell(self._now, known)

    def _on_ended(self, ended: Ended) -> None:
        if self._job is None or ended.job != self._job.number or self._now is None:
            return
        subject, known = self._now, self._looks[self._now]
        self._job = self._now = None
        if known.found is None:
            self._tell(subject, replace(known, trouble=ended.sentence or "The look through the data was stopped."))
        self._next()

    def _tell(self, subject: Subject, known: ExaminationState) -> None:
        self._looks.pop(subject, None)
        self._looks[subject] = known
        for old in [key for key, each in self._looks.items() if not each.on][:-MOST_KEPT]:
            del self._looks[old]
        self.changed.emit(subject)


def _has_files(node: Node) -> bool:
    """Whether the files of a source are chosen, if it has any; without an end it has no samples to look through."""
    layer = find(node.type)
    return layer is not None and layer.source is not None and all(node.params.get(name) for name in reads_files(node))


def _after(known: ExaminationState, event: Any) -> ExaminationState:
    from app.data.examination import Examination, ExaminedSamples, KnownMeasures, UnreadableSample

    if isinstance(event, ExaminedSamples):
        return replace(known, done=event.done, total=event.total)
    if isinstance(event, UnreadableSample):
        return replace(known, unread=(*known.unread, event))
    if isinstance(event, KnownMeasures):
        return replace(known, measured=event)
    if isinstance(event, Examination):
        return replace(known, done=known.total, found=event)
    return known


def _looking(project: Project, name: str) -> Iterator[object]:
    from app.data.examination import ExaminedSamples
    from app.training.sample_examination import look_through

    for event in look_through(project, name):
        # Of how far it is only the newest counts; what was found must never be lost.
        yield Picture("looked", event) if isinstance(event, ExaminedSamples) else event
