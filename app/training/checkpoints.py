"""A run on disk: writing where a training stands, and reading it back. ``folder`` says what lies where.

A run may come from a stranger. Everything in it is checked before it is used, and nothing in it is ever executed.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import shutil
import warnings
from collections.abc import Callable, Iterable, Mapping
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
from app.core.storage.files import UnreadableDrawing, open_project, save_project, write_atomic
from app.training import snapshots
from app.training.folder import (
    ABOUT,
    BASELINES,
    CHANGES,
    CODE,
    DAMAGED,
    DRAWING,
    METRICS,
    ORDER,
    OWN_LOSSES,
    STATE,
    TEXTS,
    WEIGHTS,
    count,
    is_number,
    read_metrics,
)
from app.training.position import At, TrainingPosition, at_short, at_words
from app.training.trainer import TrainerState
from nodes.api.words import listed

FRESH = ".new"  # the ending of a file that is written completely but not yet in its place
VERSION = 1


class BadRun(ValueError):
    """A folder cannot be used as a run. The message is a sentence that names the file and the remedy."""


@dataclass(frozen=True)
class State:
    """What continues a run besides the weights. ``running`` are the sums of an epoch that is not complete, ``threads``
    those that torch computed with (None in older files). ``weights`` are those to go on with, where a stop rule has put
    better ones into the file of weights."""

    position: TrainingPosition
    recipe: Mapping[str, Any]
    trainer: TrainerState
    running: Mapping[str, Any]
    cpu_random: Tensor
    cuda_random: Tensor | None = None
    threads: int | None = None
    weights: Mapping[str, Tensor] | None = None
    playing: Mapping[str, Any] | None = None  # where games stand, and what is remembered of them


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
    for name in (
        WEIGHTS,
        WEIGHTS + FRESH,
        STATE,
        STATE + FRESH,
        DRAWING + FRESH,
        METRICS,
        DAMAGED,
        CHANGES,
        OWN_LOSSES,
        TEXTS,
        BASELINES,
        ABOUT,
    ):
        (folder / name).unlink(missing_ok=True)
    snapshots.forget(folder)
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
    (folder / (DRAWING + FRESH)).unlink(missing_ok=True)


def rename(folder: Path, net: CompiledNet, recipe: Recipe, names: Mapping[str, str], state: State) -> None:
    """Give a run the names of this drawing of the same net. A crash at any moment leaves a run that can be used.

    Args:
        names: those of the weights so far, in the order of the model, and what they are called now.
        state: where the training stands, under the new names.

    Raises:
        OSError: if that fails.
    """
    assert net.project is not None, "a run is continued with a drawing"
    found, _ = _weights_in(folder)
    # Until the drawing is in its place, load_run knows by the names of the weights which of the two belongs to them.
    fresh = folder / (DRAWING + FRESH)
    save_project(replace(net.project, recipe=recipe), fresh)
    write(folder, {new: found[old] for old, new in names.items()}, state, durable=True)
    os.replace(fresh, folder / DRAWING)
    write_atomic(folder / CODE, net.source.text.encode())


def exchange(folder: Path, net: CompiledNet, recipe: Recipe, write: Callable[[], bool]) -> None:
    """Make a run that of another drawing, whose weights ``write`` writes, if they are worth it. A crash in between
    leaves one that can be read: the new drawing lies beside its place until the weights are there.

    Raises:
        OSError: if that fails.
    """
    assert net.project is not None, "begin sees to that"
    save_project(replace(net.project, recipe=recipe), folder / (DRAWING + FRESH))
    if not write():
        (folder / (DRAWING + FRESH)).unlink()
        return
    os.replace(folder / (DRAWING + FRESH), folder / DRAWING)
    write_atomic(folder / CODE, net.source.text.encode())


def save(folder: Path, model: nn.Module, state: State, *, durable: bool = False) -> None:
    """Write weights and state. A crash at any moment leaves a pair that belongs together.

    ``durable`` waits until the disk has them, for the end of a run; in between that would cost more than the epoch of
    a small net, and only a power cut could tell the difference.

    Raises:
        OSError: if that fails; the earlier pair is untouched then.
    """
    weights = {name: value.detach().to("cpu", copy=True).contiguous() for name, value in model.state_dict().items()}
    write(folder, weights, state, durable)


def keep_within(run: Path, model: nn.Module, at: TrainingPosition, batches: int, recipe: Recipe) -> None:
    """Keep the weights of a moment within an epoch, as ``kept.within`` wants it. What cannot be written is not kept."""
    weights = {name: value.detach().to("cpu", copy=True).contiguous() for name, value in model.state_dict().items()}
    folder = None
    try:
        raw = weights_to_bytes(weights, metadata(weights, at))
        folder = snapshots.place_within(run, at, batches, recipe, len(raw))
        if folder is not None:
            (folder / (WEIGHTS + FRESH)).write_bytes(raw)
            os.replace(folder / (WEIGHTS + FRESH), folder / WEIGHTS)
    except OSError:  # a full disk, say; the run itself goes on
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)


def write(folder: Path, weights: Mapping[str, Tensor], state: State, durable: bool = False) -> None:
    """As ``save``, with weights that are in main memory."""
    raw = weights_to_bytes(dict(weights), metadata(weights, state.position))
    buffer = io.BytesIO()
    torch.save(
        {
            "version": VERSION,
            "weights": hashlib.sha256(raw).hexdigest(),
            "epoch": state.position.epoch,
            "batch": state.position.batch,
            "recipe": dict(state.recipe),
            "optimizers": [in_main_memory(each) for each in state.trainer.optimizers],
            "schedules": [dict(each) for each in state.trainer.schedules],
            "rates": list(state.trainer.rates) if state.trainer.rates is not None else None,
            "stopping": in_main_memory(state.trainer.stopping),
            "average": in_main_memory(state.trainer.average),
            "scaler": dict(state.trainer.scaler),
            "target": in_main_memory(state.trainer.target),
            "copied": state.trainer.copied,
            "playing": in_main_memory(state.playing) if state.playing is not None else None,
            "continue_with": in_main_memory(state.weights) if state.weights is not None else None,
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


def metadata(weights: Iterable[str], position: TrainingPosition) -> dict[str, str]:
    """What a file of weights says beside them. The format sorts by name, so the order of the layers stands here."""
    where = {"epoch": str(position.epoch), "batch": str(position.batch)}
    return {"format": "pt", "netloom": str(VERSION), ORDER: json.dumps(list(weights)), **where}


def in_main_memory(value: Any) -> Any:
    """Tensors inside of ``value`` as every machine can read them, wherever they lie."""
    if isinstance(value, Tensor):
        return value.detach().cpu()
    if isinstance(value, Mapping):
        return {name: in_main_memory(each) for name, each in value.items()}
    return value


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
    for name in (WEIGHTS, STATE, STATE + FRESH, DRAWING + FRESH, METRICS):
        if (folder / name).exists() and not (folder / name).is_file():  # a pipe or a device may never end
            raise BadRun(f"{folder / name} is a folder, a device or a pipe. Name a run that train has written.")
    try:
        net = _net_of(folder)
    except UnreadableDrawing as bad:
        raise BadRun(f"The drawing of the run cannot be read. {bad}") from None
    except NotReady as bad:
        raise BadRun(f"The drawing of the run cannot be compiled. {bad}") from None
    model = net.model(seed=0)
    epoch = load_weights(folder, model)
    metrics = read_metrics(folder)
    if epoch is None:
        epoch = int(metrics[-1]["epoch"]) if metrics else 0
    model.eval()
    assert net.project is not None, "it was compiled from one"
    return LoadedRun(folder, net.project, net, model, epoch, metrics)


def _net_of(folder: Path) -> CompiledNet:
    """The net of the drawing that the weights of a run belong to: the one beside it, if a crash came while its layers
    were given other names, or were edited."""
    fresh = folder / (DRAWING + FRESH)
    if fresh.is_file():
        with contextlib.suppress(UnreadableDrawing, NotReady, BadRun, ValueError):
            found, said = _weights_in(folder)
            net = compile_net(open_project(fresh).project)
            weights = net.model(seed=0).state_dict()
            if json.loads(said.get(ORDER, "")) == list(weights) and not difference(found, weights):
                return net
    return compile_net(open_project(folder / DRAWING).project)


def load_weights(folder: Path, model: nn.Module) -> int | None:
    """Put the weights of a run into ``model``. Gives the number of complete epochs, if the file says it.

    Raises:
        BadRun: if the file is missing or damaged, or its weights are not those of the model.
    """
    found, about = _weights_in(folder)
    wanted = model.state_dict()
    differs = difference(found, wanted)
    if differs:
        raise BadRun(f"{folder / WEIGHTS} does not belong to this drawing: {differs}. Use the run's own drawing.")
    model.load_state_dict(found)
    return _epoch_said(about)


def _epoch_said(about: Mapping[str, str]) -> int | None:
    said = about.get("epoch", "")
    return int(said) if said.isascii() and said.isdigit() and len(said) < 10 else None


def weights_at(run: Path, at: At) -> Mapping[str, Tensor]:
    """The weights and buffers that a run had at the end of an epoch, or within one, by name; 0 is its beginning. Which
    were kept, ``kept_points`` knows.

    Raises:
        BadRun: if that was not kept, or its file is damaged.
    """
    return _weights_in(kept_at(run, at).folder)[0]


def said_with_weights(folder: Path) -> Mapping[str, str]:
    """What the file of weights of a run, or of a kept epoch, says beside them, such as their order (``ORDER``).

    Raises:
        BadRun: if it is missing or damaged.
    """
    return _weights_in(folder)[1]


def kept_at(run: Path, at: At) -> snapshots.KeptPoint:
    """A moment of a run that was kept.

    Raises:
        BadRun: if it was not. The sentence says which were.
    """
    found = snapshots.kept_point(run, at)
    if found is None:
        if not (run / DRAWING).exists():
            raise BadRun(f"{run} is not the folder of a run: it has no {DRAWING}. Name one that train has written.")
        points = snapshots.kept_epochs(run) if isinstance(at, int) else snapshots.kept_points(run)
        known = listed([at_short(each.at) for each in points])
        there = f"It has {known}." if points else "None was: train with keep or snapshots above 0."
        called = at_words(at)
        raise BadRun(f"{called[0].upper()}{called[1:]} of {run} was not kept. {there}")
    return found


def _weights_in(folder: Path) -> tuple[dict[str, Tensor], Mapping[str, str]]:
    """The weights of a run by name, and what their file says beside them.

    Raises:
        BadRun: if the file is missing or damaged.
    """
    try:
        # The values are copied out: the file may be replaced while the model lives.
        with safe_open(folder / WEIGHTS, framework="pt") as file:
            found = {name: file.get_tensor(name).clone() for name in file.keys()}  # noqa: SIM118  not a dict
            return found, file.metadata() or {}
    except FileNotFoundError:
        raise BadRun(f"{folder} has no {WEIGHTS}, so there is nothing trained to use. Train it again.") from None
    except SafetensorError:
        raise BadRun(f"{folder / WEIGHTS} is damaged or cut off. Use a copy of it, or train again.") from None
    except OSError as error:
        raise BadRun(f"{folder / WEIGHTS} cannot be read: {error.strerror or error}.") from None


def difference(found: Mapping[str, Tensor], wanted: Mapping[str, Tensor]) -> str:
    """In what weights are not those of a model, in words; empty if they are."""
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
    if not _are_sums(running):
        raise wrong
    cpu, cuda = raw.get("cpu_random"), raw.get("cuda_random")
    if not _is_random_state(cpu) or not (cuda is None or _is_random_state(cuda)):
        raise wrong
    schedules, stopping = raw.get("schedules", []), raw.get("stopping", {})
    if not isinstance(schedules, list) or not isinstance(stopping, dict):
        raise wrong
    if not all(isinstance(each, dict) for each in (*optimizers, *schedules)):
        raise wrong
    rates, weights = raw.get("rates"), raw.get("continue_with")
    if rates is not None and not (isinstance(rates, list) and all(is_number(rate) and rate > 0 for rate in rates)):
        raise wrong
    if weights is not None and not (isinstance(weights, dict) and all(isinstance(w, Tensor) for w in weights.values())):
        raise wrong
    threads = raw.get("threads")
    if threads is not None and not count(threads):
        raise wrong
    average = raw.get("average", {})
    if not isinstance(average, dict) or not all(isinstance(each, Tensor) for each in average.values()):
        raise wrong
    scaler = raw.get("scaler", {})
    if not isinstance(scaler, dict) or not all(isinstance(n, str) and is_number(v) for n, v in scaler.items()):
        raise wrong
    target, copied, playing = raw.get("target", {}), raw.get("copied", 0), raw.get("playing")
    if not isinstance(target, dict) or not all(isinstance(each, Tensor) for each in target.values()):
        raise wrong
    if not (copied == 0 or count(copied)) or not (playing is None or isinstance(playing, dict)):
        raise wrong
    trainer = TrainerState(optimizers, schedules, rates, stopping, average, scaler, target, copied)
    state = State(TrainingPosition(epoch, batch), recipe, trainer, running, cpu, cuda, threads, weights, playing)
    return raw["weights"], state


def _are_sums(running: object) -> TypeGuard[Mapping[str, Any]]:
    """Whether it is what ``Averages.state`` gives, or gave before there were sums by name."""
    if not isinstance(running, dict):
        return False
    if running.keys() == {"loss", "samples", "decisions", "right"}:
        return all(map(is_number, running.values()))
    if running.keys() != {"loss", "samples", "losses", "sums"}:
        return False
    losses, sums = running["losses"], running["sums"]
    if not isinstance(losses, dict) or not isinstance(sums, dict) or not all(map(is_number, losses.values())):
        return False
    counted = (is_number(each) or any(is_plain(each, kind) for kind in _SUMS) for each in sums.values())
    return is_number(running["loss"]) and is_number(running["samples"]) and all(counted)


_SUMS = (torch.int64, torch.float32, torch.float64)


def is_plain(value: object, dtype: torch.dtype) -> TypeGuard[Tensor]:
    """Whether it is a tensor with its numbers in main memory, one for each place."""
    if not isinstance(value, Tensor) or value.dtype != dtype:
        return False
    return value.device.type == "cpu" and value.layout == torch.strided


def _is_random_state(value: object) -> TypeGuard[Tensor]:
    return is_plain(value, torch.uint8) and value.ndim == 1
