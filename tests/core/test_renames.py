"""A rename is told as one, not as a layer that went and another that came."""

from __future__ import annotations

from app.core.commands.blocks import RenameBlock
from app.core.commands.nodes import Rename
from app.core.commands.project import EditAll
from app.core.document import Change, Document
from app.core.graph.model import MAIN
from app.core.graph.renames import Renames
from app.core.storage import templates


def _watched(document: Document) -> list[Change]:
    changes: list[Change] = []
    document.subscribe(changes.append)
    return changes


def test_a_rename_is_a_fact_and_undo_and_redo_tell_it_too() -> None:
    """Fails if views have to guess a rename, or follow it forwards only."""
    document = Document(templates.load("lenet_digits"))
    changes = _watched(document)
    document.do(Rename(old="conv1", new="edges"))
    document.undo()
    document.redo()
    forwards, back, again = (change.diffs[MAIN] for change in changes)
    assert dict(forwards.renamed) == dict(again.renamed) == {"conv1": "edges"}
    assert dict(back.renamed) == {"edges": "conv1"}
    for facts in (forwards, back, again):
        assert not facts.added
        assert not facts.removed
        assert facts.wires_added
        assert facts.wires_removed
    assert forwards.come == ("edges",)
    assert forwards.gone == ("conv1",)


def test_names_that_are_exchanged_are_two_renames() -> None:
    """Fails if a name that stays in use hides that another layer has it now."""
    document = Document(templates.load("lenet_digits"))
    changes = _watched(document)
    swap = EditAll(
        commands=(Rename(old="conv1", new="spare"), Rename(old="conv2", new="conv1"), Rename(old="spare", new="conv2"))
    )
    document.do(swap)
    facts = changes[0].diffs[MAIN]
    assert dict(facts.renamed) == {"conv1": "conv2", "conv2": "conv1"}
    assert not facts.added
    assert not facts.removed
    assert not facts.changed


def test_a_block_that_is_renamed_is_the_same_graph() -> None:
    """Fails if the layers of a renamed block are told as new ones."""
    project = templates.load("resnet18")
    document = Document(project)
    changes = _watched(document)
    old = next(iter(project.blocks))
    document.do(RenameBlock(old=old, new="Renamed"))
    document.undo()
    assert dict(changes[0].renamed_blocks) == {old: "Renamed"}
    assert dict(changes[1].renamed_blocks) == {"Renamed": old}
    for change, where in zip(changes, ("Renamed", old), strict=True):
        assert not change.diffs.get(where) or not (change.diffs[where].added or change.diffs[where].removed)


def test_renames_in_a_row_are_one() -> None:
    """Fails if a name in between is told, or one that came back."""
    first = Renames({"A": {"a": "b"}}, {"X": "A"})
    then = Renames({"B": {"b": "c", "d": "e"}}, {"A": "B"})
    both = first.then(then)
    assert both.nodes == {"B": {"a": "c", "d": "e"}}
    assert both.blocks == {"X": "B"}
    assert both.undone.nodes == {"X": {"c": "a", "e": "d"}}
    assert both.undone.blocks == {"B": "X"}
    assert not first.then(first.undone).nodes
    assert not first.then(first.undone).blocks
