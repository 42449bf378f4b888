"""Gets a public data set for a source that has no files yet: a button with its size, progress, and Cancel."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QProgressBar, QWidget

from app.core.commands import SetSetting
from app.core.graph.model import Node
from app.core.graph.seen import seen_of
from app.data.public_sets import downloads, is_there, path_of
from app.jobs.messages import Bundle, Ended
from app.ui.inspector.boxes import CalmCombo
from app.ui.labels import Remark, button
from app.ui.layouts import column, row
from app.ui.qdocument import QDocument
from nodes.api.downloads import Download, size_text

if TYPE_CHECKING:
    from app.data.download import OpenConnection
    from app.jobs.runner import Job, Runner

ANYWHERE = "any of its addresses"
STEPS = 1000  # of the bar: bytes of a large set are more than it can count


class GetRow(QWidget):
    """Stands above the settings of a source for which there are public sets, while it has no file. What is being got
    goes on while something else is selected, and is put into the node that it was asked for."""

    def __init__(self, qdocument: QDocument) -> None:
        super().__init__()
        self._qdocument = qdocument
        self._runner: Runner | None = None
        self._where = self._node = ""
        self._job: Job | None = None
        self._line: OpenConnection | None = None
        self._wanted: Download | None = None
        self._for = ("", "")  # the node that it is got for
        self._got = ""
        self.choice = CalmCombo("Public data set", "A public data set that this source reads")
        self.choice.currentIndexChanged.connect(self._name_button)
        tip = "Where it is got from: one address after the other, one alone, or one that you type"
        self.address = CalmCombo("Address", tip)
        self.address.setEditable(True)
        self.address.setInsertPolicy(CalmCombo.InsertPolicy.NoInsert)
        self.get = button("Get", "Get it from the internet", self._start)
        self.cancel = button("Cancel", "Stop; what has come is kept, and Get goes on from there", self._stop)
        for each in (self.get, self.cancel):  # one goes as soon as it was clicked; the keys would fall to some field
            each.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.bar = QProgressBar(minimum=0, maximum=STEPS, textVisible=False)
        self.bar.setAccessibleName("How much has come")
        self.said = Remark()
        first, second = row((self.choice, 1), self.get), row((self.bar, 1), self.cancel)
        column(first, self.address, second, self.said, of=self, margins=(0, 3, 0, 3), spacing=5)
        self.hide()

    def use(self, runner: Runner) -> None:
        """Run what is got with these jobs; without them there is no button."""
        self._runner = runner

    def show_node(self, where: str, node: Node | None) -> None:
        """Show what can be got for a node; nothing for one that has its files, or for none."""
        self._where, self._node = where, node.name if node is not None else ""
        sets = [each for each in downloads().values() if node is not None and each.source == node.type]
        sets.sort(key=lambda each: each.size)
        mine = self._job is not None and self._for == (where, self._node)
        if node is None or self._runner is None or not (mine or (sets and self._lacks_files(node))):
            self.hide()
            return
        self.choice.offer((each.name, each.id) for each in sets)
        self._dress()
        self.show()

    def _lacks_files(self, node: Node) -> bool:
        seen = seen_of(self._qdocument.project.schemas, node)
        return not node.params.get("path") or (seen is not None and bool(seen.trouble))

    def _dress(self) -> None:
        busy = self._job is not None
        comes, goes = (self.cancel, self.get) if busy else (self.get, self.cancel)
        self.bar.setVisible(busy)
        comes.show()
        if goes.hasFocus():
            comes.setFocus()
        goes.hide()
        self.choice.setEnabled(not busy)
        self.address.setEnabled(not busy)
        self._name_button()

    def _name_button(self) -> None:
        wanted = downloads().get(str(self.choice.currentData()))
        if wanted is None:
            return
        here = is_there(wanted)
        words = "Use" if here else f"Get ({size_text(wanted.size)})"
        tip = f"{wanted.about}. {'It is on this computer.' if here else 'It is got from the internet and kept.'}"
        self.get.setText(words)
        self.get.setToolTip(tip)
        self.get.setAccessibleName(f"{words} {wanted.name}")
        self.address.setVisible(not here)
        self.address.offer((ANYWHERE, *wanted.addresses))

    def _start(self) -> None:
        wanted = downloads().get(str(self.choice.currentData()))
        if wanted is None or self._job is not None or self._runner is None:
            return
        self._for = (self._where, self._node)
        if is_there(wanted):
            self._put(str(path_of(wanted)))
            return
        from app.data.download import OpenConnection, get

        self._wanted, self._got, self._line = wanted, "", OpenConnection()
        self.said.say(f"Getting {wanted.name} …")
        self.bar.setValue(0)
        asked = self.address.currentText().strip()
        addresses = () if asked in ("", ANYWHERE) else (asked,)
        going = partial(get, wanted, addresses=addresses, line=self._line)
        self._job = self._runner.start(going, heard=self._hear, ended=self._end, ask_to_stop=self._line.cut)
        self._dress()

    def _stop(self) -> None:
        if self._job is not None:
            self._job.stop()

    def _hear(self, bundle: Bundle) -> None:
        from app.data.download import AddressFailed, Downloaded, Progress

        for event in bundle.events:
            if isinstance(event, Progress):
                self.bar.setValue(event.done * STEPS // max(1, event.total))
                self.said.say(f"{size_text(event.done)} of {size_text(event.total)}: {event.file}")
            elif isinstance(event, AddressFailed):
                self.said.say(event.sentence)
            elif isinstance(event, Downloaded):
                self._got = event.path

    def _end(self, ended: Ended) -> None:
        assert self._wanted is not None, "it was started"
        self._job = self._line = None
        if self._got:
            self.said.say("")
            self._put(self._got)
        elif ended.outcome == "failed":
            self.said.say(ended.sentence)
        else:
            self.said.say(f"Stopped. What has come of {self._wanted.name} is kept.")
        self._dress()

    def _put(self, path: str) -> None:
        """Give the node its files, if it is still there."""
        where, name = self._for
        project = self._qdocument.project
        known = where == "" or where in project.blocks
        if known and name in project.graph_of(where).nodes:
            self._qdocument.do_step(SetSetting(where, (name,), "path", path))
