"""Which variable each value of a ``forward`` stands in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from itertools import zip_longest

from app.core.compile.plan import PlannedGraph, PlannedStep, Ref
from nodes.api import Call, When

PASSING = ("x", "out", "value", "passed")  # words for a value that only the next line reads


def spelled(graph: PlannedGraph) -> Mapping[Ref, str]:
    """The variable of each value, as a person would name them.

    A value that nothing but the next line reads is called ``x`` and overwritten there, which also lets go of its
    memory; so a chain of layers reads ``x = self.conv1(x)``. A value keeps the name of its node if it is read later or
    more than once, if it meets others, as in ``added = bn2 + downsample``, if the right-hand side does not say the name
    already, or if it is a plain number: in a graph of numbers the names are what is taught.
    """
    passing = _passing(graph)
    if not passing:
        return graph.variables
    word = _word(graph, passing)
    return {**graph.variables, **dict.fromkeys(passing, word)} if word is not None else graph.variables


def _passing(graph: PlannedGraph) -> set[Ref]:
    """The values that only the line behind them reads. The value that a graph returns alone is one, if nobody else
    reads it and it comes about in the last line."""
    times = Counter(ref for step in graph.running for ref in _reads(step, graph))
    times.update(graph.returns)
    found: set[Ref] = set()
    for step, follower in zip_longest(graph.running, graph.running[1:]):
        refs = [Ref(step.name, port) for port in step.outputs if times[Ref(step.name, port)]]
        named = step.owns and (step.inner is not None or bool(step.call and step.call.constructor))
        if not named or len(refs) != 1 or not step.outputs[refs[0].port].sizes:
            continue
        (ref,) = refs
        read_next = (list(graph.returns) if follower is None else _reads(follower, graph)) == [ref]
        overwrites = any(argument in found for argument in _reads(step, graph))
        if times[ref] == 1 and read_next and not (overwrites and _reads_late(step)):
            found.add(ref)
    return found


def _reads(step: PlannedStep, graph: PlannedGraph) -> list[Ref]:
    """What the lines of a step read; the number of samples is read off the first argument."""
    refs = [ref for refs in step.inputs.values() for ref in refs]
    return refs + list(graph.arguments[:1]) if step.call is not None and step.call.counts else refs


def _reads_late(step: PlannedStep) -> bool:
    """Whether a step of several lines, or of a loop, reads what arrives after it has written its output."""
    if step.loop:
        return True
    call = step.call or Call("block")
    texts = [line.text if isinstance(line, When) else line for line in call.forward]
    holes = ["{inputs}", "{batch}", *(f"{{{port}" for port in step.inputs)]
    return any(hole in text for text in texts[1:] for hole in holes)


def _word(graph: PlannedGraph, passing: set[Ref]) -> str | None:
    """A word that no other value of the graph has while it stands for the passing ones.

    That of an argument will do if the argument is not read any more once it is overwritten.
    """
    makers = {ref.node for ref in passing}
    first = next(number for number, step in enumerate(graph.running) if step.name in makers)
    last_read: dict[Ref, int] = dict.fromkeys(graph.returns, len(graph.running))
    for number, step in enumerate(graph.running):
        for ref in _reads(step, graph):
            last_read[ref] = max(last_read.get(ref, 0), number)
    lasting = {
        variable
        for ref, variable in graph.variables.items()
        if ref not in passing and not (ref in graph.arguments and last_read.get(ref, 0) <= first)
    }
    if _reads_late(graph.running[first]):
        lasting |= {graph.variables[ref] for ref in _reads(graph.running[first], graph)}
    return next((word for word in PASSING if word not in lasting), None)
