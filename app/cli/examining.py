"""The look through all samples that the command data makes, and its words."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from app.cli.interrupts import ending_at_once
from app.cli.progress import bar
from app.core.graph.model import Graph, Node, Project
from app.core.graph.seen import key_of
from app.core.graph.seen_schema import SeenSchema
from app.data.understanding import UnderstoodSource
from nodes.api import NoData, cut

if TYPE_CHECKING:
    from app.data.examination import Examination

_SHOWN = 20  # samples that cannot be read
_QUICK = 100_000_000  # of such a size, a look takes a few seconds
_EACH = 1_000  # a sample costs as much as so many of its values


def is_quick(found: UnderstoodSource) -> bool:
    """Whether all samples can be looked through while somebody waits."""
    assert found.schema is not None
    values = sum(math.prod(field.sizes) for field in found.schema.fields.values())
    return (found.schema.samples or 0) * (values + _EACH) <= _QUICK


def looked_through(found: UnderstoodSource, quiet: bool) -> Examination:
    """What is found in all samples; a terminal shows how far it is, unless ``quiet``.

    Raises:
        NoData: if the data cannot be read.
    """
    node = Node("data", found.layer.id, dict(found.settings))
    key = key_of(node)
    project = Project(
        graph=Graph.of([node], []), schemas={key: SeenSchema(found.schema)} if key is not None and found.schema else {}
    )
    last: Any = None
    with ending_at_once(), ExitStack() as stack:
        from app.data.examination import Examination, ExaminedSamples
        from app.training.sample_examination import look_through

        shown = stack.enter_context(bar()) if sys.stdout.isatty() and not quiet else None
        for event in look_through(project, node.name):
            if isinstance(event, ExaminedSamples) and shown is not None:
                if last is None:
                    shown.start("Looking through all samples", event.total)
                shown.at(event.done, "Looking through all samples", "")
            last = event
    if not isinstance(last, Examination):
        raise NoData("The look through the data ended early.")
    return last


def lines_of(examination: Examination) -> Iterator[str]:
    """What was found, for a person."""
    read, lost = examination.samples, examination.unreadable_count
    if lost:
        nothing = "" if examination.remarks else "; nothing else was found"
        yield f"{read:,} of {read + lost:,} samples can be read{nothing}."
    elif not examination.remarks:
        one = examination.samples == 1
        all_of_it = "The sample was" if one else f"All {examination.samples:,} samples were"
        yield f"{all_of_it} looked through; nothing more was found."
    for remark in examination.remarks:
        yield f"Found: {remark}"
    for each in examination.unreadable[:_SHOWN]:
        yield f"Unreadable: {cut(each.sentence, 400)}"
    if examination.unreadable_count > min(len(examination.unreadable), _SHOWN):
        yield f"and {examination.unreadable_count - min(len(examination.unreadable), _SHOWN):,} more unreadable"
