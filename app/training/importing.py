"""Brings weights from a file into a model, and writes them as a run that can be looked into or trained on."""

from __future__ import annotations

import os
import re
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import save_file
from torch import nn

from app.core.compile.net import CompiledNet
from app.core.graph.recipe import Recipe
from app.core.weights.matching import Matching, match
from app.training import checkpoints
from app.training.folder import WEIGHTS
from app.training.weight_files import BadWeights, WeightFile


def load_into(model: nn.Module, path: Path) -> Matching:
    """Give ``model`` those weights of a file (or of a run's folder) that belong to its layers; others stay.

    Raises:
        BadWeights: if the file cannot be used, or nothing in it fits.
    """
    targets = {name: value for name, value in model.state_dict().items() if value.numel()}
    with WeightFile(path) as file:
        matching = match({name: tuple(value.shape) for name, value in targets.items()}, file.sizes)
        if not matching.weights:
            raise BadWeights(
                f"Nothing in {path} fits this drawing: no layer has the same name or place and the same shape. "
                "Choose the drawing that belongs to the file."
            )
        with torch.no_grad():
            for pair in matching.pairs:
                values = file.tensor(pair.source)
                if values.is_complex() and not targets[pair.name].is_complex():
                    raise BadWeights(f"{pair.source} in {path} holds complex numbers, which no layer can use.")
                if not bool(torch.isfinite(values).all()):
                    raise BadWeights(
                        f"{pair.source} in {path} holds values that are no finite numbers; a net with them answers "
                        "nothing. Choose another file."
                    )
                targets[pair.name].copy_(values)
    return matching


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
        save_file(weights, fresh, {"format": "pt", "netloom": str(checkpoints.VERSION), "epoch": "0", "batch": "0"})
        os.replace(fresh, path)
    except SafetensorError as error:  # this is how it says that the disk is full or the folder is not there
        number = re.search(r"os error (\d+)", str(error))
        if number is None:
            raise OSError(str(error)) from None
        raise OSError(int(number[1]), os.strerror(int(number[1])), str(path)) from None
    finally:
        fresh.unlink(missing_ok=True)
