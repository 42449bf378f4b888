"""A drawing that was edited while its training rested: how the training goes on with it.

Every layer that is still there, of the same type and with weights of the same shapes, keeps them and what the optimizer
has gathered for them; others start fresh, as they would in a new training. Everything is made beside the run and put
in its place at once, so that a drawing that cannot be trained leaves the run as it was.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import Tensor, nn
from torch.optim import SGD

from app.core.compile.net import CompiledNet, compile_net
from app.core.compile.objectives import Objective
from app.core.compile.plan import NotReady
from app.core.graph.model import Project
from app.core.graph.recipe import Recipe
from app.core.live_settings import BETWEEN_EPOCHS
from app.core.weights.moving import RenamedLayer, key_after, use_of
from app.training import checkpoints, snapshots
from app.training.checkpoints import BadRun, State
from app.training.diagnosis import Diagnosis
from app.training.events import Edited
from app.training.folder import add_edit
from app.training.judging.own_losses import OwnLosses
from app.training.metrics import Averages
from app.training.periodic_examination import PeriodicExamination
from app.training.position import TrainingPosition
from app.training.preparation import check_probabilities
from app.training.refusal import CannotTrain
from app.training.restoring import restore
from app.training.trainer import RATES, Trainer, TrainerState, weights_of
from nodes.api import NoData
from nodes.api.words import listed


@dataclass(frozen=True)
class DrawingEdit:
    """The drawing with its recipe, and how its layers were called before, step by step."""

    project: Project
    moves: tuple[RenamedLayer, ...] = ()


class EditableRun(Protocol):
    """A run that can go on with another drawing."""

    net: CompiledNet
    recipe: Recipe
    model: nn.Module
    trainer: Trainer
    learn: Tensor
    batches: int
    device: torch.device
    averages: Averages
    own_losses: OwnLosses
    doctor: Diagnosis
    attending: PeriodicExamination
    out: Path | None
    position: TrainingPosition
    saved: TrainingPosition | None
    batch: Mapping[str, Tensor]

    def __init__(self, net: CompiledNet, recipe: Recipe, out: Any, control: Any, model: Any) -> None: ...

    def state(self) -> State:
        """Everything besides the weights."""

    def save(self) -> None:
        """Write it, if there is a folder."""

    def fit(self) -> None:
        """Let layers measure the training data."""

    def looked_at(self) -> Mapping[str, Tensor]:
        """Some training samples."""


# What belongs to the net and its data, and comes with a new one. Everything else is the run's own history.
_OF_THE_NET = """net recipe model trainer learn validation test remarks memory crowded batches loss_names samples
averages own_losses doctor readings compares device""".split()


def take_over(run: EditableRun, edit: DrawingEdit) -> Iterator[Edited]:
    """Let ``run`` go on with an edited drawing, from the next batch on. What cannot be is told, and changes nothing."""
    epoch, batch = run.position.epoch + 1, run.position.batch + 1
    try:
        with _random_numbers(run.device):
            fresh, sentence = _made(run, edit)
    except NotReady as bad:
        yield Edited(epoch, batch, str(bad), refused=True, node=bad.problems[0].node or None, project=edit.project)
        return
    except (CannotTrain, NoData, BadRun) as bad:
        yield Edited(epoch, batch, str(bad), refused=True, node=getattr(bad, "node", None), project=edit.project)
        return
    except RuntimeError as error:  # of torch: too little memory, say
        node, said = run.net.explain(error)
        yield Edited(epoch, batch, said, refused=True, node=node, project=edit.project)
        return
    for name in _OF_THE_NET:
        setattr(run, name, getattr(fresh, name))
    run.position, run.saved, run.batch = fresh.position, None, {}
    run.doctor.continued()
    run.attending = PeriodicExamination(run, run.learn, run.batches, run.doctor)  # type: ignore[arg-type]
    weights = sum(value.numel() for value in run.model.parameters())
    place = run.position
    told = Edited(
        place.epoch + 1, place.batch + 1, sentence, run.batches, run.recipe.epochs, weights, project=edit.project
    )
    if run.out is not None:

        def written() -> bool:
            run.save()
            return run.saved == run.position

        checkpoints.exchange(run.out, run.net, run.recipe, written)
        snapshots.forget(run.out, after=place)  # of an epoch that begins anew
        add_edit(run.out, told)
    yield told


class _random_numbers:  # noqa: N801  used like a function
    """Puts the random numbers back, whatever was drawn: those of the training are not to change by an edit."""

    def __init__(self, device: torch.device) -> None:
        self._device = device

    def __enter__(self) -> None:
        self._cpu = torch.get_rng_state()
        self._cuda = torch.cuda.get_rng_state(self._device) if self._device.type != "cpu" else None

    def __exit__(self, *_: object) -> None:
        torch.set_rng_state(self._cpu)
        if self._cuda is not None:
            torch.cuda.set_rng_state(self._cuda, self._device)


def _made(run: EditableRun, edit: DrawingEdit) -> tuple[EditableRun, str]:
    """A run of the edited drawing that stands where ``run`` does, and what is told of it."""
    before = run.net.project
    assert before is not None, "a run that can be edited was compiled from a drawing"
    # Those that count from the next epoch on are changed then, by the same way as in a run that never rested.
    held = {name: getattr(run.recipe, name) for name in BETWEEN_EPOCHS}
    recipe = replace(edit.project.recipe, **held)
    _check_parts(run.recipe, recipe)
    net = compile_net(replace(edit.project, recipe=recipe))
    fresh = type(run)(net, recipe, None, None, None)
    fresh.fit()
    check_probabilities(net, fresh.model, fresh.looked_at())
    carried = _carried(run.model, before, fresh.model, edit)
    _carry_weights(run.model, fresh.model, carried.tensors)
    notes = _carry_trainer(run, fresh, carried)
    same_batches = torch.equal(run.learn, fresh.learn) and run.batches == fresh.batches
    fresh.position = run.position
    fresh.own_losses.kept = run.own_losses.kept
    if run.out is not None and run.position.epoch:
        run.own_losses.save(run.out)
        fresh.own_losses.continue_from(run.out, run.position.epoch)
    if not same_batches and run.position.batch:
        fresh.position = TrainingPosition(run.position.epoch, 0)
        notes.append("The data is another, so this epoch begins anew.")
    elif run.position.batch:
        fresh.averages.restore(run.averages.state(), measured=run.recipe.metrics == recipe.metrics)
    return fresh, " ".join([*carried.sentences(), *notes])


def _check_parts(old: Recipe, new: Recipe) -> None:
    other = new.other_parts(old)
    if other is not None:
        word, before, now = other
        raise CannotTrain(
            f"The {word} was {before} when this training began and is {now} now, so other samples would be held out "
            f"than were until now. Set it back to {before}, or stop and train anew."
        )


@dataclass(frozen=True)
class _Carried:
    """``tensors`` leads from the names of weights and buffers now to those of before, of what is kept. Layers are told
    as a drawing shows them: which keep what they have learned, which start fresh and why, and which are gone."""

    tensors: Mapping[str, str]
    kept: Sequence[str]
    fresh: Mapping[str, str]
    gone: Sequence[str]

    def sentences(self) -> Iterator[str]:
        if self.kept and not self.fresh:
            yield "Every layer goes on with what it has learned."
        elif self.kept:
            yield f"{listed(self.kept)} {_go(self.kept)} on with what {_they(self.kept)} learned."
        if self.fresh:
            why: dict[str, list[str]] = {}
            for name, reason in self.fresh.items():
                why.setdefault(reason, []).append(name)
            parts = [f"{listed(names)} ({reason})" for reason, names in why.items()]
            yield f"{' and '.join(parts)} {'starts' if len(self.fresh) == 1 else 'start'} fresh."
        if self.gone:
            yield f"{listed(self.gone)} {'is' if len(self.gone) == 1 else 'are'} gone."


def _go(names: Sequence[str]) -> str:
    return "goes" if len(names) == 1 else "go"


def _they(names: Sequence[str]) -> str:
    return "it has" if len(names) == 1 else "they have"


def _carried(old: nn.Module, before: Project, new: nn.Module, edit: DrawingEdit) -> _Carried:
    """Which weights and buffers go along."""
    there = old.state_dict()
    now_called = {key_after(name, edit.moves): name for name in there}
    groups: dict[str, list[str]] = {}
    names: dict[str, str] = {}
    for name in (here := new.state_dict()):
        place = use_of(edit.project, name)
        path = place.path if place is not None else name.rpartition(".")[0]
        groups.setdefault(path, []).append(name)
        names[path] = place.name if place is not None else path
    tensors: dict[str, str] = {}
    kept: dict[str, None] = {}
    fresh: dict[str, str] = {}
    for path, members in groups.items():
        both = [name for name in members if name in now_called]
        reason = _why_fresh(both, now_called, there, here, before, edit.project)
        if reason:
            fresh[names[path]] = reason
        else:
            kept[names[path]] = None
            tensors |= {name: now_called[name] for name in both}
    used = {place.path for name in tensors.values() if (place := use_of(before, name)) is not None}
    told = {*kept, *fresh}
    lost = [place.name for name in there if (place := use_of(before, name)) is not None and place.path not in used]
    gone = [name for name in dict.fromkeys(lost) if name not in told]
    renamed = {place.name for key, name in now_called.items() if (place := use_of(before, name)) and key in here}
    return _Carried(tensors, [*(n for n in kept if n not in fresh)], fresh, [n for n in gone if n not in renamed])


def _why_fresh(
    names: Sequence[str],
    now_called: Mapping[str, str],
    there: Mapping[str, Tensor],
    here: Mapping[str, Tensor],
    before: Project,
    now: Project,
) -> str:
    """Why a layer starts fresh, in two words; empty if it keeps what it has learned."""
    if not names:
        return "new"
    one, other = use_of(before, now_called[names[0]]), use_of(now, names[0])
    if one is None or other is None or one.node.type != other.node.type:
        return "another layer"
    for name in names:
        old = there[now_called[name]]
        if old.shape != here[name].shape or old.dtype != here[name].dtype:
            return "another size"
    return ""


def _carry_weights(old: nn.Module, new: nn.Module, tensors: Mapping[str, str]) -> None:
    there, here = old.state_dict(), new.state_dict()
    with torch.no_grad():
        for name, before in tensors.items():
            here[name].copy_(there[before])


def _carry_trainer(run: EditableRun, fresh: EditableRun, carried: _Carried) -> list[str]:
    """Give the trainer of ``fresh`` what that of ``run`` has gathered. Gives what is to be told of it."""
    trainer, before, notes = fresh.trainer, run.trainer, []
    state = run.state()
    counterparts = {each.name: _counterpart(each, trainer.objectives, before.objectives) for each in trainer.objectives}
    beginning = trainer.state()
    optimizers: list[Mapping[str, Any]] = []
    schedules: list[Mapping[str, Any]] = []
    rates: list[float] = []
    places = {name: place for place, name in enumerate(before.optimizers)}
    anew = False
    for place, objective in enumerate(trainer.objectives):
        other = counterparts[objective.name]
        optimizer, begun = trainer.optimizers[objective.name], beginning.optimizers[place]
        if other is None:
            anew = anew or bool(trainer.schedules)
            optimizers.append(begun)
            schedules += beginning.schedules[place : place + 1]
            rates.append(objective.lr(fresh.recipe))
            continue
        at = places[other.name]
        saved = state.trainer.optimizers[at]
        kept = _by_name(saved, before.optimizers[other.name].param_groups, run.model)
        own = _names(optimizer.param_groups, fresh.model)
        moments = {i: kept[carried.tensors[name]] for i, name in enumerate(own) if carried.tensors.get(name) in kept}
        if type(optimizer) is SGD and any("momentum_buffer" in entry for entry in moments.values()):
            # torch's fused step takes momentum of all weights or of none; from zeros it begins as from nothing.
            for index, weight in enumerate(weights_of(optimizer)):
                moments.setdefault(index, {"momentum_buffer": torch.zeros_like(weight)})
        alike = before.factors[other.name] == trainer.factors[objective.name]
        anew = anew or not alike
        groups = [
            {**group, **{key: was[key] for key in RATES if alike and key in was and key in group}}
            for group, was in zip(begun["param_groups"], saved["param_groups"] if alike else begun["param_groups"])
        ]
        optimizers.append({"state": moments, "param_groups": groups})
        schedules += state.trainer.schedules[at : at + 1]
        assert state.trainer.rates is not None, "a run that is on knows its rates"
        rates.append(state.trainer.rates[at])
        ids = [each.optimizer(recipe)[0].id for each, recipe in ((other, run.recipe), (objective, fresh.recipe))]
        if ids[0] != ids[1]:
            notes.append(f"{ids[1]} starts afresh: what {ids[0]} had gathered is of no use to it.")
    whole = not carried.fresh and not carried.gone and len(carried.tensors) == len(fresh.model.state_dict())
    stopping: Mapping[str, Any] = dict(vars(trainer.stopping)) if trainer.stopping is not None else {}
    if before.stopping is not None and trainer.stopping is not None and run.recipe.stopping == fresh.recipe.stopping:
        if whole:
            stopping = state.trainer.stopping
        else:
            notes.append("The stop rule begins to watch anew.")
    average: dict[str, Tensor] = {}
    if trainer.average is not None and state.trainer.average:
        average = {name: value.detach().cpu().clone() for name, value in fresh.model.state_dict().items()}
        average |= {name: state.trainer.average[old].cpu() for name, old in carried.tensors.items()}
    given = TrainerState(optimizers, schedules, rates, stopping, average, state.trainer.scaler)
    restore(trainer, replace(state, trainer=given), run.recipe, anew=anew)
    return notes


def _counterpart(wanted: Objective, now: Sequence[Objective], before: Sequence[Objective]) -> Objective | None:
    """The objective of before that goes on in one of now; where there was one and is one, that."""
    if len(now) == len(before) == 1:
        return before[0]
    return next((each for each in before if each.name == wanted.name), None)


def _names(groups: Iterable[Mapping[str, Any]], model: nn.Module) -> list[str]:
    """The names of the weights in the order in which an optimizer counts them."""
    called = {id(weight): name for name, weight in model.named_parameters()}
    return [called[id(weight)] for group in groups for weight in group["params"]]


def _by_name(saved: Mapping[str, Any], groups: Iterable[Mapping[str, Any]], model: nn.Module) -> dict[str, Any]:
    """What an optimizer has gathered, by the name of the weight. Copied: the run goes on with it if the edit fails."""
    names = _names(groups, model)
    return {
        names[index]: {key: value.clone() if isinstance(value, Tensor) else value for key, value in entry.items()}
        for index, entry in saved["state"].items()
    }
