"""Runs a printed file: the module that trains is made from exactly the text that the code panel shows."""

from __future__ import annotations

import copy
import linecache
import time
import traceback
import warnings
import weakref
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import count
from types import FrameType
from typing import Any

import torch
from torch import Tensor, nn

from app.core.compile.games import for_games
from app.core.compile.modes import evaluating
from app.core.compile.plan import Operand, Plan, PlannedStep, PlanSource, make_plan
from app.core.compile.single_step import run_alone
from app.core.compile.source import PrintedSource, print_source
from app.core.compile.training import FUNCTIONS
from app.core.compile.uncompiled import spare_the_compiler
from app.core.graph.model import Project
from app.core.graph.recipe import Recipe
from app.core.inference import infer
from app.core.reports import Report

_numbers = count(1)
ChangeValue = Callable[[str, Tensor], Tensor]  # of the path of a node and its value with the batch
# About the speed of torch on this machine; there is nothing that a student should do about it.
warnings.filterwarnings("ignore", "LSTM with projections is not supported with oneDNN", UserWarning)
# Under autocast torch makes masks and what arrives 16 bits, and then says that not all has as many.
warnings.filterwarnings("ignore", "Support for mismatched .*mask and .*mask is deprecated", UserWarning)
warnings.filterwarnings("ignore", "Mismatch dtype between input and weight", UserWarning)
spare_the_compiler()


def compile_net(what: Project | Plan) -> CompiledNet:
    """The net of a drawing.

    Raises:
        NotReady: if the drawing has problems.
    """
    if isinstance(what, Plan):
        return CompiledNet(what)
    return CompiledNet(make_plan(what), what)


