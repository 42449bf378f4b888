"""Weights that come from elsewhere: the command ``import-weights``, and the start of a training from them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.cli.interrupts import ending_at_once
from app.cli.out import Stop, Usage, say, say_json, sound_project
from app.cli.places import check_free
from app.core.compile.plan import NotReady
from app.core.weights.freezing import Frozen, freeze
from app.core.weights.matching import MatchedPair, Missing

if TYPE_CHECKING:
    from torch import nn

    from app.training.importing import Imported

FILE = ".safetensors"
SHOWN = 12  # lines of one kind; --json tells all


def import_weights(file: Path, into: str, out: Path, freezing: bool, as_json: bool, key: str | None) -> int:
    """Write a run, or a file of weights, in which the layers of a drawing have the weights of a public file."""
    alone = out.suffix == FILE
    if alone and freezing:
        raise Usage("To freeze layers changes the drawing, so -o must be a folder, where the drawing is written too.")
    project, _ = sound_project(into)

    with ending_at_once():
        from app.core.compile.net import compile_net
        from app.training.importing import write_run, write_weights

    if not alone:
        check_free(out)
    try:
        net = compile_net(project)
    except NotReady as not_ready:
        raise Stop(str(not_ready)) from None
    model = net.model(project.recipe.seed)
    imported = loaded(model, file, key)
    frozen = None
    if freezing:
        frozen = freeze(project, model.state_dict(), imported.matching.loaded)
        net = compile_net(frozen.project)
    try:
        if alone:
            out.parent.mkdir(parents=True, exist_ok=True)
            write_weights(out, model)
        else:
            write_run(out, net, model, project.recipe)
    except OSError as error:
        raise Stop(f"{out} cannot be written: {error.strerror or error}. Choose another place.") from None
    if as_json:
        say_json({**as_dict(imported), "frozen": _paths(frozen), "drawing": project.title, "written": str(out)})
        return 0
    say(f"{file} → {project.title}")
    tell(imported, sum(value.numel() for value in model.parameters()))
    if frozen is not None:
        say(f"frozen: {_listed(_paths(frozen)) or 'no layer'}")
        for where, name in frozen.kept_free:
            inside = "other uses of the block" if where else "some of its weights"
            say(f"not frozen: {f'{where}/{name}' if where else name}, because {inside} were not loaded")
    say(f"written: {out}")
    return 0


def loaded(model: nn.Module, file: Path, key: str | None = None) -> Imported:
    """Load what fits into ``model``.

    Raises:
        Stop: if the file cannot be used.
    """
    from app.training.importing import load_into
    from app.training.weight_files import BadWeights

    try:
        return load_into(model, file, key)
    except BadWeights as bad:
        raise Stop(str(bad)) from None


def tell(imported: Imported, weights: int) -> None:
    """The report for a person."""
    matching = imported.matching
    by_name = sum(pair.how == "name" for pair in matching.pairs)
    say(
        f"{matching.weights:,} of {weights:,} weights loaded: {by_name} tensors by name, "
        f"{len(matching.pairs) - by_name} by order and shape"
    )
    if imported.key:
        say(f"taken from {imported.key}")
    if imported.others:
        some = [f"{name} ({fitting:,} weights fit)" for name, fitting in imported.others]
        say(f"also in the file: {_listed(some)}; --key NAME takes another")
    for note in imported.notes:
        say(note)
    _some([f"  {ours} ← {theirs}" for ours, theirs in _layers(matching.pairs)])
    for doubt in matching.doubts:
        say(
            f"not loaded, because several are possible: {_listed(doubt.layers)} could each be one of "
            f"{_listed(doubt.candidates)}. Name the layers as in the file."
        )
    lacking = [(miss.name, _shape(miss.sizes) + _there(miss)) for miss in matching.missing]
    _some([f"not loaded: {text}" for text in _by_layer(lacking)])
    told = {miss.name for miss in matching.missing if miss.there is not None}
    spare = [(name, _shape(sizes)) for name, sizes in matching.unused if name not in told]
    _some([f"not used of the file: {text}" for text in _by_layer(spare)])


def as_dict(imported: Imported) -> dict[str, Any]:
    """The report for other programs."""
    matching = imported.matching
    return {
        "key": imported.key,
        "others": [{"key": name, "weights": fitting} for name, fitting in imported.others],
        "notes": list(imported.notes),
        "doubts": [{"layers": list(d.layers), "candidates": list(d.candidates)} for d in matching.doubts],
        "weights": matching.weights,
        "matched": [{"name": pair.name, "from": pair.source, "how": pair.how} for pair in matching.pairs],
        "missing": [
            {"name": miss.name, "shape": list(miss.sizes), "there": list(miss.there) if miss.there else None}
            for miss in matching.missing
        ],
        "unused": [{"name": name, "shape": list(sizes)} for name, sizes in matching.unused],
    }


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


def _some(rows: Sequence[str]) -> None:
    for row in rows if len(rows) <= SHOWN + 1 else rows[:SHOWN]:
        say(row)
    if len(rows) > SHOWN + 1:
        say(f"  and {len(rows) - SHOWN} more layers; --json lists all")


def _there(miss: Missing) -> str:
    return f" ({_shape(miss.there)} in the file)" if miss.there is not None else ""


def _paths(frozen: Frozen | None) -> list[str]:
    return [f"{where}/{name}" if where else name for where, name in frozen.layers] if frozen is not None else []


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more


def _shape(sizes: Sequence[int]) -> str:
    return "×".join(map(str, sizes)) or "one number"
