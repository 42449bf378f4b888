"""What the search box offers, best first: what is usual, what else fits, and last what does not, with the reason."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from app.core import suggestions
from app.core.graph.blocks import why_recursive
from app.core.graph.model import BLOCK_PREFIX, MAIN, Project, Wire, block_of
from app.core.graph.ports import input_ports, output_ports
from app.core.graph.roles import role_of
from app.core.graph.rules import why_not
from app.ui.canvas import placing
from app.ui.canvas.placing import Situation
from app.ui.canvas.scene import PortAt
from app.ui.palette.search import abbreviates, misspells
from nodes.api import MAIN_ONLY, Shape
from nodes.api.registry import CATEGORIES, find, layers

MOST_LIKELY = 8  # offers that stand first before a letter is typed
_LEAST_USUAL = 1.5


@dataclass(frozen=True, slots=True)
class RankedLayer:
    """One layer or block that may be placed.

    ``unfit`` says why it does not fit where it would be joined, ``usual`` how usual it is there, ``reason`` why;
    ``about`` is what it does, in one sentence.
    """

    type_id: str
    name: str
    category: str
    words: tuple[str, ...]
    about: str = ""
    unfit: str = ""
    usual: float = 0.0
    reason: str = ""

    @property
    def note(self) -> str:
        """The line below the name."""
        return self.unfit or self.about


def offers(project: Project, where: str) -> list[RankedLayer]:
    """Everything that may be put into the graph ``where``, in palette order."""
    found = []
    for layer in layers().values():
        if layer.role in ("block_in", "block_out") and where == MAIN:
            continue
        if layer.role in MAIN_ONLY and where != MAIN:
            continue
        family = CATEGORIES.get(layer.category, layer.category)
        about = first_sentence(layer.help)
        found.append(RankedLayer(layer.id, layer.name, layer.category, (layer.id, family, *layer.words), about))
    for name, block in project.blocks.items():
        if why_recursive(project, where, BLOCK_PREFIX + name) is None:
            about = first_sentence(block.note) or "A block of this drawing."
            found.append(RankedLayer(BLOCK_PREFIX + name, name, "block", ("block",), about))
    return found


def first_sentence(text: str) -> str:
    """The first sentence of a text, on one line."""
    line = " ".join(text.split())
    end = line.find(". ")
    return line[: end + 1] if end >= 0 else line


# -- in which place ------------------------------------------------------------------------------------------------


def anywhere(situation: Situation) -> list[RankedLayer]:
    """Offers for a place that is joined with nothing: what the drawing seems to need next comes first."""
    found = offers(situation.project, situation.where)
    if not any(node.type != "In" for node in situation.graph.nodes.values()):
        start = {"In": 3.0} if situation.where != MAIN else dict.fromkeys(_roles("source"), 3.0) | {"Input": 2.0}
        words = "a block begins with its inputs" if situation.where != MAIN else "a drawing begins with its data"
        return _weighed(found, start, words)
    end = _loose_end(situation)
    if end is None:
        return found
    weights, reason = _usual_after(situation, end)
    return _weighed(found, weights, f"{reason}: {end.node}")


def joined(situation: Situation, port: PortAt) -> list[RankedLayer]:
    """Offers for a new layer that is joined with ``port``; those with no port to join it with are left out."""
    found = []
    for offer in offers(situation.project, situation.where):
        unfit = why_unfit(situation, offer.type_id, port)
        if unfit is not None:
            found.append(replace(offer, unfit=unfit))
    if port.is_output:
        return _weighed(found, *_usual_after(situation, port))
    target = situation.graph.nodes[port.node].type
    return _weighed(found, suggestions.before(target), f"usual before {port.node}")


def behind(situation: Situation, name: str) -> list[RankedLayer]:
    """Offers for a layer behind a node: each output of it may feed it."""
    ports = [PortAt(name, port, True) for port in output_ports(situation.project, situation.graph.nodes[name])]
    if not ports:
        return offers(situation.project, situation.where)
    found = []
    for offer in offers(situation.project, situation.where):
        reasons = [unfit for port in ports if (unfit := why_unfit(situation, offer.type_id, port)) is not None]
        found.append(replace(offer, unfit=min(reasons, key=len) if reasons and "" not in reasons else ""))
    return _weighed(found, *_usual_after(situation, ports[0]))


def between(situation: Situation, wire: Wire) -> list[RankedLayer]:
    """Offers for a layer on a wire; only what has an input and an output can stand there."""
    port = PortAt(wire.source, wire.source_port, True)
    found = []
    for offer in offers(situation.project, situation.where):
        node, layer = placing.fresh_node(situation, offer.type_id), find(offer.type_id)
        if layer is not None and layer.role not in ("layer", "augmentation"):
            continue
        if layer is not None and layer.role == "augmentation" and not _carries_data(situation, port):
            continue
        if node is not None and placing.can_insert(situation, node, wire):
            unfit = why_unfit(situation, offer.type_id, port)
            if unfit is not None:
                found.append(replace(offer, unfit=unfit))
    follows, reason = _usual_after(situation, port)
    leads = suggestions.before(situation.graph.nodes[wire.target].type)
    both = {type_id: (weight + leads[type_id]) / 2 for type_id, weight in follows.items() if type_id in leads}
    return _weighed(found, both or follows, reason)


def _carries_data(situation: Situation, port: PortAt) -> bool:
    """Whether an output gives samples as they come out of the data."""
    return role_of(situation.graph.nodes[port.node]) in ("source", "augmentation")


def why_unfit(situation: Situation, type_id: str, port: PortAt) -> str | None:
    """Why a fresh layer of that type does not fit ``port``: empty if it does, None if no wire could join them."""
    node = placing.fresh_node(situation, type_id)
    layer = find(type_id)
    if node is None or (layer is not None and layer.role == "loss" and not port.is_output):
        return None  # nothing is calculated further with a loss
    if layer is not None and layer.role == "augmentation" and port.is_output and not _carries_data(situation, port):
        return "It changes samples before the net sees them, so it stands right behind the data."
    wire = placing.joining_wire(situation, node, port)
    if wire is None:
        return None
    project = situation.project.with_graph(situation.where, situation.graph.with_nodes(node))
    report = situation.report.of(situation.where)
    refusal = why_not(project, situation.where, wire, placing.report_with(situation, node, report))
    return "" if refusal is None else refusal.sentence


# -- what is usual -------------------------------------------------------------------------------------------------


def _roles(role: str) -> Iterable[str]:
    return (layer.id for layer in layers().values() if layer.role == role)


def _weighed(found: list[RankedLayer], weights: Mapping[str, float], reason: str) -> list[RankedLayer]:
    return [
        replace(offer, usual=weights[offer.type_id], reason=reason)
        if weights.get(offer.type_id, 0.0) >= _LEAST_USUAL
        else offer
        for offer in found
    ]


def _usual_after(situation: Situation, port: PortAt) -> tuple[Mapping[str, float], str]:
    node = situation.graph.nodes[port.node]
    known = situation.report.of(situation.where).nodes.get(port.node)
    shape = known.outputs.get(port.port) if known is not None else None
    kind = shape.kind if shape is not None else None
    scores = _gives_scores(situation, node.type, shape)
    type_id = node.type if block_of(node.type) is None else ""
    return suggestions.after(type_id, kind, scores), suggestions.why(type_id, kind, scores)


def _gives_scores(situation: Situation, type_id: str, shape: Shape | None) -> bool:
    """Whether a fully connected layer gives one number for each class of the data."""
    layer = find(type_id)
    if layer is None or layer.category != "dense" or shape is None or shape.kind != "vector":
        return False
    reports = situation.report.main.nodes.values()
    return any(each.kind == "label" and each.classes == shape.values for r in reports for each in r.outputs.values())


def _loose_end(situation: Situation) -> PortAt | None:
    """The output drawn last that feeds nothing, of a node that does not end the drawing."""
    graph = situation.graph
    for name in reversed(tuple(graph.nodes)):
        node = graph.nodes[name]
        if graph.out_of(name) or role_of(node) in ("loss", "output"):
            continue
        ports = output_ports(situation.project, node)
        if ports and (input_ports(situation.project, node) == () or graph.into(name)):
            return PortAt(name, ports[0], True)
    return None


# -- what was typed ------------------------------------------------------------------------------------------------


def rank(offer: RankedLayer, text: str) -> int | None:
    """How well an offer answers a search, 0 the best; None if it does not."""
    wanted = text.lower().split()
    if not wanted:
        return 0
    levels = [_level(offer, part) for part in wanted]
    return None if None in levels else max(level for level in levels if level is not None)


def _level(offer: RankedLayer, part: str) -> int | None:
    name, words = offer.name.lower(), [word.lower() for word in offer.words]
    parts = name.replace("-", " ").split()
    if part in (name, words[0]):
        return 0
    if name.startswith(part) or words[0].startswith(part):
        return 1
    if any(word.startswith(part) for word in parts):
        return 2
    if any(word.startswith(part) for entry in words for word in entry.split()):
        return 3
    if part in name or any(part in entry for entry in words):
        return 4
    if abbreviates(part, name) or abbreviates(part, words[0]):
        return 5
    if any(misspells(part, word) for word in (*parts, *words)):
        return 6
    return None


_VAGUE = 4  # from this level on, what was typed stands only somewhere in the name, or is not spelt like it


@dataclass(frozen=True, slots=True)
class RankedOffers:
    """What is listed: offers that fit and are usual, others that fit, those that do not, and what is less meant."""

    likely: tuple[RankedLayer, ...] = ()
    fitting: tuple[RankedLayer, ...] = ()
    unfit: tuple[RankedLayer, ...] = ()
    vague: tuple[RankedLayer, ...] = ()


def answer(found: Iterable[RankedLayer], text: str) -> RankedOffers:
    """The offers that answer ``text``, best first; without a text what is usual stands apart.

    Who types the whole name of a layer that does not fit means that one, and not another that has the word in it:
    "linear" is no wish for a bilinear layer.
    """
    ranked = [(level, i, offer) for i, offer in enumerate(found) if (level := rank(offer, text)) is not None]
    if text.strip():
        ranked.sort(key=lambda entry: (entry[0], -entry[2].usual, entry[1]))
        fitting = [(level, offer) for level, _, offer in ranked if not offer.unfit]
        unfit = [(level, offer) for level, _, offer in ranked if offer.unfit]
        named = bool(unfit) and unfit[0][0] == 0 and all(level >= _VAGUE for level, _ in fitting)
        fits, others = tuple(offer for _, offer in fitting), tuple(offer for _, offer in unfit)
        return RankedOffers((), (), others, fits) if named else RankedOffers((), fits, others)
    offers = [offer for _, _, offer in ranked]
    fits = tuple(offer for offer in offers if not offer.unfit)
    likely = tuple(sorted((offer for offer in fits if offer.usual), key=lambda offer: -offer.usual))[:MOST_LIKELY]
    rest = tuple(offer for offer in fits if offer not in likely)
    return RankedOffers(likely, rest, tuple(offer for offer in offers if offer.unfit))