class CompiledNet:
    """The classes and functions of a printed file, and the way from named data to their arguments and back.

    ``functions`` are those that train, by name (see ``training.py``); empty if the drawing has no loss.
    """

    def __init__(self, plan: Plan, project: Project | None = None) -> None:
        self.plan = plan
        self.project = project  # a run folder keeps the drawing it came from
        self._report: Report | None = None
        self.source: PrintedSource = print_source(plan)
        self._file, self._classes = _run(self.source.text)
        self.functions = {name: self._classes[name] for name in FUNCTIONS if name in self._classes}
        self._places = {self._file: self.source.lines}  # the lines of all files whose classes are in use
        self._probed: type[nn.Module] | None = None
        self._change: ChangeValue | None = None
        self._ahead = [operand for operand in _operands(plan).values() if operand.ahead]
        # Named once and not for every batch.
        self._inputs = [f"{entry.node}.{entry.port}" for entry in plan.inputs]
        self._outputs = [entry.key for entry in plan.outputs]
        self._loss_operands = [(operand.kind == "output", operand.read) for operand in _operands(plan).values()]

    def with_recipe(self, recipe: Recipe) -> CompiledNet:
        """The net of the same drawing as another recipe trains it. It also explains errors inside models of this
        one."""
        recipe = for_games(recipe, self.plan.sources)
        if recipe == self.plan.recipe:
            return self
        project = replace(self.project, recipe=recipe) if self.project is not None else None
        net = CompiledNet(replace(self.plan, recipe=recipe), project)
        net._report = self.report
        net._places |= self._places
        return net

    def with_sources(self, sources: Sequence[PlanSource], project: Project | None = None) -> CompiledNet:
        """The net of the same drawing with sources of which something else is known, which ``project`` says, too."""
        net = CompiledNet(replace(self.plan, sources=tuple(sources)), project or self.project)
        net._report = self._report
        net._places |= self._places
        return net

    def with_project(self, project: Project) -> CompiledNet:
        """The net of another drawing, trained by the recipe of this one; it explains errors inside models of this one.

        Raises:
            NotReady: if the drawing has problems.
        """
        net = compile_net(project).with_recipe(self.plan.recipe)
        net._places |= self._places
        return net

    @property
    def report(self) -> Report | None:
        """What inference says of the drawing, with any recipe; None where no drawing is known. Found once: a training
        asks for it four times, which in a small net took as long as five steps."""
        if self._report is None and self.project is not None:
            self._report = infer(self.project)
        return self._report

    def model(self, seed: int | None = None) -> nn.Module:
        """A model with fresh weights; its attributes are named like the nodes. A seed leaves torch's own generator
        as it was."""
        made = self._classes[self.plan.class_name]
        if seed is None:
            module: nn.Module = made()
            return module
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(seed)
            module = made()
        return module

    def losses(self) -> nn.Module | None:
        """The module that computes all losses, or None if the drawing has none."""
        return self._classes["Losses"]() if self.plan.losses else None

    def inputs_from(self, batch: Mapping[str, Tensor]) -> tuple[Tensor, ...]:
        """The model's arguments out of a batch such as ``{"digits.image": (n, 1, 32, 32)}``.

        Raises:
            KeyError: with a sentence, if the batch lacks a field.
        """
        try:
            return tuple([batch[key] for key in self._inputs])
        except KeyError as missing:
            raise KeyError(f"The batch has no {missing.args[0]}; it has {', '.join(batch)}.") from None

    def outputs(self, returned: Any) -> dict[str, Tensor]:
        """What the model returned, by name: ``{"fc3.output": (n, 10)}``."""
        values = returned if isinstance(returned, tuple) else (returned,)
        return dict(zip(self._outputs, values, strict=True))

    def looking_ahead(self, model: nn.Module, batch: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
        """The batch, with what the next states are worth to this model where a loss reads that: the model stands in
        for its own slow copy, in evaluation mode."""
        found = dict(batch)
        for operand in self._ahead:
            with evaluating(model), torch.no_grad():
                returned = model(batch[operand.key])
            found[operand.read] = (returned[0] if isinstance(returned, tuple) else returned).amax(1)
        return found if self._ahead else batch

    def loss_values(self, losses: nn.Module, returned: Any, batch: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Each loss by the name of its node, as a scalar that can be differentiated. A batch of games is one that
        ``looking_ahead`` gives."""
        outputs = self.outputs(returned)
        arguments = [outputs[key] if computed else batch[key] for computed, key in self._loss_operands]
        values: dict[str, Tensor] = losses(*arguments)
        return values

    def capture(
        self,
        model: nn.Module,
        inputs: Sequence[Tensor],
        nodes: Collection[str] | None = None,
        grad: bool = False,
        *,
        no_further: bool = False,
    ) -> dict[str, Tensor]:
        """The values of nodes for these inputs, by path (``conv1``, ``block1/conv2``, additions too).

        A second printed ``forward`` hands each value to a probe; nothing is hooked. The model is in evaluation mode
        meanwhile, and afterwards as it was. ``nodes`` None means all. A muted node has the value it hands on.
        ``no_further`` leaves what stands behind the last of these nodes uncomputed: quicker, and layers behind it that
        want a certain size never see another one.

        Raises:
            KeyError: with a sentence, for a node that has no value here.
        """
        return self._probe(model, inputs, nodes, grad, no_further)[0]

    def capture_outputs(
        self, model: nn.Module, inputs: Sequence[Tensor], nodes: Collection[str]
    ) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
        """As ``capture``, with what the model returns, by name as ``outputs`` gives it, from the same forward.

        Raises:
            KeyError: as ``capture``.
        """
        values, returned = self._probe(model, inputs, nodes, False)
        return values, self.outputs(returned)

    def capture_losses(
        self, model: nn.Module, losses: nn.Module, batch: Mapping[str, Tensor], nodes: Collection[str] | None = None
    ) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
        """As ``capture``, with the losses of this batch by name. Both belong to one graph of autograd, so gradients of
        the losses by the values can be asked for.

        Raises:
            KeyError: as ``capture``, and where the batch lacks a field.
        """
        values, returned = self._probe(model, self.inputs_from(batch), nodes, True)
        with torch.enable_grad():
            return values, self.loss_values(losses, returned, self.looking_ahead(model, batch))

    def timed(self, model: nn.Module, inputs: Sequence[Tensor]) -> dict[str, float]:
        """Seconds that each node takes in one forward pass without gradients, by path; those of a block are by the
        nodes in it. On a GPU each node is waited for."""
        wait = torch.cuda.synchronize if any(value.is_cuda for value in inputs) else None
        clock = _Clock(wait)
        forward = self._probed_forward()
        with evaluating(model), torch.no_grad():
            clock.start()
            forward(model, clock, *inputs)
        return clock.seconds

    def run_step(
        self, owner: nn.Module, step: PlannedStep, arrived: Mapping[str, Sequence[Tensor]], samples: int = 1
    ) -> dict[str, Tensor]:
        """What one step gives for these values at its ports (see ``alone.run_alone``)."""
        return run_alone(step, owner, arrived, samples, self._classes)

    def _probe(
        self,
        model: nn.Module,
        inputs: Sequence[Tensor],
        nodes: Collection[str] | None,
        grad: bool,
        no_further: bool = False,
    ) -> tuple[dict[str, Tensor], Any]:
        wanted = None if nodes is None else {self.stands_for(name) for name in nodes}
        enough = len(wanted) if no_further and wanted and not any(map(self._is_repeated, wanted)) else 0
        probe = _Probe({}, wanted, self._change, enough=enough)
        forward = self._probed_forward()
        returned = None
        with evaluating(model, grad), torch.set_grad_enabled(grad), suppress(_EnoughSeen):
            returned = forward(model, probe, *inputs)
        if nodes is None:
            return probe.values, returned
        result = {}
        for name in nodes:
            value = probe.values.get(self.stands_for(name))
            if value is None:
                known = ", ".join(list(probe.values)[:12])
                raise KeyError(f"{name} has no value in this network. There are: {known}.")
            result[name] = value
        return result, returned

    def _probed_forward(self) -> Callable[..., Any]:
        if self._probed is None:
            self._probed = _run(print_source(self.plan, probes=True).text)[1][self.plan.class_name]
        forward: Callable[..., Any] = self._probed.forward
        return forward

    @property
    def changes_values(self) -> bool:
        """Whether some values of its nodes are others than its layers give."""
        return self._change is not None

    def with_changed_values(self, model: nn.Module, change: ChangeValue) -> tuple[CompiledNet, nn.Module]:
        """This net and a copy of ``model`` in which each value of a node is what ``change(path, value)`` gives for it,
        in whatever way they are asked. The model itself stays as it is; nothing is hooked."""
        net, forward, own = copy.copy(self), self._probed_forward(), copy.deepcopy(model)
        net._change = change

        def changed(model: nn.Module, *inputs: Tensor) -> Any:
            return forward(model, _Probe({}, (), change), *inputs)

        own.__class__ = type(type(model).__name__, (type(model),), {"forward": changed, "__module__": __name__})
        return net, own

    def _is_repeated(self, name: str) -> bool:
        """Whether a node has several values one after the other, of which the last counts."""
        graph, *within = self.plan.graph, *name.split(".")[0].split("/")[:-1]
        for block in within:
            step = next((step for step in graph.steps if step.name == block), None)
            if step is None or step.inner is None or step.repeat > 1:
                return True
            graph = step.inner
        return False

    def stands_for(self, name: str) -> str:
        """The probe's name of a node: a muted one stands for what it hands on, a source for its first field."""
        ref = self.plan.graph.passed.get(name)
        if ref is not None:
            step = next((step for step in self.plan.graph.steps if step.name == ref.node), None)
            plain = ref.port == "output" or (step is not None and len(step.outputs) == 1)
            return ref.node if plain else f"{ref.node}.{ref.port}"
        for entry in self.plan.inputs:
            if entry.node == name:
                return name if entry.port == "output" else f"{name}.{entry.port}"
        return name

    def node_of(self, frame: FrameType | None) -> str | None:
        """The path of the node whose printed code is being run, seen from a frame inside it; None outside of all."""
        path: list[str] = []
        while frame is not None:
            place = self._places.get(frame.f_code.co_filename, {}).get(frame.f_lineno)
            if place is not None:
                path.append(place[1])
            frame = frame.f_back
        return "/".join(reversed(path)) or None

    def explain(self, error: BaseException) -> tuple[str | None, str]:
        """The path of the node in which ``error`` was raised, if it was inside the model, and a plain sentence."""
        path = []
        for frame in traceback.extract_tb(error.__traceback__):
            place = self._places.get(frame.filename, {}).get(frame.lineno or 0)
            if place is not None:
                path.append(place[1])
        node = "/".join(path) or None
        text = " ".join(str(error).split()) or type(error).__name__
        full = ("can't allocate memory", "out of memory", "ALLOC_FAILED")  # the last in words of cuBLAS and cuDNN
        if isinstance(error, torch.OutOfMemoryError | MemoryError) or any(words in text for words in full):
            return node, "There is not enough memory. Use a smaller batch size, or smaller layers."
        if "Expected more than 1 value per channel" in text:
            return node, "It compares several values, but one arrives. Use a larger batch size, or larger values."
        return node, f"torch refused: {text[:300]}"


class _EnoughSeen(Exception):
    """Every value that was asked for is there. Ends a forward in its middle."""


class _Probe:
    """Keeps the values that a probed forward hands over, and gives them back, changed where somebody asked for that;
    ``enough`` of them end it, 0 for never."""

    def __init__(
        self,
        values: dict[str, Tensor],
        wanted: Collection[str] | None,
        change: ChangeValue | None = None,
        prefix: str = "",
        enough: int = 0,
    ) -> None:
        self.values = values
        self._wanted = wanted
        self._change = change
        self._prefix = prefix
        self._enough = enough

    def __call__(self, name: str, value: Tensor) -> Tensor:
        path = self._prefix + name
        if self._change is not None:
            value = self._change(path, value)
        if self._wanted is None or path in self._wanted:
            self.values[path] = value
            if len(self.values) == self._enough:
                raise _EnoughSeen
        return value

    def inside(self, name: str) -> _Probe:
        return _Probe(self.values, self._wanted, self._change, f"{self._prefix}{name}/", self._enough)


class _Clock:
    """Notes how long it took to come to each value since the one before."""

    def __init__(self, wait: Callable[[], None] | None, prefix: str = "", of: _Clock | None = None) -> None:
        self.seconds: dict[str, float] = of.seconds if of is not None else {}
        self._first = of if of is not None else self
        self._wait, self._prefix = wait, prefix
        self._last = 0.0

    def start(self) -> None:
        if self._wait is not None:
            self._wait()
        self._last = time.perf_counter()

    def __call__(self, name: str, value: Tensor) -> Tensor:
        if self._wait is not None:
            self._wait()
        now = time.perf_counter()
        path = self._prefix + name.partition(".")[0]
        self.seconds[path] = self.seconds.get(path, 0.0) + now - self._first._last
        self._first._last = time.perf_counter()
        return value

    def inside(self, name: str) -> _Clock:
        return _Clock(self._wait, f"{self._prefix}{name}/", self._first)


def _operands(plan: Plan) -> dict[str, Operand]:
    """What the losses read, by variable, in the order in which ``Losses.forward`` takes it."""
    return {o.argument: o for loss in plan.losses for o in loss.operands.values()}


def _run(text: str) -> tuple[str, dict[str, Any]]:
    """Execute a printed file. Gives its name and what it defines.

    Tracebacks know its lines as long as one of its classes is in use: an editor that compiles after every change would
    otherwise keep the text of every drawing there ever was.
    """
    file = f"<drawing {next(_numbers)}>"
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
    names: dict[str, Any] = {"__name__": "netloom_drawing"}
    exec(compile(text, file, "exec"), names)
    # Its own classes hold the globals and so each other: one of them stands for all.
    made = next(value for value in names.values() if isinstance(value, type) and value.__module__ == names["__name__"])
    weakref.finalize(made, _forget, file)
    return file, names


def _forget(file: str) -> None:
    linecache.cache.pop(file, None)
