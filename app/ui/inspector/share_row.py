"""Whose weights a layer uses: its own, or those of another layer of the same type."""

from __future__ import annotations

from PySide6.QtWidgets import QGridLayout, QWidget

from app.core.commands.sharing import ShareWeights, could_share
from app.core.graph.blocks import learns
from app.core.graph.model import Graph, Node
from app.ui.inspector.boxes import CalmCombo
from app.ui.inspector.fields import named
from app.ui.labels import Remark
from app.ui.qdocument import QDocument

_OWN = "its own"
_TIP = "Layers that share weights compute the same: what one learns, the other knows. Twin nets are made of them."


class ShareRow(QWidget):
    """A choice of layers. What keeps two layers from sharing stands among the problems of the layer."""

    def __init__(self, qdocument: QDocument) -> None:
        super().__init__()
        self._qdocument = qdocument
        self._where = self._name = ""
        self.choice = CalmCombo("Whose weights the layer uses", _TIP)
        self.choice.setAccessibleDescription(_TIP)
        self.choice.activated.connect(self._choose)
        self.meaning = Remark()
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 3)
        grid.setVerticalSpacing(3)
        grid.setColumnStretch(1, 1)
        grid.addWidget(named("weights", self.choice, _TIP), 0, 0)
        grid.addWidget(self.choice, 0, 1)
        grid.addWidget(self.meaning, 1, 0, 1, 2)

    def show_node(self, where: str, graph: Graph, node: Node) -> None:
        """Show whose weights this layer uses; nothing for a layer that has none, or nobody to share them with."""
        self._where, self._name = where, node.name
        others = list(could_share(graph, node.name)) if learns(node) else []
        if node.shares is not None and node.shares not in others:
            others.append(node.shares)
        self.setVisible(bool(others))
        wanted = [_OWN, *others]
        self.choice.offer(wanted)
        self.choice.setCurrentIndex(0 if node.shares is None else wanted.index(node.shares, 1))
        used_by = [other.name for other in graph.nodes.values() if other.shares == node.name]
        self.meaning.say(_meaning(node.shares, used_by))

    def _choose(self, index: int) -> None:
        owner = self.choice.itemText(index) if index else None
        if not self._qdocument.do_step(ShareWeights(self._where, self._name, owner)):
            graph = self._qdocument.project.graph_of(self._where)
            self.show_node(self._where, graph, graph.nodes[self._name])


def _meaning(owner: str | None, used_by: list[str]) -> str:
    if owner is not None:
        return f"It computes with the weights of {owner}. Both learn as one, and the weights count once."
    if used_by:
        listed = ", ".join(used_by[:3]) + (", …" if len(used_by) > 3 else "")
        return f"Its weights are used by {listed} too."
    return ""
