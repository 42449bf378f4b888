"""Data that was dropped or opened: looked at in a job, told in a sentence, put on the canvas, changed in one click."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QPointF
from PySide6.QtWidgets import QApplication

from app.core.commands import AddNodes, Command, Refused, SetSetting
from app.core.commands.project import Restore
from app.core.document import Change
from app.core.graph.model import MAIN, Graph, Node, Project
from app.core.graph.names import default_name
from app.core.graph.roles import in_role, role_of
from app.core.graph.seen import key_of, schema_now
from app.core.graph.seen_schema import SeenSchema
from app.core.starting.exchange import SourceExchange, exchange
from app.core.starting.first_net import drawing_for
from app.data.understanding import UnderstoodSource, headline_of
from app.jobs.messages import Ended, Picture
from app.ui.canvas.arranging import with_places
from app.ui.canvas.placing import free_spot, height_of
from app.ui.data.card import DataCard
from app.ui.data.examinations import Subject, subject_of
from app.ui.data.look_job import FIRST, FoundData, looking, understanding
from app.ui.data.net_fitting import fitting, seen_of_source
from app.ui.dialogs import choose_file, choose_folder
from app.ui.latest_job import LatestJob
from app.ui.pace import later
from nodes.api import Shape, cut
from nodes.api.registry import find
from nodes.api.words import sentence_case

if TYPE_CHECKING:
    from app.ui.base_window import BaseWindow
    from nodes.api import Schema

PROGRESS_MS = 300  # what is quicker shows no progress
_LABEL = "label"  # the field of what a sample is
_TITLE = "What was understood"
Offer = tuple[str, str, Callable[[], object]]


class StartWith(Restore):
    """Begin with a drawing for data; undo shows the empty canvas again."""

    title = "Begin with this data"


class DataDesk(QObject):
    """The data of one window. ``card`` stands above its canvas."""

    def __init__(self, window: BaseWindow) -> None:
        super().__init__(window)
        self._window = window
        self.card = DataCard()
        self.card.closed.connect(self.dismiss)
        window.canvas.escaped.connect(self._close_card)
        self.card.facts.chosen.connect(self._decide)
        self._examined = window.session.examined
        self._examined.changed.connect(self._on_examined)
        self.card.through.stopped.connect(self._stop_look)
        self.card.through.wanted.connect(partial(self._look_through, True))
        self._spoken: tuple[Project, str] | None = None  # the source that is looked through, in its drawing
        self._job = LatestJob(window.session.runner, self, self._on_told, self._on_ended)
        self._found: FoundData | None = None
        self._answer: object = None
        self._queue: list[Path] = []
        self._from_page = False  # whether the start page was there when the data was chosen
        self._node = ""  # the source that the card speaks of, once it stands on the canvas
        self._type = ""  # that it is of; undone, another one may stand under its name
        self._step: tuple[Graph, Graph, str] | None = None  # the drawing before it stood there, after, and its name
        self._slow = later(self, self._show_progress, PROGRESS_MS)
        self._waiting = ""  # what is said meanwhile
        self._before: Mapping[str, Shape] | None = None  # the fields that the net was made for, before a guess changed
        window.qdocument.changed.connect(self._follow)

    # Looking

    def open(self) -> None:
        """Ask for a file with data."""
        choose_file(
            self._window,
            "Open data",
            self._window.files.data_folder(),
            "All files (*)",
            lambda path: self.take((path,)),
        )

    def open_folder(self) -> None:
        """Ask for a folder with data."""
        choose_folder(
            self._window, "Open a folder with data", self._window.files.data_folder(), lambda path: self.take((path,))
        )

    def take(self, paths: Sequence[Path]) -> None:
        """Look at the first of these paths; the others wait until somebody asks for them."""
        if paths:
            self._window.settings.change(data_folder=str(paths[0].absolute().parent))
            self._from_page = self._window.start.shown
            self._window.start.leave()
            self._queue = list(paths[1:])
            self._look(paths[0].name or str(paths[0]), partial(understanding, paths[0], tuple(paths), self._drawn()))

    def _look(self, name: str, work: Callable[[], Iterator[Picture]]) -> None:
        self._end_job()
        self._waiting, self._answer = f"Looking at {cut(name)}…", None
        self._slow.start()
        self._window.status.say("")
        self._job.start(work)

    def _end_job(self) -> None:
        """What is being looked at is not wanted any more; a slow disk may take its time to notice."""
        self._slow.stop()
        self._job.let_go()

    def _show_progress(self) -> None:
        self.card.wait(self._waiting, self.dismiss)

    def _on_told(self, picture: Picture) -> None:
        if picture.key == FIRST:
            self._waiting = str(picture.content)
            if not self._slow.isActive():
                self._show_progress()
        else:
            self._answer = picture.content

    def _on_ended(self, ended: Ended) -> None:
        self._slow.stop()
        if isinstance(self._answer, FoundData):
            self._take_found(self._answer)
        else:
            sentence = self._answer if isinstance(self._answer, str) else ended.sentence
            self._found, self._node = None, ""
            self._through(None)
            self.card.tell(_TITLE, sentence or "Nothing was found.", None, "", [*self._next(), self._closing()])

    def dismiss(self) -> None:
        """Close the card; what is on the canvas stays."""
        self._end_job()
        self._found, self._node = None, ""
        self._queue.clear()
        focused = QApplication.focusWidget()
        if focused is not None and self.card.isAncestorOf(focused):
            self._window.canvas.setFocus()  # else Qt passes it on to whatever comes next, which looks chosen
        self.card.hide()

    def _close_card(self) -> None:
        if self.card.isVisible():
            self.dismiss()

    # All samples

    def _through(self, spoken: tuple[Project, str] | None) -> None:
        """The card speaks of this source: all of its samples are looked through beside the window."""
        self._spoken = spoken
        self._look_through(False)

    def _look_through(self, again: bool) -> None:
        if self._spoken is not None:
            self._examined.ask(*self._spoken, again=again)
        self._show_look()

    def _stop_look(self) -> None:
        if self._spoken is not None:
            project, name = self._spoken
            self._examined.stop(project.graph.nodes[name])

    def _on_examined(self, subject: Subject) -> None:
        if self._spoken is None:
            return
        project, name = self._spoken
        node = project.graph.nodes[name]
        if subject_of(node) != subject or self._job.on:  # the card speaks of other data by now
            return
        look = self._examined.of(node)
        if self.card.isVisible():
            self._show_look()
        elif look is not None and look.found is not None:  # somebody has closed it, and is to hear of it all the same
            if look.found.remarks:
                self._window.say(f"{name}: {' '.join(look.found.remarks)}")
            self._spoken = None

    def _show_look(self) -> None:
        if self._spoken is None:
            self.card.through.show_look(None, "")
            return
        project, name = self._spoken
        node = project.graph.nodes[name]
        schema = schema_now(project.schemas, node)
        self.card.through.show_look(self._examined.of(node), schema.noun[1] if schema is not None else "samples")

    # What becomes of it

    def _take_found(self, found: FoundData) -> None:
        self._found, self._node, self._step = found, "", None
        if all(each.parent == found.path for each in self._queue):
            self._queue.clear()  # they are read with it
        self._window.start.leave()
        project = self._window.qdocument.project
        # Behind the start page there stands a drawing that nobody has asked for, let alone for this data.
        free = not project.graph.nodes or (self._from_page and self._window.files.unasked)
        if found.best.schema is not None and free and self._begin(found):
            return
        self._show_offers()

    def _begin(self, found: FoundData) -> bool:
        """On a canvas that is empty, or holds what nobody asked for, the proposed drawing stands at once, as one step
        to be undone."""
        best, window = found.best, self._window
        assert best.schema is not None
        try:
            made = drawing_for(best.layer, best.settings, best.schema, found.path.stem).project
        except ValueError:
            return False
        made = _tidied(replace(made, view=window.qdocument.project.view))
        window.canvas.where = MAIN
        name = next(name for name, node in made.graph.nodes.items() if role_of(node) == "source")
        if not self._place(StartWith(project=made), name):
            return False
        window.actions_table["frame_all"].trigger()
        return True

    def _place(self, command: Command, name: str) -> bool:
        """Put the data on the canvas under this name, as a step. Undone it is offered again, and redone it stands."""
        document = self._window.qdocument
        before = document.project.graph
        done = document.do_step(command)
        if done:
            self._stand(name)
            self._step = before, document.project.graph, name
        return done

    def _stand(self, name: str) -> None:
        """The source stands on the canvas under this name."""
        self._node, self._before = name, None
        self._type = self._window.qdocument.project.graph.nodes[name].type
        self._window.canvas.where = MAIN
        self._window.travel(name)
        self._show_standing()

    def _show_offers(self) -> None:
        """What can be done with data while the canvas holds something else."""
        found = self._found
        assert found is not None
        best = found.best
        offers: list[Offer] = []
        note = ""
        if best.schema is not None:
            fits = True
            for name in _places(self._window.qdocument.project):
                tried = self._tried(name)
                if tried is None:
                    continue
                words = f"Use in place of {self._called(name)}"
                offers.append((words, f"{tried.sentence} Undo takes it back.", partial(self._exchange, name)))
                fits = fits and tried.same_kind and not tried.left
                note = note or tried.sentence
            tip = "A drawing of its own for this data, with a first network"
            new = ("New drawing", tip, partial(self._new_drawing))
            offers.append(("Put beside", "The source alone, beside what is there", self._put_beside))
            offers.insert(len(offers) if fits else 0, new)
            if not self._window.qdocument.project.graph.nodes:
                note = _why_no_net(best, found.path.stem)
            if not fits:
                note = "The net that is there was made for another kind of data; a new drawing suits this better."
        for label, setting, value in best.choices:
            tip = "The same file is read so that it can be used"
            offers.append((sentence_case(label), tip, partial(self._decide, setting, value)))
        offers += [*self._other_readings(), *self._next()]
        said, remarks = headline_of(best.schema) if best.schema is not None else (best.trouble, ())
        self._through(_alone(best) if best.schema is not None else None)
        if best.schema is None:
            offers.append(self._closing())
        note = " ".join(filter(None, (found.note, note)))
        named = f"{found.path.name}: {said}" if found.path.name not in said else said
        self.card.tell(_TITLE, named, best.schema, note, offers, remarks)

    def _other_readings(self) -> Iterator[Offer]:
        found = self._found
        for other in found.others if found is not None else ():
            tip = "Another kind of data can be read from it, too"
            yield f"Read as: {other.layer.name}", tip, partial(self._read_as, other)

    def _read_as(self, other: UnderstoodSource) -> None:
        found = self._found
        assert found is not None
        rest = tuple(each for each in (found.best, *found.others) if each.layer.id != other.layer.id)
        self._look(found.path.name, partial(looking, found.path, other, rest, self._drawn()))

    def _next(self) -> Iterator[Offer]:
        if self._queue:
            more = f" ({len(self._queue)} left)" if len(self._queue) > 1 else ""
            yield (
                f"Next: {cut(self._queue[0].name, 30)}{more}",
                "Look at the next file that was dropped",
                self._take_next,
            )

    def _take_next(self) -> None:
        self.take(self._queue)

    def _closing(self) -> Offer:
        return "Close", "Nothing changes", self.dismiss

    def _called(self, name: str) -> str:
        node = self._window.qdocument.project.graph.nodes[name]
        layer = find(node.type)
        return layer.name if layer is not None and layer.role == "source" else name

    def _drawn(self) -> Mapping[str, Any]:
        """The settings of the first source that a net can be made for."""
        project = self._window.qdocument.project
        layers = ((find(node.type), node) for node in map(project.graph.nodes.__getitem__, _places(project)))
        return next((layer.settings(node.params) for layer, node in layers if layer and layer.role == "source"), {})

    def _tried(self, name: str) -> SourceExchange | None:
        found = self._found
        if found is None or found.best.schema is None:
            return None
        best, project = found.instead, self._window.qdocument.project
        assert best.schema is not None, "what cannot be read is not looked at again"
        try:
            return exchange(project, name, best.layer, best.settings, best.schema)
        except (Refused, KeyError):
            return None

    def _exchange(self, name: str) -> None:
        done, found = self._tried(name), self._found
        if done is None or found is None:
            return
        self._teach(replace(found.instead, settings=done.settings, schema=done.schema))
        self._place(done.command, done.name)

    def _put_beside(self) -> None:
        found, window = self._found, self._window
        if found is None or found.best.schema is None:
            return
        window.canvas.where = MAIN
        project = window.qdocument.project
        sources = in_role(project.graph, "source", "input")
        name = default_name(found.best.layer.id, project.graph.nodes)
        node = Node(name, found.best.layer.id, dict(found.best.settings))
        nodes = sources or list(project.graph.nodes.values())
        below = max((each.position for each in nodes), key=lambda at: at[1], default=(0.0, 0.0))
        spot = free_spot(
            window.canvas.scene, QPointF(below[0], below[1] + 140), height_of(project, node), only_down=True
        )
        self._teach(found.best)
        node = replace(node, position=(spot.x(), spot.y()))
        self._place(AddNodes(MAIN, (node,)), name)

    def _new_drawing(self) -> None:
        """In the place of what is open; whoever has unsaved changes is asked first."""
        found = self._found
        if found is None or found.best.schema is None:
            return
        best = found.best
        assert best.schema is not None
        try:
            made = drawing_for(best.layer, best.settings, best.schema, found.path.stem).project
        except ValueError as reason:
            self._window.say(str(reason))
            return
        name = next(name for name, node in made.graph.nodes.items() if role_of(node) == "source")

        def show() -> None:
            self._window.files.show_project(_tidied(made))
            self._found = found
            self._stand(name)
            self._window.actions_table["frame_all"].trigger()

        self._window.files.when_safe(show)

    def _teach(self, understood: UnderstoodSource) -> None:
        """What was seen of the data is known before the step, so that the sizes are there with it."""
        node = Node("data", understood.layer.id, dict(understood.settings))
        key = key_of(node)
        if key is not None and understood.schema is not None:
            self._window.qdocument.document.learn({key: SeenSchema(understood.schema)})

    # Once it stands on the canvas

    def _follow(self, change: Change) -> None:
        graph = change.after.graph
        undone, redone, placed = self._step or (None, None, "")
        if change.opened:
            self._found, self._node = None, ""
            if not self._job.on:
                self.card.hide()
        elif self._node:
            renamed = change.diffs[MAIN].renamed if MAIN in change.diffs else {}
            self._node = dict(renamed).get(self._node, self._node)
            node = graph.nodes.get(self._node)
            if node is not None and node.type == self._type and graph is not undone:
                self._show_standing()
            else:  # undone: what can be done with the data is offered again
                self._node = ""
                if self._found is not None:
                    self._show_offers()
        elif self._found is not None and self.card.isVisible():
            self._stand(placed) if graph is redone else self._show_offers()

    def _show_standing(self) -> None:
        project = self._window.qdocument.project
        node = project.graph.nodes[self._node]
        seen = seen_of_source(project, node)
        schema = seen.schema if seen is not None else None
        said = seen.trouble if seen is not None else "Looking…"
        sentence, remarks = headline_of(schema) if schema is not None else (said, ())
        offers: list[Offer] = []
        note = ""
        fit = fitting(project, self._node, schema, self._before)
        if fit is not None:
            note = fit.sentence
            offers.append(("Fit the net", f"{fit.sentence} Undo takes it back.", partial(self._fit, fit.command)))
        if schema is not None and self._label_is_new(node, schema):
            note = note or "Nothing in the drawing reads the label yet."
            tip = "A first network that predicts the label, in the place of the drawing. Undo takes it back."
            offers.append(("Net for the label", tip, partial(self._begin_with, node, schema)))
        # Which source reads it was a guess, too.
        offers += [
            *self._next(),
            ("Done", "Close; the data stays on the canvas", self.dismiss),
            *self._other_readings(),
        ]
        if self._found is not None and self._found.note:
            note = " ".join(filter(None, (self._found.note, note)))
        looked = schema_now(project.schemas, node) is not None
        self._through((project, self._node) if looked else None)
        self.card.tell(_TITLE, f"{self._node}: {sentence}", schema, note, offers, remarks)

    def _label_is_new(self, node: Node, schema: Schema) -> bool:
        """Whether an answer gave the data a label that it had not, and that no wire takes on."""
        wires = self._window.qdocument.project.graph.out_of(node.name)
        had = self._before is None or _LABEL in self._before
        return (
            bool(wires and self._found)
            and not had
            and _LABEL in schema.fields
            and all(w.source_port != _LABEL for w in wires)
        )

    def _begin_with(self, node: Node, schema: Schema) -> None:
        """The drawing that is proposed for a source as it is on the canvas now."""
        found = self._found
        if found is not None and node.type == found.best.layer.id:
            self._begin(replace(found, best=replace(found.best, settings=dict(node.params), schema=schema)))

    def _fit(self, command: Command) -> None:
        self._before = None
        self._window.qdocument.do_step(command)

    def _decide(self, setting: str, value: Any) -> None:
        """Another choice for a guess: of the source on the canvas as a step, else of what is offered."""
        if self._node:
            known = self._window.qdocument.document.report.main.nodes.get(self._node)
            self._before = self._before or (dict(known.outputs) if known is not None else None)
            self._window.qdocument.do_step(SetSetting(MAIN, (self._node,), setting, value))
        elif self._found is not None:
            best, found = self._found.best, self._found
            changed = replace(best, settings={**best.settings, setting: value})
            self._look(found.path.name, partial(looking, found.path, changed, found.others, self._drawn()))


def _places(project: Project) -> list[str]:
    """The nodes whose place data can take: sources, or else Inputs."""
    roles = {name: role_of(node) for name, node in project.graph.nodes.items()}
    sources = [name for name, role in roles.items() if role == "source"]
    return sources or [name for name, role in roles.items() if role == "input"]


def _alone(understood: UnderstoodSource) -> tuple[Project, str]:
    """A source that stands in no drawing yet, as it is looked through."""
    node = Node("data", understood.layer.id, dict(understood.settings))
    key = key_of(node)
    seen = {key: SeenSchema(understood.schema)} if key is not None else {}
    return Project(graph=Graph.of([node], []), schemas=seen), node.name


def _tidied(project: Project) -> Project:
    """The drawing with its nodes where the canvas would tidy them to."""
    nodes = (replace(node, position=(0.0, 0.0)) for node in project.graph.nodes.values())
    return with_places(project.with_graph(MAIN, project.graph.with_nodes(*nodes)))


def _why_no_net(best: UnderstoodSource, title: str) -> str:
    """Why no drawing was proposed for data that was understood; empty where there is one."""
    assert best.schema is not None
    try:
        drawing_for(best.layer, best.settings, best.schema, title)
    except ValueError as reason:
        return str(reason)
    return ""
