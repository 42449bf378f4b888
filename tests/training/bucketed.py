"""Drawings whose batches are padded to the longest of a bucket."""

from __future__ import annotations

from app.core.graph.model import Graph, Project, Wire
from app.core.storage.templates import load
from app.data.source_looks import looked_at
from tests.support.drawings import chain, node


def words(buckets: int = 5, padding: str = "behind") -> Project:
    """The template of pronunciations with few words, which still have all sounds."""
    project = load("letters_to_sounds")
    pairs = project.graph.nodes["pairs"].with_param("pairs", 1500).with_param("length", 20)
    pairs = pairs.with_param("buckets", buckets).with_param("padding", padding)
    return looked_at(project.with_graph("", project.graph.with_nodes(pairs)))


def sentences(template: str, source: str) -> Project:
    """A template of made-up sentences."""
    project = load(template)
    graph = project.graph.with_nodes(project.graph.nodes[source].with_param("buckets", 5))
    return looked_at(project.with_graph("", graph))


def names(buckets: int, mask: bool = True) -> Project:
    """Surnames with the language they come from, as the template has them; without its mask, padding is read, too."""
    project = load("names_lstm")
    graph = project.graph.with_nodes(project.graph.nodes["names"].with_param("buckets", buckets))
    if not mask:
        wires = [wire for wire in graph.wires if "keep" not in (wire.source, wire.target)]
        graph = Graph.of([each for each in graph.nodes.values() if each.name != "keep"], wires)
    return looked_at(project.with_graph("", graph))


def side_by_side() -> Project:
    """Two texts for each answer, each in buckets of its own, and a third that nothing reads."""
    nodes = [node("loss", "CrossEntropyLoss"), node("both", "Concat"), node("fc", "Linear", out_features=2)]
    wires = [*chain("both", "fc", "loss.prediction"), Wire("one", "label", "loss", "target")]
    for name, padding in (("one", "before"), ("other", "behind"), ("unread", "before")):
        seed = len(name)
        nodes.append(node(name, "MadeUpReviews", sentences=300, padding=padding, buckets=seed, seed=seed))
    for name in ("one", "other"):
        nodes += [
            node(f"{name}_real", "PaddingMask"),
            node(f"{name}_embedding", "Embedding", num_embeddings=600, embedding_dim=4),
            node(f"{name}_lstm", "LSTM", hidden_size=5, last_step_only=True),
        ]
        wires += [
            *chain(f"{name}.text", f"{name}_embedding.x"),
            *chain(f"{name}.text", f"{name}_real.x"),
            *chain(f"{name}_embedding", f"{name}_lstm.x"),
            *chain(f"{name}_real", f"{name}_lstm.keep"),
            *chain(f"{name}_lstm", "both.xs"),
        ]
    return Project("Two texts", graph=Graph.of(nodes, wires))
