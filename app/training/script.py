"""Prints a drawing as a program of its own: the model, its losses, and a training that gives the same numbers.

The program is written for reading. It does in plain steps what app.training does; a test runs both and compares the
weights bit by bit.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch

from app.core.compile.lines import INDENT, broken, docstring, imports
from app.core.compile.net import CompiledNet
from app.core.compile.plan import Plan, Ref
from app.core.compile.source import plain
from app.core.graph.recipe import Recipe
from app.data import joined, printed
from app.training import batches
from app.training.metrics import decision_of
from app.training.objectives import Objective, objectives
from app.training.refusal import CannotTrain
from app.training.threads import worth_threads

# Names in the functions of the program.
TAKEN = frozenset(
    """accuracy arrived batches check count data decisions device drawn epoch field functional generator held_out hook
    index layer layers learn load_data load_digits loss losses math measure model name named names nn optimizer order
    parts rest right split torch total train trained turns values weight weights""".split()
)


def print_script(net: CompiledNet, recipe: Recipe) -> str:
    """The program for a drawing that can be trained.

    Raises:
        CannotTrain: if it has no loss, or its data cannot be loaded without us.
        NoData: if its data cannot be had here.
    """
    return "\n".join(_Writer(net, recipe).rows()) + "\n"


@dataclass(frozen=True)
class _Field:
    """One field of the data: its variable in the program, and the expression that gives it."""

    key: str
    variable: str
    value: str


class _Writer:
    def __init__(self, net: CompiledNet, recipe: Recipe) -> None:
        self.net = net
        self.plan: Plan = net.plan
        self.recipe = recipe
        if not self.plan.losses:
            raise CannotTrain("This drawing has no loss, so there is no training to write down. Add a loss.")
        self.data = batches.load(self.plan)
        read = {key.partition(".")[0] for key in batches.read_keys(self.plan)}
        self.sources = {source.node: source for source in self.plan.sources}
        parted = next((node for node, feed in self.data.feeds.items() if feed.parts), "")
        read |= {parted} - {""}
        wanted = [source for source in self.plan.sources if source.node in read]
        made = {source.node: printed.script_of(source, source.node == parted) for source in wanted}
        self.parts = made[parted][0].parts if parted else ""
        if parted and not self.parts:
            raise CannotTrain("Its own lines for a program do not say which parts its data has.", parted)
        self.drawn = {n: made[n][1] for n in made if self.data.feeds[n].length is None}
        self.scripts = {node: script for node, (script, _) in made.items() if node not in self.drawn}
        self.transforms = [(step, printed.transform_of(step)) for step in self.plan.augmentations]
        called = [function for _, function in made.values() if function is not None]
        self.functions = list(dict.fromkeys([*called, *(function for _, function in self.transforms)]))
        self.called = {function.name for function in self.functions}
        self.draws = self.data.draws
        self.fields = self._fields()
        label = batches.label_of(self.plan)
        self.label = label if label is not None and label.partition(".")[0] in self.scripts else None
        self.turns = objectives(self.plan)
        self.decision = decision_of(self.plan)
        with torch.device("meta"):
            model = net.model()
        self.modules = list(model.modules())
        self.parameters = list(model.parameters())

    @property
    def measures(self) -> bool:
        """Whether a layer takes numbers from the training data before the first step."""
        return any(callable(getattr(module, "fit", None)) for module in self.modules)

    @property
    def accuracy(self) -> bool:
        """Whether the program counts right decisions: where each class has a score of its own."""
        return self.decision is not None and self.decision.threshold is None and not self.decision.channels

    @property
    def splits(self) -> bool:
        """Whether samples are held out that the data itself does not hold out."""
        return self.recipe.validation > 0 and "validation" not in self.data.parts

    def rows(self) -> list[str]:
        """The whole program."""
        source = self.net.source
        classes = source.text.splitlines()[source.header :]
        functions = [
            self._load_data if self.fields else None,
            self._split if self.splits else None,
            self._batches,
            self._measure if self.measures else None,
            self._check if self.recipe.validation > 0 else None,
            self._train,
        ]
        rows = [row for function in functions if function is not None for row in ("", "", *_broken(function()))]
        rows += ["", "", 'if __name__ == "__main__":', f'{INDENT}torch.save(train().state_dict(), "weights.pt")']
        rows = [row for function in self.functions for row in ("", "", *function.rows)] + rows
        more = [line for script in self.scripts.values() for line in script.imports]
        more += [line for function in self.functions for line in function.imports]
        if any("os.environ" in row for row in rows):
            more.append("import os")
        header = [*self._title(), "", *imports([*classes, *rows], more), "", *self._numbers()]
        return [*header, *classes, *rows]

    def _title(self) -> list[str]:
        packages = " and ".join(dict.fromkeys(["torch", *(s.package for s in self.scripts.values() if s.package)]))
        return [
            f'"""{plain(self.plan.title)}, drawn with Netloom: the model and its training.',
            "",
            f"Needs {packages}. Trains to the same numbers as Netloom does, and leaves the weights in weights.pt.",
            '"""',
        ]

    def _numbers(self) -> Iterator[str]:
        recipe = self.recipe
        yield f"EPOCHS = {recipe.epochs}"
        yield f"BATCH_SIZE = {recipe.batch_size}"
        yield f"LEARNING_RATE = {recipe.lr!r}"
        yield f"SEED = {recipe.seed}"
        if recipe.validation > 0:
            yield f"HELD_OUT = {recipe.validation!r}  # share of the data that is kept out of training"
        if not self.fields:
            yield f"SAMPLES = {joined.ENDLESS}  # of an epoch; all of them are drawn anew"

    # Data

    def _wanted(self) -> dict[str, str]:
        """The fields of sources that are read, and their variables."""
        keys = batches.read_keys(self.plan)
        variables = {f"{ref.node}.{ref.port}": name for ref, name in self.plan.graph.variables.items()}
        return {key: variables[key] for key in keys if key.partition(".")[0] in self.sources}

    def _fields(self) -> list[_Field]:
        """The fields that the model, an augmentation or a loss reads from loaded data, each once."""
        return [
            _Field(key, variable, self.scripts[node].fields[port])
            for key, variable in self._wanted().items()
            for node, _, port in [key.partition(".")]
            if node in self.scripts
        ]

    @property
    def _variables(self) -> str:
        return ", ".join(self._local(field.variable) for field in self.fields)

    def _local(self, variable: str) -> str:
        """A variable of the drawing in the program's functions, where some names are taken."""
        return f"{variable}_" if variable in TAKEN or variable in self.called else variable

    def _load_data(self) -> Iterator[str]:
        yield "def load_data():"
        told = (printed.about(self.sources[node], self.data.feeds[node].length) for node in self.scripts)
        yield from docstring(" ".join(told))
        if len(self.scripts) == 1:
            (script,) = self.scripts.values()
            yield from (INDENT + line for line in script.lines)
            values = ", ".join(field.value for field in self.fields)
            together = values if len(self.fields) == 1 else f"({values})"
            yield f"{INDENT}return {together}, {self.parts}" if self.parts else f"{INDENT}return {values}"
            return
        for node, script in self.scripts.items():
            yield from (INDENT + line for line in script.lines)
            for field in self.fields:
                if field.key.partition(".")[0] == node:
                    yield f"{INDENT}{self._local(field.variable)} = {field.value}"
        together = self._variables if len(self.fields) == 1 or not self.parts else f"({self._variables})"
        yield f"{INDENT}return {together}, {self.parts}" if self.parts else f"{INDENT}return {together}"

    def _split(self) -> Iterator[str]:
        argument = "labels" if self.label else "count"
        yield f"def split({argument}):"
        kept = "of every class the same share" if self.label else "spread evenly"
        yield from docstring(f"The samples to learn from, and those that are held out to check the result: {kept}.")
        if self.label:
            yield f"{INDENT}count = len(labels)"
        yield f"{INDENT}order = torch.randperm(count, generator=torch.Generator().manual_seed(SEED))"
        if self.label:
            yield f"{INDENT}order = order[torch.argsort(labels[order], stable=True)]"
        yield f"{INDENT}held_out = max(1, round(HELD_OUT * count))"
        yield f"{INDENT}place = torch.arange(count)"
        yield f"{INDENT}chosen = (place + 1) * held_out // count > place * held_out // count  # like teeth of a comb"
        yield f"{INDENT}return order[~chosen].sort().values, order[chosen].sort().values"

    def _batches(self) -> Iterator[str]:
        yield "def batches(learn, epoch):"
        more = ", each with what its random numbers come from" if self.draws else ""
        yield from docstring(f"The training samples in a new order, in batches{more}.")
        yield f"{INDENT}generator = torch.Generator().manual_seed(SEED * 1_000_003 + epoch)"
        yield f"{INDENT}order = learn[torch.randperm(len(learn), generator=generator)]"
        yield f"{INDENT}pieces = list(order.split(BATCH_SIZE))"
        if self.recipe.batch_size > 1:
            yield f"{INDENT}if len(pieces) > 1 and len(pieces[-1]) == 1:  # one sample alone would be all noise"
            yield f"{INDENT * 2}pieces[-2:] = [torch.cat(pieces[-2:])]"
        if not self.draws:
            yield f"{INDENT}return pieces"
            return
        yield f"{INDENT}seeds = torch.randint(2**62, (len(pieces),), generator=generator).tolist()"
        yield f"{INDENT}return [(piece, torch.Generator().manual_seed(seed)) for piece, seed in zip(pieces, seeds)]"

    # Training

    @property
    def _inputs(self) -> str:
        return ", ".join(self._local(entry.variable) for entry in self.plan.inputs)

    @property
    def _outputs(self) -> str:
        return ", ".join(self._local(entry.variable) for entry in self.plan.outputs)

    def _forward(self, indent: int) -> str:
        """From a batch to what the losses read."""
        return f"{INDENT * indent}{self._outputs} = model({self._inputs})"

    @property
    def _values(self) -> str:
        """The losses of a batch by name."""
        arguments = dict.fromkeys(o.variable for loss in self.plan.losses for o in loss.operands.values())
        return f"losses({', '.join(map(self._local, arguments))})"

    @property
    def _loss(self) -> str:
        """What a step makes small."""
        losses = self.plan.losses
        return f'{self._values}["{losses[0].name}"]' if len(losses) == 1 else f"sum({self._values}.values())"

    def _batch(self, indent: int, training: bool = False) -> Iterator[str]:
        """The fields of some samples; in training, what augmentations make of them."""
        space = INDENT * indent
        if len(self.fields) == 1:
            yield f"{space}{self._variables} = data[index].to(device)"
        elif self.fields:
            yield f"{space}{self._variables} = (field[index].to(device) for field in data)"
        if self.drawn and not training:
            yield f"{space}generator = torch.Generator().manual_seed(index[0].item())"
        wanted = self._wanted()
        for node, function in self.drawn.items():
            assert function is not None, "what is drawn is drawn by a function"
            settings = self.sources[node].settings
            yield f"{space}drawn = {printed.call(function, 'len(index)', 'generator', settings=settings)}"
            for key, variable in wanted.items():
                if key.partition(".")[0] == node:
                    yield f'{space}{self._local(variable)} = drawn["{key.partition(".")[2]}"].to(device)'
        for step, made in self.transforms:
            arrives = self._local(self.plan.graph.variables[step.reads])
            gives = self._local(self.plan.graph.variables[Ref(step.node, "output")])
            if training:
                yield f"{space}{gives} = {printed.call(made, arrives, 'generator', settings=step.settings)}"
            elif gives != arrives:
                yield f"{space}{gives} = {arrives}"

    def _measure(self) -> Iterator[str]:
        yield "def measure(model, data, learn, device):"
        yield from docstring("Lets each layer that standardizes take mean and deviation of what arrives there.")
        yield f"{INDENT}model.eval()"
        yield f'{INDENT}for layer in [layer for layer in model.modules() if hasattr(layer, "fit")]:'
        yield f"{INDENT * 2}arrived = []"
        yield f"{INDENT * 2}hook = layer.register_forward_pre_hook(lambda _, values: arrived.append(values[0]))"
        yield f"{INDENT * 2}with torch.no_grad():"
        yield f"{INDENT * 3}for index in learn.split(BATCH_SIZE * 4):"
        yield from self._batch(4)
        yield f"{INDENT * 4}model({self._inputs})"
        yield f"{INDENT * 2}hook.remove()"
        yield f"{INDENT * 2}layer.fit(torch.cat(arrived))"
        yield f"{INDENT}model.train()"

    def _check(self) -> Iterator[str]:
        yield "def check(model, losses, data, held_out, device):"
        what = "Loss and accuracy" if self.accuracy else "Loss"
        yield from docstring(f"{what} on the samples that were held out.")
        counted = self.accuracy and any(self._target_sizes)
        names = ["total", *(["right"] if self.accuracy else []), *(["decisions"] if counted else [])]
        yield f"{INDENT}{' = '.join(names)} = 0"
        yield f"{INDENT}model.eval()"
        yield f"{INDENT}with torch.no_grad():"
        yield f"{INDENT * 2}for index in held_out.split(BATCH_SIZE * 4):"
        yield from self._batch(3)
        yield self._forward(3)
        yield f"{INDENT * 3}total += {self._loss}.item() * len(index)"
        if self.accuracy:
            assert self.decision is not None
            scores = self._local(self.plan.outputs[self.decision.output].variable)
            target = self._local(next(f.variable for f in self.fields if f.key == self.decision.target))
            yield f"{INDENT * 3}right += ({scores}.argmax(-1) == {target}).sum().item()"
            if counted:
                yield f"{INDENT * 3}decisions += {target}.numel()"
        yield f"{INDENT}model.train()"
        share = f", right / {'decisions' if counted else 'len(held_out)'}" if self.accuracy else ""
        yield f"{INDENT}return total / len(held_out){share}"

    @property
    def _target_sizes(self) -> tuple[int, ...]:
        """How many classes there are to be told for each sample."""
        assert self.decision is not None
        return self.data.shapes[self.decision.target].sizes

    def _train(self) -> Iterator[str]:
        one = INDENT
        yield "def train():"
        yield from docstring("Trains a fresh model and gives it.")
        yield from self._beginning()
        simple = len(self.turns) == 1 and self.turns[0].updates is None
        yield from (self._optimizer() if simple else self._optimizers())
        if self.measures:
            yield f"{one}measure(model, data, learn, device)"
        yield f"{one}torch.manual_seed(SEED)"
        yield f"{one}for epoch in range(EPOCHS):"
        yield f"{one * 2}total = 0.0"
        yield f"{one * 2}for {'index, generator' if self.draws else 'index'} in batches(learn, epoch):"
        yield from self._batch(3, training=True)
        yield from (self._step() if simple else self._steps())
        yield from self._tell()
        yield f"{one}return model"

    def _beginning(self) -> Iterator[str]:
        one, recipe = INDENT, self.recipe
        threads = worth_threads(self.net, recipe)
        if threads is not None:  # another number adds up in another order, and so gives other numbers
            yield f"{one}# As many as Netloom takes: one core stays free."
            yield f'{one}free = 0 if "OMP_NUM_THREADS" in os.environ else 1'
            yield f"{one}torch.set_num_threads(max(1, min({threads}, torch.get_num_threads() - free)))"
        chosen = '"cuda" if torch.cuda.is_available() else "cpu"' if recipe.device == "auto" else f'"{recipe.device}"'
        yield f"{one}device = torch.device({chosen})"
        gives = "data, parts" if self.parts else "data"
        yield f"{one}{gives} = load_data()" if self.fields else f"{one}data = ()  # all of it is drawn anew"
        place = next((number for number, field in enumerate(self.fields) if field.key == self.label), 0)
        first = "data" if len(self.fields) == 1 else f"data[{place}]"
        count = f"len({first})" if self.fields else "SAMPLES"
        if self.parts:
            yield from self._parts(first, count)
        elif recipe.validation > 0:
            yield f"{one}learn, held_out = split({first if self.label else count})"
        else:
            yield f"{one}learn = torch.arange({count})"
        yield f"{one}torch.manual_seed(SEED)"
        yield f"{one}model, losses = {self.plan.class_name}().to(device), Losses().to(device)"
        if any(parameter.ndim == 4 for parameter in self.parameters):
            yield f'{one}if device.type == "cpu":  # convolutions are faster there with the channels last'
            if any(parameter.ndim == 5 for parameter in self.parameters):
                yield f"{one * 2}for weight in (weight for weight in model.parameters() if weight.ndim == 4):"
                yield f"{one * 3}weight.data = weight.data.to(memory_format=torch.channels_last)"
            else:
                yield f"{one * 2}model.to(memory_format=torch.channels_last)"

    def _parts(self, first: str, count: str) -> Iterator[str]:
        """Which samples are learned from and held out, where the data brings parts of its own."""
        one, known = INDENT, self.data.parts
        if "train" in known:
            yield f'{one}learn = torch.as_tensor(parts["train"])'
        else:
            yield f"{one}rest = torch.ones({count}, dtype=torch.bool)"
            for name in known:
                yield f'{one}rest[torch.as_tensor(parts["{name}"])] = False'
            yield f"{one}learn = rest.nonzero().flatten()"
        if self.splits:
            yield f"{one}trained, held_out = split({f'{first}[learn]' if self.label else 'len(learn)'})"
            yield f"{one}learn, held_out = learn[trained], learn[held_out]"
        elif self.recipe.validation > 0:
            yield f'{one}held_out = torch.as_tensor(parts["validation"])'

    def _made(self, parameters: str) -> str:
        """The optimizer of the recipe."""
        recipe = self.recipe
        options = ["lr=LEARNING_RATE"]
        if recipe.optimizer == "SGD":
            options.append(f"momentum={recipe.momentum!r}")
        if recipe.weight_decay:
            options.append(f"weight_decay={recipe.weight_decay!r}")
        return f"torch.optim.{recipe.optimizer}({', '.join([parameters, *options, 'fused=True'])})"

    def _optimizer(self) -> Iterator[str]:
        parameters = "model.parameters()"
        if not all(parameter.requires_grad for parameter in self.parameters):
            yield f"{INDENT}weights = [weight for weight in model.parameters() if weight.requires_grad]  # not frozen"
            parameters = "weights"
        yield f"{INDENT}optimizer = {self._made(parameters)}"

    def _step(self) -> Iterator[str]:
        yield f"{INDENT * 3}optimizer.zero_grad()"
        yield self._forward(3)
        yield f"{INDENT * 3}loss = {self._loss}"
        yield f"{INDENT * 3}loss.backward()"
        yield f"{INDENT * 3}optimizer.step()"
        yield f"{INDENT * 3}total += loss.item() * len(index)"

    def _optimizers(self) -> Iterator[str]:
        yield f"{INDENT}turns = []  # losses that are added up, the weights they train, and the optimizer of those"
        yield f"{INDENT}for names, layers in ("
        for turn in self.turns:
            yield f"{INDENT * 2}({_names(turn.losses)}, {_layers(turn)}),"
        yield f"{INDENT}):"
        yield f"{INDENT * 2}weights = ["
        yield f"{INDENT * 3}weight"
        yield f"{INDENT * 3}for name, weight in model.named_parameters()"
        yield f'{INDENT * 3}if weight.requires_grad and (not layers or name.split(".")[0] in layers)'
        yield f"{INDENT * 2}]"
        yield f"{INDENT * 2}turns.append((names, weights, {self._made('weights')}))"

    def _steps(self) -> Iterator[str]:
        yield f"{INDENT * 3}for names, weights, optimizer in turns:"
        yield f"{INDENT * 4}optimizer.zero_grad()"
        yield self._forward(4)
        yield f"{INDENT * 4}values = {self._values}"
        yield f"{INDENT * 4}loss = sum(values[name] for name in names)"
        yield f"{INDENT * 4}loss.backward(inputs=weights)"
        yield f"{INDENT * 4}optimizer.step()"
        yield f"{INDENT * 4}total += loss.item() * len(index)"

    def _tell(self) -> Iterator[str]:
        two = INDENT * 2
        shown = 'print(f"epoch {epoch + 1}: loss {total / len(learn):.4f}'
        if self.recipe.validation == 0:
            yield f'{two}{shown}")'
            return
        yield f"{two}{'loss, accuracy' if self.accuracy else 'loss'} = check(model, losses, data, held_out, device)"
        more = ", accuracy {accuracy:.1%}" if self.accuracy else ""
        yield f'{two}{shown}, held out {{loss:.4f}}{more}")'


def _names(losses: Sequence[str]) -> str:
    return repr(list(losses)).replace("'", '"')


def _layers(turn: Objective) -> str:
    return _names(turn.updates or ())


def _broken(rows: Iterator[str]) -> list[str]:
    return [part for row in rows for part in broken(row)]
