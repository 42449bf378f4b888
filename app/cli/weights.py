"""Weights that come from elsewhere: the command ``import-weights``, and the start of a training from them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.cli.interrupts import ending_at_once
from app.cli.out import Stop, Usage, say, say_json, sound_project
from app.cli.places import check_free
from app.core.compile.plan import NotReady
from app.core.weights.freezing import FreezeResult, freeze

if TYPE_CHECKING:
    from torch import nn

    from app.training.importing import ImportedWeights

FILE = ".safetensors"
SHOWN = 12  # layers that are named


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


def loaded(model: nn.Module, file: Path, key: str | None = None) -> ImportedWeights:
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


def tell(imported: ImportedWeights, weights: int) -> None:
    """The report for a person."""
    from app.training.import_words import import_lines

    for line in import_lines(imported, weights, "; --json lists all"):
        say(line)


def as_dict(imported: ImportedWeights) -> dict[str, Any]:
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


def _paths(frozen: FreezeResult | None) -> list[str]:
    return [f"{where}/{name}" if where else name for where, name in frozen.layers] if frozen is not None else []


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more
