"""A run on disk: writing where a training stands, and reading it back. ``folder`` says what lies where.

A run may come from a stranger. Everything in it is checked before it is used, and nothing in it is ever executed.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import math
import os
import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeGuard

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save as weights_to_bytes
from torch import Tensor, nn

from app.core.compile.net import CompiledNet, compile_net
from app.core.compile.plan import NotReady
from app.core.graph.model import Project
from app.core.graph.recipe import Recipe
from app.core.storage.files import Unreadable, open_project, save_project, write_atomic
from app.training.folder import ABOUT, CODE, DRAWING, METRICS, ORDER, STATE, WEIGHTS, count, is_number, read_metrics

FRESH = ".new"  # the ending of a file that is written completely but not yet in its place
VERSION = 1


class BadRun(ValueError):
    """A folder cannot be used as a run. The message is a sentence that names the file and the remedy."""


@dataclass(frozen=True, slots=True)
class Position:
    """How far a training is: complete epochs, and batches done in the epoch after them."""

    epoch: int = 0
    batch: int = 0


@dataclass(frozen=True)
class State:
    """What continues a run besides the weights. ``running`` are the sums of an epoch that is not complete, ``threads``
    those that torch computed with (None in older files)."""

    position: Position
    recipe: Mapping[str, Any]
    optimizers: Sequence[Mapping[str, Any]]
    running: Mapping[str, float]
    cpu_random: Tensor
    cuda_random: Tensor | None = None
    threads: int | None = None


@dataclass(frozen=True)
class LoadedRun:
    """A run to look into: the drawing, its compiled form, a model with the trained weights (on the CPU, in evaluation
    mode), the number of complete epochs, and the numbers of each epoch."""

    folder: Path
    project: Project
    net: CompiledNet
    model: nn.Module
    epoch: int
    metrics: tuple[Mapping[str, Any], ...]


def begin(folder: Path, net: CompiledNet, recipe: Recipe) -> None:
    """Make ``folder`` that of a new run. Files of an earlier run there are replaced; other files stay.

    Raises:
        OSError: if it cannot be written.
    """
    if net.project is None:
        raise ValueError("A run's folder keeps the drawing. Compile the net from a Project, not from a Plan.")
    folder.mkdir(parents=True, exist_ok=True)
    # Weights go first: a crash must not leave old weights beside a new drawing.
    for name in (WEIGHTS, WEIGHTS + FRESH, STATE, STATE + FRESH, METRICS, ABOUT):
        (folder / name).unlink(missing_ok=True)
    describe(folder, net, recipe)
    (folder / METRICS).touch()


def describe(folder: Path, net: CompiledNet, recipe: Recipe) -> None:
    """Write the drawing, with this recipe, and its code.

    Raises:
        OSError: if that fails.
    """
    assert net.project is not None, "begin and resume see to that"
    save_project(replace(net.project, recipe=recipe), folder / DRAWING)
    write_atomic(folder / CODE, net.source.text.encode())


def save(folder: Path, model: nn.Module, state: State, *, durable: bool = False) -> None:
    """Write weights and state. A crash at any moment leaves a pair that belongs together.

    ``durable`` waits until the disk has them, for the end of a run; in between that would cost more than the epoch of
    a small net, and only a power cut could tell the difference.

    Raises:
        OSError: if that fails; the earlier pair is untouched then.
    """
    weights = {name: value.detach().to("cpu", copy=True).contiguous() for name, value in model.state_dict().items()}
    raw = weights_to_bytes(weights, metadata(weights, state.position))
    buffer = io.BytesIO()
    torch.save(
        {
            "version": VERSION,
            "weights": hashlib.sha256(raw).hexdigest(),
            "epoch": state.position.epoch,
            "batch": state.position.batch,
            "recipe": dict(state.recipe),
            "optimizers": [_in_main_memory(each) for each in state.optimizers],
            "running": dict(state.running),
            "threads": state.threads,
            "cpu_random": state.cpu_random,
            "cuda_random": state.cuda_random,
        },
        buffer,
    )
    try:
        for name, content in ((WEIGHTS, raw), (STATE, buffer.getvalue())):
            with open(folder / (name + FRESH), "wb") as file:
                file.write(content)
                if durable:
                    file.flush()
                    os.fsync(file.fileno())
    except OSError:  # a full disk, say, which half a file would only make fuller
        for name in (WEIGHTS, STATE):
            with contextlib.suppress(OSError):
                (folder / (name + FRESH)).unlink(missing_ok=True)
        raise
    # If the power fails between these two, the state that belongs to the weights still lies there as STATE + FRESH,
    # and load_state finds it by the digest.
    os.replace(folder / (WEIGHTS + FRESH), folder / WEIGHTS)
    os.replace(folder / (STATE + FRESH), folder / STATE)


def metadata(weights: Iterable[str], position: Position) -> dict[str, str]:
    """What a file of weights says beside them. The format sorts by name, so the order of the layers stands here."""
    where = {"epoch": str(position.epoch), "batch": str(position.batch)}
    return {"format": "pt", "netloom": str(VERSION), ORDER: json.dumps(list(weights)), **where}


def _in_main_memory(optimizer: Mapping[str, Any]) -> dict[str, Any]:
    """The state of an optimizer as every machine can read it, wherever its moments lie."""
    moments = {
        index: {name: value.cpu() if isinstance(value, Tensor) else value for name, value in entry.items()}
        for index, entry in optimizer["state"].items()
    }
    return {**optimizer, "state": moments}


def load_run(path: Path) -> LoadedRun:
    """The run in a folder.

    Raises:
        BadRun: if it is no run, or a part of it is missing, damaged or does not belong to the rest.
    """
    folder = Path(path)
    if not folder.is_dir():
        what = "is not a folder" if folder.exists() else "does not exist"
        raise BadRun(f"{folder} {what}. Name the folder of a run, such as runs/demo.")
    if not (folder / DRAWING).exists():
        raise BadRun(f"{folder} is not the folder of a run: it has no {DRAWING}. Name one that train has written.")
    for name in (WEIGHTS, STATE, STATE + FRESH, METRICS):
        if (folder / name).exists() and not (folder / name).is_file():  # a pipe or a device may never end
            raise BadRun(f"{folder / name} is a folder, a device or a pipe. Name a run that train has written.")
    try:
        opened = open_project(folder / DRAWING)
        net = compile_net(opened.project)
    except Unreadable as bad:
        raise BadRun(f"The drawing of the run cannot be read. {bad}") from None
    except NotReady as bad:
        raise BadRun(f"The drawing of the run cannot be compiled. {bad}") from None
    model = net.model(seed=0)
    epoch = load_weights(folder, model)
    metrics = read_metrics(folder)
    if epoch is None:
        epoch = int(metrics[-1]["epoch"]) if metrics else 0
    model.eval()
    return LoadedRun(folder, opened.project, net, model, epoch, metrics)


def load_weights(folder: Path, model: nn.Module) -> int | None:
    """Put the weights of a run into ``model``. Gives the number of complete epochs, if the file says it.

    Raises:
        BadRun: if the file is missing or damaged, or its weights are not those of the model.
    """
    try:
        # The values are copied out: the file may be replaced while the model lives.
        with safe_open(folder / WEIGHTS, framework="pt") as file:
            found = {name: file.get_tensor(name).clone() for name in file.keys()}  # noqa: SIM118  not a dict
            said = (file.metadata() or {}).get("epoch", "")
    except FileNotFoundError:
        raise BadRun(f"{folder} has no {WEIGHTS}, so there is nothing trained to use. Train it again.") from None
    except SafetensorError:
        raise BadRun(f"{folder / WEIGHTS} is damaged or cut off. Use a copy of it, or train again.") from None
    except OSError as error:
        raise BadRun(f"{folder / WEIGHTS} cannot be read: {error.strerror or error}.") from None
    wanted = model.state_dict()
    difference = _difference(found, wanted)
    if difference:
        raise BadRun(f"{folder / WEIGHTS} does not belong to this drawing: {difference}. Use the run's own drawing.")
    model.load_state_dict(found)
    return int(said) if said.isascii() and said.isdigit() and len(said) < 10 else None


def _difference(found: Mapping[str, Tensor], wanted: Mapping[str, Tensor]) -> str:
    for name, value in wanted.items():
        other = found.get(name)
        if other is None:
            return f"it has no values for {name}"
        if other.shape != value.shape:
            return f"{name} has the shape {tuple(other.shape)} there and {tuple(value.shape)} in the drawing"
        if other.dtype != value.dtype:
            return f"{name} holds {other.dtype} there and {value.dtype} in the drawing"
    extra = next((name for name in found if name not in wanted), None)
    return f"it has values for {extra}, which the drawing lacks" if extra is not None else ""


def load_state(folder: Path) -> State:
    """Where the training of a run stood. Reading it executes nothing, whatever the file holds.

    Raises:
        BadRun: if the file is missing, damaged or tampered with, or belongs to other weights.
    """
    digest = hashlib.sha256((folder / WEIGHTS).read_bytes()).hexdigest()
    refusals: list[BadRun] = []
    for name in (STATE, STATE + FRESH):
        try:
            belongs_to, state = _read_state(folder / name)
        except BadRun as bad:
            refusals.append(bad)
            continue
        if belongs_to == digest:
            return state
        refusals.append(
            BadRun(
                f"{WEIGHTS} and {name} in {folder} do not belong together: one of them was exchanged. The run can be "
                "looked at, but not continued. Train it again."
            )
        )
    raise refusals[0]


def _read_state(path: Path) -> tuple[str, State]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch's advice on foreign files is not for the student
            raw = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise BadRun(
            f"{path.parent} has no {STATE}, which says where the training stood. The run can be looked at, but not "
            "continued. Train it again."
        ) from None
    except Exception:  # which ones a damaged archive may raise is written down nowhere
        raise BadRun(
            f"{path} is damaged, or holds what does not belong there; nothing in it was run. The run can be looked "
            "at, but not continued. Train it again."
        ) from None
    wrong = BadRun(f"{path} was not written by this version of Netloom, or is damaged. Train the run again.")
    if not isinstance(raw, dict) or count(raw.get("version")) != VERSION or not isinstance(raw.get("weights"), str):
        raise wrong
    epoch, batch = count(raw.get("epoch")), count(raw.get("batch"))
    running, recipe, optimizers = raw.get("running"), raw.get("recipe"), raw.get("optimizers")
    if epoch is None or batch is None or not isinstance(recipe, dict) or not isinstance(optimizers, list):
        raise wrong
    names = {"loss", "samples", "decisions", "right"}
    if not isinstance(running, dict) or running.keys() != names or not all(map(is_number, running.values())):
        raise wrong
    cpu, cuda = raw.get("cpu_random"), raw.get("cuda_random")
    if not _is_random_state(cpu) or not (cuda is None or _is_random_state(cuda)):
        raise wrong
    if not all(isinstance(each, dict) for each in optimizers):
        raise wrong
    threads = raw.get("threads")
    if threads is not None and not count(threads):
        raise wrong
    return raw["weights"], State(Position(epoch, batch), recipe, optimizers, running, cpu, cuda, threads)


def restore_optimizer(optimizer: torch.optim.Optimizer, saved: Mapping[str, Any], recipe: Recipe, old: Recipe) -> None:
    """Continue with the moments of a saved optimizer. Settings that differ from those of the old recipe are new wishes
    and win; the others are as they last were, a learning rate that was changed while training among them.

    Raises:
        BadRun: if it is not the state of this optimizer.
    """
    wrong = BadRun(f"The optimizer in {STATE} does not belong to this drawing. Train the run again.")
    groups, moments = saved.get("param_groups"), saved.get("state")
    parameters = [p for group in optimizer.param_groups for p in group["params"]]
    if not isinstance(groups, list) or len(groups) != 1 or not isinstance(groups[0], dict):
        raise wrong
    if not isinstance(moments, dict) or not all(_fits(k, v, parameters) for k, v in moments.items()):
        raise wrong
    fresh = optimizer.state_dict()
    for name, wish, before in (
        ("lr", recipe.lr, old.lr),
        ("momentum", recipe.momentum, old.momentum),
        ("weight_decay", recipe.weight_decay, old.weight_decay),
    ):
        if name in fresh["param_groups"][0] and wish == before:
            value = groups[0].get(name)
            if not is_number(value) or not 0 <= value < math.inf:
                raise wrong
            fresh["param_groups"][0][name] = float(value)
    kinds = {frozenset(entry) for entry in moments.values()}
    expected = {"SGD": {"momentum_buffer"}, "Adam": {"step", "exp_avg", "exp_avg_sq"}}[recipe.optimizer]
    if kinds - {frozenset(expected)}:
        raise wrong
    # Copied into the layout of the weights, which the fused kernels take for granted.
    moments = {
        index: {name: _laid_out(value, parameters[index]) for name, value in entry.items()}
        for index, entry in moments.items()
    }
    optimizer.load_state_dict({"state": moments, "param_groups": fresh["param_groups"]})


def _fits(index: object, entry: object, parameters: Sequence[Tensor]) -> bool:
    """Whether ``entry`` can be what an optimizer keeps for a parameter: torch itself would write out of bounds."""
    if not isinstance(index, int) or not 0 <= index < len(parameters) or not isinstance(entry, dict):
        return False
    shape = parameters[index].shape
    return all(_is_moment(name, value, shape) for name, value in entry.items())


def _is_moment(name: str, value: object, shape: torch.Size) -> bool:
    if value is None:
        return name == "momentum_buffer"
    if not _is_plain(value, torch.float32) or value.shape != (torch.Size() if name == "step" else shape):
        return False
    # A mean of squares may overflow; then its weights rest, and the others go on.
    return bool((value >= 0).all() if name == "exp_avg_sq" else value.isfinite().all())


def _laid_out(value: Tensor | None, like: Tensor) -> Tensor | None:
    if value is None or value.shape != like.shape:
        return value
    return torch.empty_like(like, device="cpu", requires_grad=False).copy_(value)


def _is_plain(value: object, dtype: torch.dtype) -> TypeGuard[Tensor]:
    """Whether it is a tensor with its numbers in main memory, one for each place."""
    if not isinstance(value, Tensor) or value.dtype != dtype:
        return False
    return value.device.type == "cpu" and value.layout == torch.strided


def _is_random_state(value: object) -> TypeGuard[Tensor]:
    return _is_plain(value, torch.uint8) and value.ndim == 1
