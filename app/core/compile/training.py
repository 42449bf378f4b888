"""Prints how a drawing is trained: its optimizers and schedules, one step of training and one of validation, metrics.

The text is what a person would write for this drawing by hand, and what the training loop executes
(``app.training.loop``); it goes into the generated file behind the model and its losses::

    make_optimizers(model) -> {name: optimizer}          one for each objective
    make_schedules(optimizers, batches) -> {name: ...}   only where the learning rate changes; batches of an epoch
    make_stopping() -> rule                              only where the training may end early
    make_average(model) -> mean of its weights           only where there is one
    make_scaler(device) -> GradScaler                    only for float16; training_step takes it last
    make_target(model) -> slow copy                      only where a loss looks ahead; training_step takes it last
    make_player() -> what plays                          only where the data comes of playing
    training_step(model, losses, optimizers, batch) -> (values of the losses by name, what the metrics read)
    validation_step(model, losses, batch) -> the same
    metric_sums(**read), metric_values(sums)             only where something is measured
    after_batch(schedules), after_epoch(model, schedules, stopping, metrics)   only where there is something to do

``batch`` holds fields by name: ``{"digits.image": (n, 1, 8, 8), "digits.label": (n,)}``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial

from app.core.compile.decision import decision_of, detection_of, estimate_of, spelling_of
from app.core.compile.filling import loss_rows
from app.core.compile.lines import INDENT, WIDTH, docstring
from app.core.compile.making import (
    ACCUMULATED,
    AVERAGED,
    HAS_BFLOAT16,
    RATE_GROUPS,
    WARM_UP,
    PlanFunctions,
    Row,
    after_rows,
    autocast_row,
    plain_rows,
    stop_call,
)
from app.core.compile.measuring import measured
from app.core.compile.objective_parts import ServedPart, parts_of
from app.core.compile.objectives import BadObjective, Objective, batches_of_turn, objectives, rate_factors, said
from app.core.compile.plan import Operand, Plan, PlannedStep, Ref
from app.core.compile.playing import player_calls, target_call
from app.core.graph.model import MAIN
from nodes.api import Call, declared

# Gives the lines that use a layer of the model: step, variables of its outputs and inputs by port, number of samples.
Uses = Callable[[PlannedStep, Mapping[str, str], Mapping[str, list[str]], str], list[str]]

FUNCTIONS = (
    "make_optimizers",
    "make_schedules",
    "make_stopping",
    "make_average",
    "make_scaler",
    "make_target",
    "make_player",
    "training_step",
    "validation_step",
    "metric_sums",
    "metric_values",
    "after_batch",
    "after_epoch",
)
# Names in the printed functions that no value of the drawing may have.
TAKEN = frozenset(
    """attacked batch batches best functional group groups has_bfloat16 losses math metrics model nn optimizers part
    parts parts_of scaler schedules share slope slopes stopping target torch value values weight weights
    whole""".split()
)


def constructors(plan: Plan) -> Iterator[Call]:
    """The constructors in the printed functions."""
    try:
        for objective in objectives(plan):
            chosen, settings = objective.optimizer(plan.recipe)
            yield chosen.call(settings)
    except BadObjective:
        return
    recipe = plan.recipe
    if any(rate_factors(plan, objective) for objective in objectives(plan)):
        yield RATE_GROUPS
    yield from (WARM_UP,) if recipe.warmup else ()
    yield from (AVERAGED,) if recipe.average else ()
    yield from (ACCUMULATED,) if recipe.accumulate > 1 or batches_of_turn(objectives(plan)) > 1 else ()
    yield from (HAS_BFLOAT16,) if recipe.precision == "mixed" and plan.inputs else ()
    yield target_call(plan)
    yield from player_calls(plan)
    yield stop_call(plan.recipe)


def training_rows(plan: Plan, uses: Uses) -> Iterator[Row]:
    """The lines of all functions; none for losses whose optimizers cannot be made, of which a training says why."""
    try:
        yield from list(_TrainingPrinter(plan, objectives(plan), uses).rows())
    except BadObjective:
        return


class _TrainingPrinter:
    def __init__(self, plan: Plan, served: tuple[Objective, ...], uses: Uses) -> None:
        self.plan = plan
        self.recipe = plan.recipe
        self.served = served
        self.uses = uses
        self.losses = {loss.name: loss for loss in plan.losses}
        self.metrics = {id: each for id, each in measured(plan).items() if each.value}
        self.names = {*plan.graph.variables.values(), *self.losses}
        self.simple = len(served) == 1 and served[0].updates is None
        self.turn = batches_of_turn(served)

    def _local(self, variable: str) -> str:
        """A variable of the drawing in the printed functions, where some names are taken."""
        wanted = variable
        while wanted in TAKEN or (wanted != variable and wanted in self.names):
            wanted += "_"
        return wanted

    def rows(self) -> Iterator[Row]:
        functions = [*PlanFunctions(self.plan, self.served).functions()]
        functions += [self._training_step, self._validation_step, self._metrics, partial(after_rows, self.plan)]
        for function in functions:
            rows = list(function())
            if rows:
                yield from ((("", None), ("", None), *rows))

    # Steps

    def _training_step(self) -> Iterator[Row]:
        about = "One step on a batch. Gives the value of each loss, and what the metrics read."
        if self.turn > 1:
            about = "A turn of all losses. Gives the value of each in its last step, and what the metrics read there."
        scaler = ", scaler" if self._scaled else ""
        scaler += ", target" if self._copied else ""
        yield from plain_rows(f"def training_step(model, losses, optimizers, batch{scaler}):", *docstring(about))
        if self.simple:
            yield from self._simple_step()
        elif self.turn > 1:
            yield from self._turn()
            yield from self._returned(detached=True)
        else:
            yield from self._fields()
            yield from self._looks_ahead(training=True)
            for part in self._parts():
                yield f"{INDENT}# {said(part.objective)}", None
                yield from self._part(part)
            yield from self._rescaled()
            yield from self._returned(detached=True)

    def _parts(self) -> tuple[ServedPart, ...]:
        return parts_of(self.plan, self.served, apart=self.turn > 1)

    def _turn(self) -> Iterator[Row]:
        """The objectives one after the other, each with the steps that it takes before the next."""
        size = self.recipe.batch_size
        yield from plain_rows(f"{INDENT}parts = [part for part, _ in parts_of(batch, {size})]  # a step's samples each")
        loaded = False
        for part in self._parts():
            steps = part.objective.steps
            read = [*self._fields("part"), *self._looks_ahead(training=True)] if steps > 1 or not loaded else []
            rows = [*read, *self._part(part), *self._rescaled()]
            yield f"{INDENT}# {said(part.objective)}", None
            if steps == 1:  # on the last one, with which a turn ends
                yield from plain_rows(*(() if loaded else (f"{INDENT}part = parts[-1]",)))
                yield from rows
            else:
                some = "parts" if steps == self.turn else f"parts[-{steps}:]"
                yield from plain_rows(f"{INDENT}for part in {some}:")
                yield from _indented(rows)
            loaded = True

    def _fields(self, batch: str = "batch") -> Iterator[Row]:
        """The fields that the model or a loss reads, each once."""
        fields = {f"{entry.node}.{entry.port}": entry.variable for entry in self.plan.inputs}
        for loss in self.plan.losses:
            for operand in loss.operands.values():
                if operand.kind == "field":
                    fields.setdefault(operand.key, operand.variable)
        if fields:
            names = ", ".join(map(self._local, fields.values()))
            row = f"{INDENT}{names} = {', '.join(f'{batch}[{_quoted(key)}]' for key in fields)}"
            if len(fields) > 3 and len(row) > WIDTH:  # as those of a game
                for key, name in fields.items():
                    yield f"{INDENT}{self._local(name)} = {batch}[{_quoted(key)}]", None
            else:
                yield row, None

    @property
    def _copied(self) -> bool:
        """Whether a slow copy says what the next state is worth."""
        return bool(target_call(self.plan).constructor)

    def _looks_ahead(self, training: bool) -> Iterator[Row]:
        """What next states are worth, for the losses that read that."""
        operands = {o.argument: o for loss in self.plan.losses for o in loss.operands.values() if o.ahead}
        if not operands:
            return
        judge = "target" if training and self._copied else "model"
        margin, several = INDENT, len(self.plan.outputs) > 1
        if training:
            who = "the slow copy" if self._copied else "the net itself"
            yield f"{INDENT}with torch.no_grad():  # what the next state is worth to {who}", None
            margin = INDENT * 2
        for name, operand in operands.items():
            state, value = self._local(operand.variable), self._local(name)
            answer = f"{{}}({state})[0]" if several else f"{{}}({state})"
            if operand.ahead == "double" and judge == "target":
                yield f"{margin}best = {answer.format('model')}.argmax(1, keepdim=True)", None
                yield f"{margin}{value} = {answer.format(judge)}.gather(1, best).squeeze(1)", None
            else:
                yield f"{margin}{value} = {answer.format(judge)}.amax(1)", None

    @property
    def _mixed(self) -> bool:
        """Whether a step computes with 16 bits where the device has instructions for them."""
        return self.recipe.precision != "single"

    @property
    def _scaled(self) -> bool:
        """Whether gradients need a scale, as their 16 bits hold no small numbers."""
        return self.recipe.precision == "mixed-fp16"

    def _autocast(self, rows: Iterable[Row], used: str) -> Iterator[Row]:
        """The same lines with fewer bits; the device is asked of the value ``used``."""
        yield from [(autocast_row(used, self._scaled), None), *_indented(rows)] if self._mixed else rows

    @property
    def _attackable(self) -> list[str]:
        """The variables of what enters the model and can be changed a little."""
        if not self.recipe.adversarial:
            return []
        return [self._local(entry.variable) for entry in self.plan.inputs if entry.shape.dtype == "float"]

    def _attack(self, total: str) -> Iterator[Row]:
        """What enters, changed so that the loss becomes as large as a small change can make it."""
        names, size = self._attackable, self.recipe.adversarial
        if not names:
            return
        yield from plain_rows(f"{INDENT}# Each number of what enters goes a little to where the loss is larger (FGSM).")
        if len(names) == 1:
            yield from plain_rows(f"{INDENT}attacked = {names[0]}.clone().requires_grad_()")
            yield from self._forward(training=True)
            slope = f"torch.autograd.grad({self._larger(total)}, attacked)[0]"
            yield from plain_rows(f"{INDENT}attacked = (attacked + {size!r} * {slope}.sign()).detach()")
            return
        yield from plain_rows(f"{INDENT}attacked = [value.clone().requires_grad_() for value in ({', '.join(names)})]")
        yield from self._forward(training=True)
        yield from plain_rows(f"{INDENT}slopes = torch.autograd.grad({self._larger(total)}, attacked)")
        moved = f"(value + {size!r} * slope.sign()).detach()"
        yield from plain_rows(f"{INDENT}attacked = [{moved} for value, slope in zip(attacked, slopes)]")

    def _larger(self, total: str) -> str:
        """A sum of losses whose gradients fit into their bits."""
        return f"scaler.scale({total})" if self._scaled else total

    def _entering(self, training: bool) -> str:
        """What the model is called with."""
        names = [self._local(entry.variable) for entry in self.plan.inputs]
        attacked = self._attackable if training else []
        if len(attacked) == 1:
            return ", ".join("attacked" if name in attacked else name for name in names)
        return ", ".join(f"attacked[{attacked.index(name)}]" if name in attacked else name for name in names)

    def _forward(self, training: bool = False) -> Iterator[Row]:
        arguments = dict.fromkeys(o.argument for loss in self.plan.losses for o in loss.operands.values())
        told = [
            entry.variable if entry.variable in arguments or place == self._found else "_"
            for place, entry in enumerate(self.plan.outputs)
        ]
        outputs = ", ".join(map(self._local, told))
        inputs = self._entering(training)
        mixed = training and self._mixed and bool(self.plan.inputs)
        run: list[Row] = [(f"{INDENT}{outputs or '_'} = model({inputs})", None)]
        yield from self._autocast(run, self._local(self.plan.inputs[0].variable)) if mixed else run
        if mixed:  # losses are computed with all bits
            for entry in self.plan.outputs:
                if entry.variable in arguments and entry.shape.dtype == "float":
                    yield f"{INDENT}{self._local(entry.variable)} = {self._local(entry.variable)}.float()", None
        values = f"losses({', '.join(map(self._local, arguments))})"
        only = next(iter(self.losses)) if len(self.losses) == 1 else ""
        yield (f'{INDENT}{self._local(only)} = {values}["{only}"]' if only else f"{INDENT}values = {values}"), None

    def _simple_step(self) -> Iterator[Row]:
        """One objective that trains everything."""
        (objective,) = self.served
        only = self._local(objective.losses[0])
        total = only if len(self.losses) == 1 else " + ".join(f'values["{name}"]' for name in objective.losses)
        if self.recipe.accumulate == 1:
            yield from self._fields()
            yield from self._looks_ahead(training=True)
            yield from self._attack(total)
            yield from self._begun(objective)
            yield from self._forward(training=True)
            yield from self._backward(objective, total)
            yield from self._stepped(objective)
            yield from self._rescaled()
            yield from self._returned(detached=True)
            return
        yield from self._begun(objective)
        yield from plain_rows(f"{INDENT}whole = Accumulated()")
        yield from plain_rows(f"{INDENT}for part, share in parts_of(batch, {self.recipe.batch_size}):")
        yield from _indented(self._fields("part"))
        yield from _indented(self._looks_ahead(training=True))
        yield from _indented(self._attack(total))
        yield from _indented(self._forward(training=True))
        yield from _indented(self._backward(objective, total, "share * "))
        values, read = self._told(detached=True)
        yield f"{INDENT * 2}whole.add(share, {values}, {read})", None
        yield from self._stepped(objective)
        yield from self._rescaled()
        yield f"{INDENT}return whole.whole()", None

    def _begun(self, objective: Objective) -> Iterator[Row]:
        optimizer = f'optimizers["{objective.name}"]'
        recipe = self.recipe
        if objective.updates is not None or recipe.clip_norm or recipe.clip_value or recipe.l1:
            if objective.optimizer(self.recipe)[0].grouped or rate_factors(self.plan, objective):
                yield f"{INDENT}groups = {optimizer}.param_groups", None
                yield f'{INDENT}weights = [weight for group in groups for weight in group["params"]]', None
            else:
                yield f'{INDENT}weights = {optimizer}.param_groups[0]["params"]', None
        yield f"{INDENT}{optimizer}.zero_grad()", None

    def _backward(self, objective: Objective, total: str, share: str = "") -> Iterator[Row]:
        if self.recipe.l1:
            total = f"{total} + {self.recipe.l1!r} * sum(weight.abs().sum() for weight in weights)"
        if share:
            total = f"{share}({total})" if " " in total else f"{share}{total}"
        total = self._larger(total) if self._scaled else f"({total})" if " " in total else total
        yield f"{INDENT}{total}.backward({'inputs=weights' if objective.updates is not None else ''})", None

    def _stepped(self, objective: Objective) -> Iterator[Row]:
        optimizer = f'optimizers["{objective.name}"]'
        if self._scaled and (self.recipe.clip_value or self.recipe.clip_norm):
            yield f"{INDENT}scaler.unscale_({optimizer})", None
        if self.recipe.clip_value:
            yield f"{INDENT}nn.utils.clip_grad_value_(weights, {self.recipe.clip_value!r})", None
        if self.recipe.clip_norm:
            yield f"{INDENT}nn.utils.clip_grad_norm_(weights, {self.recipe.clip_norm!r})", None
        yield f"{INDENT}scaler.step({optimizer})" if self._scaled else f"{INDENT}{optimizer}.step()", None

    def _rescaled(self) -> Iterator[Row]:
        if self._scaled:
            yield f"{INDENT}scaler.update()", None

    def _part(self, part: ServedPart) -> Iterator[Row]:
        """What one of several objectives does in its turn."""
        objective = part.objective
        yield from self._begun(objective)
        entering = self._local(self.plan.inputs[0].variable) if self.plan.inputs else ""
        yield from self._autocast(self._layers(part), entering) if entering else self._layers(part)
        for name in objective.losses:
            loss = self.losses[name]
            read = {
                port: self._local(o.argument) if o.ahead else self._value(Ref(o.node, o.port), part, detached=True)
                for port, o in loss.operands.items()
            }
            if self._mixed:  # losses are computed with all bits
                read = {
                    port: f"{read[port]}.float()" if self._is_float(o) else read[port]
                    for port, o in loss.operands.items()
                }
            yield from ((INDENT + row, (MAIN, name)) for row in loss_rows(loss, "losses", read, self._local(name)))
        yield from self._backward(objective, " + ".join(map(self._local, objective.losses)))
        yield from self._stepped(objective)

    def _is_float(self, operand: Operand) -> bool:
        return any(entry.key == operand.key and entry.shape.dtype == "float" for entry in self.plan.outputs)

    def _layers(self, part: ServedPart) -> Iterator[Row]:
        if part.plain:
            yield f"{INDENT}with torch.no_grad():  # made by others", None
            for step in part.plain:
                yield from self._used(step, part, INDENT * 2)
        for step in part.steps:
            yield from self._used(step, part, INDENT)

    def _used(self, step: PlannedStep, part: ServedPart, margin: str) -> Iterator[Row]:
        graph = self.plan.graph
        names = {port: self._local(graph.variables[Ref(step.name, port)]) for port in step.outputs}
        # Layers that are computed ahead of a later objective keep the history of what they read.
        cut = step.name in part.own
        arrived = {port: [self._value(ref, part, cut) for ref in refs] for port, refs in step.inputs.items()}
        counted = f"len({self._local(graph.variables[graph.arguments[0]])})" if graph.arguments else "1"
        yield from ((margin + row, (MAIN, step.name)) for row in self.uses(step, names, arrived, counted))

    def _value(self, ref: Ref, part: ServedPart, detached: bool) -> str:
        variable = self._local(self.plan.graph.variables[ref])
        return f"{variable}.detach()" if detached and ref.node in part.detached else variable

    def _validation_step(self) -> Iterator[Row]:
        yield from plain_rows("@torch.no_grad()", "def validation_step(model, losses, batch):")
        yield from plain_rows(*docstring("The same on samples that nothing is learned from."))
        yield from self._fields()
        yield from self._looks_ahead(training=False)
        yield from self._forward()
        yield from self._returned(detached=False)

    def _returned(self, detached: bool) -> Iterator[Row]:
        yield f"{INDENT}return {', '.join(self._told(detached))}", None

    def _told(self, detached: bool) -> tuple[str, str]:
        """The values of the losses, and what the metrics read."""
        end = ".detach()" if detached else ""
        entries = ", ".join(f'"{name}": {self._local(name)}{end}' for name in self.losses)
        values = f"{{{entries}}}"
        if len(self.losses) > 1 and not detached:
            values = "values"
        elif len(self.losses) > 1 and self.simple:
            values = "{name: value.detach() for name, value in values.items()}"
        full = ".float()" if detached and self._mixed and not self.simple else ""
        read = ", ".join(f'"{name}": {text}' for name, text in self._read(full + end).items())
        return values, f"{{{read}}}"

    # Metrics

    @property
    def _found(self) -> int | None:
        """The place among the outputs of the boxes that a metric reads."""
        detection = detection_of(self.plan)
        read = detection is not None and any(declared.metrics()[id].reads == "boxes" for id in self.metrics)
        return detection.output if detection is not None and read else None

    def _read(self, end: str = "") -> dict[str, str]:
        """What the metrics read, by the argument of ``metric_sums``."""
        kinds = {declared.metrics()[id].reads for id in self.metrics}
        read: dict[str, str] = {}
        decision, estimate = decision_of(self.plan), estimate_of(self.plan)
        if kinds & {"classes", "labels"} and decision is not None:
            scores = self.plan.outputs[decision.output]
            target = next(o for loss in self.plan.losses for o in loss.operands.values() if o.key == decision.target)
            likeliest = ".argmax(-1)" if decision.soft else ""
            read |= {"scores": self._local(scores.variable) + end}
            read |= {"target": self._local(target.variable) + likeliest}
        spelling = spelling_of(self.plan)
        if "texts" in kinds and spelling is not None:
            read |= {"steps": self._local(spelling.steps.variable) + end}
            read |= {"letters": self._local(spelling.letters.variable)}
        detection = detection_of(self.plan)
        if "boxes" in kinds and detection is not None:
            read |= {"found": self._local(self.plan.outputs[detection.output].variable) + end}
            read |= {"true_boxes": self._local(detection.boxes.variable)}
            read |= {"true_kinds": self._local(detection.kinds.variable)}
        if kinds & {"numbers", "pictures"} and estimate is not None:
            told = self._local(estimate.prediction.variable) + end + (".squeeze(-1)" if estimate.listed else "")
            truth = estimate.truth
            read |= {"prediction": told, "truth": self._local(truth.variable) + (end if truth.kind == "output" else "")}
        return read

    def _metrics(self) -> Iterator[Row]:
        if not self.metrics:
            return
        decision = decision_of(self.plan)
        spelling = spelling_of(self.plan)
        known = {"classes": decision.classes if decision is not None else 0}
        known |= {"labels": decision.labels if decision is not None else 0}
        known |= {"blank": spelling.blank if spelling is not None else 0}
        detection = detection_of(self.plan)
        known |= {"kinds": detection.classes if detection is not None else 0}
        sums = {name: text for each in self.metrics.values() for name, text in each.sums.items()}
        yield from plain_rows(f"def metric_sums({', '.join(self._read())}):")
        yield from plain_rows(*docstring("What the metrics add up over the batches of an epoch."))
        first = list(dict.fromkeys(line.format(**known) for m in self.metrics.values() for line in m.first))
        if decision is not None:
            yield from plain_rows(*(INDENT + line for line in decision.counted))
            decision = decision.in_row
        if decision is not None and any("predicted" in text for text in sums.values()):
            yield f"{INDENT}predicted = {decision.predicted}", None
        if decision is not None:
            named = {"probabilities": decision.probabilities, "surprises": decision.surprises}
            told = (*first, *sums.values())
            asked = [line for name, made in named.items() if any(name in text for text in told) for line in made]
            yield from plain_rows(*(INDENT + line for line in dict.fromkeys(asked)))
        yield from plain_rows(*(INDENT + line for line in first))
        yield f"{INDENT}return {{", None
        for name, text in sums.items():
            yield f'{INDENT * 2}"{name}": {text.format(**known)},', None
        yield from plain_rows(f"{INDENT}}}", "", "", "def metric_values(sums):")
        yield from plain_rows(*docstring("The metrics of an epoch."))
        holes = {name: f'sums["{name}"]' for name in sums} | {name: str(value) for name, value in known.items()}
        lines = (line.format(**holes) for each in self.metrics.values() for line in each.lines)
        yield from plain_rows(*(INDENT + line for line in dict.fromkeys(lines)))
        yield f"{INDENT}return {{", None
        for id, each in self.metrics.items():
            yield f'{INDENT * 2}"{id}": {each.value.format(**holes)},', None
        yield f"{INDENT}}}", None


def _indented(rows: Iterable[Row]) -> Iterator[Row]:
    return ((INDENT + text, place) for text, place in rows)


def _quoted(text: str) -> str:
    return f'"{text}"'
