"""What was taken of a file of weights, in lines for a person."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from app.core.weights.matching import MatchedPair, MissingWeight
from app.training.importing import ImportedWeights

SHOWN = 12  # lines of one kind


def import_lines(imported: ImportedWeights, weights: int, more: str = "") -> Iterator[str]:
    """What was loaded by which way, and what was not; ``weights`` is the number that the net has. ``more`` says how the
    rest of a long list is seen."""
    matching = imported.matching
    by_name = sum(pair.how == "name" for pair in matching.pairs)
    yield (
        f"{matching.weights:,} of {weights:,} weights loaded: {by_name} tensors by name, "
        f"{len(matching.pairs) - by_name} by order and shape"
    )
    if imported.key:
        yield f"taken from {imported.key}"
    if imported.others:
        some = [f"{name} ({fitting:,} weights fit)" for name, fitting in imported.others]
        yield f"also in the file: {_listed(some)}; --key NAME takes another"
    yield from imported.notes
    yield from _some([f"  {ours} ← {theirs}" for ours, theirs in _layers(matching.pairs)], more)
    for doubt in matching.doubts:
        yield (
            f"not loaded, because several are possible: {_listed(doubt.layers)} could each be one of "
            f"{_listed(doubt.candidates)}. Name the layers as in the file."
        )
    lacking = [(miss.name, _shape(miss.sizes) + _there(miss)) for miss in matching.missing]
    yield from _some([f"not loaded: {text}" for text in _by_layer(lacking)], more)
    told = {miss.name for miss in matching.missing if miss.there is not None}
    spare = [(name, _shape(sizes)) for name, sizes in matching.unused if name not in told]
    yield from _some([f"not used of the file: {text}" for text in _by_layer(spare)], more)


def in_a_sentence(imported: ImportedWeights, weights: int, name: str) -> str:
    """The same in short: what was taken, and which layers start fresh."""
    matching = imported.matching
    taken = list(dict.fromkeys(pair.name.rpartition(".")[0] for pair in matching.pairs))
    fresh = list(dict.fromkeys(m.name.rpartition(".")[0] for m in matching.missing))
    words = f"Begun with {matching.weights:,} of {weights:,} weights from {name}: {_listed(taken)}."
    return f"{words} Started fresh: {_listed(fresh)}." if fresh else words


def _layers(pairs: Sequence[MatchedPair]) -> Iterator[tuple[str, str]]:
    """The layers that were found by order and shape, each once: ``conv1_1`` and ``features.0``."""
    found = {(p.name.rpartition(".")[0], p.source.rpartition(".")[0]): None for p in pairs if p.how == "order"}
    yield from found


def _by_layer(entries: Iterable[tuple[str, str]]) -> list[str]:
    """``fc: weight 10×512, bias 10`` out of single tensors."""
    found: dict[str, list[str]] = {}
    for name, words in entries:
        layer, _, part = name.rpartition(".")
        found.setdefault(layer, []).append(f"{part} {words}")
    return [f"{layer}: {', '.join(parts)}" if layer else ", ".join(parts) for layer, parts in found.items()]


def _some(rows: Sequence[str], more: str) -> Iterator[str]:
    yield from rows if len(rows) <= SHOWN + 1 else rows[:SHOWN]
    if len(rows) > SHOWN + 1:
        yield f"  and {len(rows) - SHOWN} more layers{more}"


def _there(miss: MissingWeight) -> str:
    return f" ({_shape(miss.there)} in the file)" if miss.there is not None else ""


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more


def _shape(sizes: Sequence[int]) -> str:
    return "×".join(map(str, sizes)) or "one number"
