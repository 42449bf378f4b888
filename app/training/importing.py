"""Brings weights from a file into a model, and writes them as a run that can be looked into or trained on."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import save_file
from torch import Tensor, nn

from app.core.compile.net import CompiledNet
from app.core.graph.recipe import Recipe
from app.core.weights.matching import Matching
from app.training import checkpoints
from app.training.folder import WEIGHTS
from app.training.position import TrainingPosition
from app.training.weight_choice import NoSuchKey, WeightChoice, choose
from app.training.weight_files import BadWeights, WeightFile


@dataclass(frozen=True)
class ImportedWeights:
    """What was loaded from where: the key of the set of weights (empty if it is the outermost), the keys of other sets
    with the number of their weights that fit, and sentences on what was done to the numbers."""

    matching: Matching
    key: str
    others: tuple[tuple[str, int], ...]
    notes: tuple[str, ...]


def load_into(model: nn.Module, path: Path, key: str | None = None) -> ImportedWeights:
    """Give ``model`` those weights of a file (or of a run's folder) that belong to its layers; others stay.

    ``key`` says under which key of a checkpoint they lie; else those are taken of which most fit.

    Raises:
        BadWeights: if the file cannot be used, or nothing in it fits.
    """
    targets = {name: value for name, value in model.state_dict().items() if value.numel()}
    with WeightFile(path) as file:
        try:
            chosen = choose(file.sets, {name: tuple(value.shape) for name, value in targets.items()}, key)
        except NoSuchKey as none:
            there = f"It has {_listed(none.keys)}." if none.keys else "It has no keys; leave --key out."
            raise BadWeights(f"{path} has no weights under the key {key}. {there}") from None
        if not chosen.matching.weights:
            raise BadWeights(" ".join([_nothing(path, chosen.matching), *(f"{n}." for n in chosen.tensors.notes)]))
        read = {pair.name: _values(path, chosen, pair.source, targets[pair.name]) for pair in chosen.matching.pairs}
        with torch.no_grad():
            for name, values in read.items():
                targets[name].copy_(values())
    return ImportedWeights(chosen.matching, chosen.key, chosen.others, chosen.tensors.notes)


def _nothing(path: Path, matching: Matching) -> str:
    if matching.doubts:
        doubt = matching.doubts[0]
        return (
            f"Nothing of {path} was loaded: {_listed(doubt.candidates)} have equal shapes, and neither names nor "
            f"numbers say which of them belongs to {_listed(doubt.layers)}. Name the layers as in the file."
        )
    return (
        f"Nothing in {path} fits this drawing: no layer has the same name or place and the same shape. "
        "Choose the drawing that belongs to the file."
    )


def _values(path: Path, chosen: WeightChoice, name: str, target: Tensor) -> Callable[[], Tensor]:
    """Reads the values of one tensor.

    Raises:
        BadWeights: if no layer can use them.
    """
    if name in chosen.tensors.without_scale and target.is_floating_point():
        kind = str(chosen.tensors.types[name]).removeprefix("torch.")
        raise BadWeights(
            f"{name} in {path} holds {kind} numbers without the scale that would make weights of them. Choose a file "
            "with float16, bfloat16 or float32."
        )
    values = chosen.tensors.read(name)
    if values.is_complex() and not target.is_complex():
        raise BadWeights(f"{name} in {path} holds complex numbers, which no layer can use.")
    if not bool(torch.isfinite(values.to(target.dtype)).all()):
        raise BadWeights(
            f"{name} in {path} holds values that are no finite numbers; a net with them answers nothing. "
            "Choose another file."
        )
    return lambda: chosen.tensors.read(name)


def _listed(names: Sequence[str]) -> str:
    shown = [name if len(name) <= 60 else f"{name[:60]}…" for name in names[:4]]
    more = f" and {len(names) - 4} more" if len(names) > 4 else ""
    return ", ".join(shown) + more


def write_run(folder: Path, net: CompiledNet, model: nn.Module, recipe: Recipe) -> None:
    """A run before its first epoch: drawing, code and weights.

    Raises:
        OSError: if it cannot be written.
    """
    checkpoints.begin(folder, net, recipe)
    write_weights(folder / WEIGHTS, model)


def write_weights(path: Path, model: nn.Module) -> None:
    """All weights and buffers by name, as a safetensors file.

    Raises:
        OSError: if it cannot be written; a file that was there before is untouched then.
    """
    weights = {name: value.detach().cpu().contiguous() for name, value in model.state_dict().items()}
    fresh = path.with_name(path.name + checkpoints.FRESH)
    try:
        save_file(weights, fresh, checkpoints.metadata(weights, TrainingPosition()))
        os.replace(fresh, path)
    except SafetensorError as error:  # this is how it says that the disk is full or the folder is not there
        number = re.search(r"os error (\d+)", str(error))
        if number is None:
            raise OSError(str(error)) from None
        raise OSError(int(number[1]), os.strerror(int(number[1])), str(path)) from None
    finally:
        fresh.unlink(missing_ok=True)
