"""Prints a drawing as a program of its own: the generated file, and behind it what loads data and calls its functions.

How a step is taken stands in the generated file alone, which the program executes too; here is the order of the data
and of the calls, as ``loop.py`` has it. A test runs both and compares the weights bit by bit.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch

from app.core.compile import later
from app.core.compile.lines import INDENT, docstring, imports, numbers_in_rows
from app.core.compile.net import CompiledNet
from app.core.compile.objectives import BadObjective, objectives, samples_of_step
from app.core.compile.plan import Plan
from app.core.graph.recipe import Recipe
from app.data import printed_functions
from app.training import batches, script_buckets, script_games
from app.training.preparation import answers_of, steps_of_fit
from app.training.refusal import CannotTrain
from app.training.script_parts import (
    TAKEN,
    broken_rows,
    constants,
    divided,
    divisions,
    joined_by_others,
    meeting,
    numbers_of,
    of_parts,
    size_of_step,
    split_evenly,
    title,
)
from app.training.threads import worth_threads


def print_script(net: CompiledNet, recipe: Recipe) -> str:
    """The program for a drawing that can be trained.

    Raises:
        CannotTrain: if it has no loss, or its data cannot be loaded without us.
        NoData: if its data cannot be had here.
    """
    return "\n".join(_Writer(net.with_recipe(recipe), recipe).rows()) + "\n"


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
        self.recipe = recipe = net.plan.recipe
        if not self.plan.losses:
            raise CannotTrain("This drawing has no loss, so there is no training to write down. Add a loss.")
        self.data = batches.load(self.plan)
        self.game = script_games.game_of(net)
        read = {key.partition(".")[0] for key in batches.read_keys(self.plan)} - {self.game.node if self.game else ""}
        self.sources = {source.node: source for source in self.plan.sources}
        parted = next((node for node, feed in self.data.feeds.items() if feed.parts), "")
        read |= {parted} - {""} | {node for node, feed in self.data.feeds.items() if feed.trims}
        wanted = [source for source in self.plan.sources if source.node in read]
        made = {source.node: printed_functions.script_of(source, source.node == parted) for source in wanted}
        self.parts = made[parted][0].parts if parted else ""
        if parted and not self.parts:
            raise CannotTrain("Its own lines for a program do not say which parts its data has.", parted)
        self.drawn = {n: made[n][1] for n in made if self.data.feeds[n].length is None}
        self.scripts = {node: script for node, (script, _) in made.items() if node not in self.drawn}
        self.transforms = [(step, printed_functions.transform_of(step)) for step in self.plan.augmentations]
        called = [function for _, function in made.values() if function is not None]
        self.functions = list(dict.fromkeys([*called, *(function for _, function in self.transforms)]))
        self.called = {function.name for function in self.functions}
        self.draws = self.data.draws
        self.fields = self._fields()
        label = batches.label_of(self.plan)
        self.label = label if label is not None and label.partition(".")[0] in self.scripts else None
        self.relabelled = {
            f"{node}.{name}": changed
            for node in self.scripts
            for name, changed in self.data.feeds[node].relabelled.items()
        }
        self.grouped = next((node for node, feed in self.data.feeds.items() if feed.groups is not None), "")
        if self.grouped and self.splits and not self.groups:
            raise CannotTrain(
                "Its own lines for a program do not say which samples belong together, so that the program could not "
                "hold out the same ones.",
                self.grouped,
            )
        self.whole = self._needs_all_of_the_division()
        self.steps = net.functions
        try:
            for objective in objectives(self.plan):
                objective.optimizer(recipe)
        except BadObjective as bad:
            raise CannotTrain(str(bad), bad.node) from None
        with later.meta_device():
            self.modules = list(net.model().modules())
        self.parameters = list(self.modules[0].parameters())

    @property
    def measures(self) -> bool:
        """Whether a layer takes numbers from the training data before the first step."""
        return any(callable(getattr(module, "fit", None)) for module in self.modules)

    @property
    def of_answers(self) -> bool:
        """Whether a layer measures the answers, and not what arrives there."""
        return any(getattr(module, "of_answers", False) for module in self.modules)

    @property
    def splits(self) -> bool:
        """Whether samples are held out that the data itself does not hold out."""
        shares = {"validation": self.recipe.validation, "test": self.recipe.test}
        return any(share > 0 and name not in self.data.parts for name, share in shares.items())

    @property
    def buckets(self) -> bool:
        """Whether samples of like length are trained together."""
        return any(script.lengths for script in self.scripts.values())

    @property
    def unreadable(self) -> str:
        """The list in the program of samples that could not be read; empty where all can be."""
        named = [script.unreadable for script in self.scripts.values() if script.unreadable]
        return "lost" if named and len(self.scripts) > 1 else "".join(named)

    @property
    def _readable(self) -> str:
        """What the functions of the program are given to leave such samples out."""
        return ", readable" if self.unreadable else ""

    def _left(self, indent: int) -> Iterator[str]:
        """Leaves them out of a batch."""
        if self.unreadable:
            yield f"{INDENT * indent}index = index[readable[index]]"
            yield f"{INDENT * indent}if not len(index):"
            yield f"{INDENT * (indent + 1)}continue"

    def _number(self, samples: str) -> str:
        """How many there are of them."""
        return f"int(readable[{samples}].sum())" if self.unreadable else f"len({samples})"

    @property
    def groups(self) -> str:
        """The expression of which samples belong together; empty if none do."""
        return self.scripts[self.grouped].groups if self.grouped in self.scripts else ""

    def _needs_all_of_the_division(self) -> bool:
        """Whether the short way to divide the data, which the program shows to most readers, divides it in another
        way than the training does."""
        if (
            self.recipe.test > 0
            or self.recipe.folds > 1
            or self.grouped
            or self.data.ordered
            or self.data.without is not None
        ):
            return True
        if not self.splits or self.data.parts or self.label is None:
            return False
        validation = batches.divide(self.plan, self.data, self.recipe.validation, self.recipe.seed).validation
        return len(validation) != max(1, round(self.recipe.validation * self.data.length))

    def rows(self) -> list[str]:
        """The whole program."""
        source = self.net.source
        classes = source.text.splitlines()[source.header :]
        writers = [
            self._load_data if self.fields else None,
            (lambda: split_evenly(bool(self.label))) if self.splits and not self.whole else None,
            self._batches,
            self._measure if self.measures else None,
            lambda: numbers_of(self.metrics),
            self._validate if self.recipe.validation > 0 else None,
            self._train,
        ]
        rows = [row for each in writers if each is not None for row in ("", "", *broken_rows(each()))]
        rows += joined_by_others()
        functions = [*self.functions, *(divisions(self.recipe.folds > 1) if self.whole else [])]
        functions += script_buckets.functions() if self.buckets else []
        rows = [row for function in functions for row in ("", "", *function.rows)] + rows
        more = [line for script in self.scripts.values() for line in script.imports]
        more += [line for function in functions for line in function.imports if line != "import torch"]
        if any("os.environ" in row for row in rows):
            more.append("import os")
        first = constants(self.recipe, bool(self.fields), self.game)
        # Functions of sources stand there with the types of their files, whose names would have to be imported.
        typed = any(line.startswith("def ") for script in self.scripts.values() for line in script.lines)
        later = ["from __future__ import annotations", ""] if typed else []
        packages = [script.package for script in self.scripts.values()]
        header = [*title(self.plan, packages), "", *later, *imports([*classes, *rows], more), "", *first]
        return [*header, *classes, *rows]

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

    def _local(self, variable: str) -> str:
        """A variable of the drawing in the program's functions, where some names are taken."""
        return f"{variable}_" if variable in TAKEN or variable in self.called else variable

    def _load_data(self) -> Iterator[str]:
        yield "def load_data():"
        told = (printed_functions.about(self.sources[node], self.data.feeds[node].length) for node in self.scripts)
        yield from docstring(" ".join(told))
        if len(self.scripts) == 1:
            (script,) = self.scripts.values()
            yield from (INDENT + line if line else "" for line in script.lines)
            yield from self._trims(*self.scripts)
            values = {field.key: field.value for field in self.fields}
        else:
            if self.unreadable:
                yield f"{INDENT}{self.unreadable} = []"
            if self.buckets:
                yield f"{INDENT}trims = []"
            for node, script in self.scripts.items():
                yield from (INDENT + line if line else "" for line in script.lines)
                yield from self._trims(node)
                for field in self.fields:
                    if field.key.partition(".")[0] == node:
                        yield f"{INDENT}{self._local(field.variable)} = {field.value}"
                if script.unreadable:
                    yield f"{INDENT}lost += {script.unreadable}"
            values = {field.key: self._local(field.variable) for field in self.fields}
        relabelled = {key: changed for key, changed in self.relabelled.items() if key in values}
        more = [each for each in (self.parts, self.groups if self.whole else "") if each]
        more += ["readable"] * bool(self.unreadable) + ["trims"] * self.buckets
        yield f"{INDENT}{'data =' if more or relabelled else 'return'} {{"
        yield from (f'{INDENT * 2}"{key}": {value},' for key, value in values.items())
        yield f"{INDENT}}}"
        for key, (numbers, classes) in relabelled.items():
            yield f"{INDENT}# Classes that were corrected by hand, of the samples with these numbers."
            yield from numbers_in_rows(f"{INDENT}numbers = torch.tensor(", numbers.tolist())
            yield from numbers_in_rows(f"{INDENT}classes = torch.tensor(", classes.tolist())
            yield f'{INDENT}data["{key}"] = data["{key}"].index_put((numbers,), classes)'
        if self.unreadable:
            yield f"{INDENT}readable = torch.ones(len(next(iter(data.values()))), dtype=torch.bool)"
            yield f"{INDENT}readable[{self.unreadable}] = False"
        if more or relabelled:
            yield f"{INDENT}return {', '.join(['data', *more])}"

    def _trims(self, node: str) -> Iterator[str]:
        read = {field.key for field in self.fields}
        return script_buckets.trims(node, self.scripts[node], read, len(self.scripts) > 1)

    @property
    def _lengths(self) -> str:
        """What the batches are given to hold samples of like length."""
        return ", lengths" * self.buckets

    def _batches(self) -> Iterator[str]:
        yield f"def batches(learn{self._lengths}, epoch):"
        more = " of samples that are alike in length" * self.buckets
        more += ", each with what its random numbers come from" * self.draws
        yield from docstring(f"The training samples in a new order, in batches{more}.")
        yield f"{INDENT}generator = torch.Generator().manual_seed(SEED * 1_000_003 + epoch)"
        yield f"{INDENT}order = learn[torch.randperm(len(learn), generator=generator)]"
        size = size_of_step(self.plan, self.recipe)
        yield from [f"{INDENT}order = alike(order, lengths, {size}, generator)"] * self.buckets
        yield f"{INDENT}pieces = list(order.split({size}))"
        if samples_of_step(self.plan, self.recipe) > 1:
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
        return ", ".join(f'batch["{entry.node}.{entry.port}"]' for entry in self.plan.inputs)

    def _batch(self, indent: int, training: bool = False) -> Iterator[str]:
        """The fields of some samples by name; in training, what augmentations make of them."""
        space = INDENT * indent
        if self.game is not None:
            yield from (space + row for row in script_games.played_batch(self.game.node))
            return
        if self.fields:
            yield f"{space}batch = {{name: values[index].to(device) for name, values in data.items()}}"
        else:
            yield f"{space}batch = {{}}"
        if self.buckets and training:
            yield f"{space}batch = trimmed(batch, index, trims)"
        if self.drawn and not training:
            yield f"{space}generator = torch.Generator().manual_seed(index[0].item())"
        for node, function in self.drawn.items():
            assert function is not None, "what is drawn is drawn by a function"
            settings = self.sources[node].settings
            yield f"{space}drawn = {printed_functions.call(function, 'len(index)', 'generator', settings=settings)}"
            for key in self._wanted():
                if key.partition(".")[0] == node:
                    yield f'{space}batch["{key}"] = drawn["{key.partition(".")[2]}"].to(device)'
        for step, made in self.transforms:
            gives = [f'batch["{ref.node}.{ref.port}"]' for ref in step.passes]
            arrives = [f'batch["{ref.node}.{ref.port}"]' for ref in step.passes.values()]
            if step.classes:
                yield f"{space}{gives[1]} = functional.one_hot({arrives[1]}, {step.classes}).float()"
                arrives[1] = gives[1]
            if training:
                given = printed_functions.call(made, *arrives, "generator", settings=step.settings)
                yield f"{space}{', '.join(gives)} = {given}"
            else:
                yield from (f"{space}{to} = {value}" for to, value in zip(gives, arrives, strict=True) if to != value)

    def _measure(self) -> Iterator[str]:
        yield f"def measure(model, data, learn{self._readable}, device):"
        yield from docstring("Lets each layer that standardizes take mean and deviation of what arrives there.")
        yield f"{INDENT}model.eval()"
        told = answers_of(self.net) if self.of_answers else ""
        which = 'hasattr(layer, "fit")'
        if self.of_answers and not told:  # there are no numbers to be told, so these stay as they are
            which += ' and not hasattr(layer, "of_answers")'
        layers = f"[layer for layer in model.modules() if {which}]"
        steps = self._steps_of_fit()
        if max(steps) > 1:  # of so much data not every sample
            yield f"{INDENT}for layer, step in zip({layers}, {steps}):"
        else:
            yield f"{INDENT}for layer in {layers}:"
        yield f"{INDENT * 2}arrived = []"
        yield f"{INDENT * 2}hook = layer.register_forward_pre_hook(lambda _, values: arrived.append(values[0]))"
        yield f"{INDENT * 2}with torch.no_grad():"
        some = "learn[::step]" if max(steps) > 1 else "learn"
        yield f"{INDENT * 3}for index in {some}.split(BATCH_SIZE * 4):"
        yield from self._left(4)
        yield from self._batch(4)
        if told:
            yield f'{INDENT * 4}if getattr(layer, "of_answers", False):'
            yield f'{INDENT * 5}arrived.append(batch["{told}"])'
            yield f"{INDENT * 5}continue"
        yield f"{INDENT * 4}model({self._inputs})"
        yield f"{INDENT * 2}hook.remove()"
        yield f"{INDENT * 2}layer.fit(torch.cat(arrived))"
        yield f"{INDENT}model.train()"

    def _steps_of_fit(self) -> list[int]:
        """Of every how many samples each layer that measures takes one."""
        shares = self.recipe.validation, self.recipe.seed, self.recipe.test
        learn = batches.divide(self.plan, self.data, *shares).training
        samples = batches.DeviceData(self.data, torch.device("cpu"))
        told = answers_of(self.net)
        return steps_of_fit(
            self.net.model(),
            learn,
            lambda index: [self.net.inputs_from(samples.at(index))],
            (lambda index: [samples.at(index)[told]]) if told else None,
            without=self.of_answers and not told,
        ) or [1]

    @property
    def metrics(self) -> bool:
        """Whether anything is measured besides the loss."""
        return "metric_sums" in self.steps

    @property
    def _sums(self) -> str:
        return ", sums" if self.metrics else ""

    def _counted(self, indent: int) -> Iterator[str]:
        """Adds the numbers of a batch up."""
        yield f"{INDENT * indent}total += sum(value.item() for value in values.values()) * len(index)"
        if self.metrics:
            yield f"{INDENT * indent}add(sums, metric_sums(**read))"

    def _begin_sums(self, indent: int) -> str:
        return INDENT * indent + ("total, sums = 0.0, {}" if self.metrics else "total = 0.0")

    @property
    def _got(self) -> str:
        return "values, read" if self.metrics else "values, _"

    def _validate(self) -> Iterator[str]:
        yield f"def validate(model, losses, data, validation{self._readable}, device):"
        yield from docstring("The averages on the samples that were held out.")
        yield self._begin_sums(1)
        yield f"{INDENT}model.eval()"
        yield f"{INDENT}for index in validation.split(BATCH_SIZE * 4):"
        yield from self._left(2)
        yield from self._batch(2)
        yield f"{INDENT * 2}{self._got} = validation_step(model, losses, batch)"
        yield from self._counted(2)
        yield f"{INDENT}model.train()"
        yield f'{INDENT}return numbers("val", total, {self._number("validation")}{self._sums})'

    def _train(self) -> Iterator[str]:
        one, two, three = INDENT, INDENT * 2, INDENT * 3
        has = self.steps
        yield "def train():"
        yield from docstring("Trains a fresh model and gives it.")
        yield from self._beginning()
        yield f"{one}optimizers = make_optimizers(model)"
        if "make_schedules" in has:
            yield f"{one}schedules = make_schedules(optimizers, len(batches(learn{self._lengths}, 0)))"
        yield from [f"{one}stopping = make_stopping()"] * ("make_stopping" in has)
        yield from [f"{one}average = make_average(model)"] * ("make_average" in has)
        yield from [f"{one}scaler = make_scaler(device)"] * ("make_scaler" in has)
        yield from script_games.made_for_games(has)
        if self.measures:
            yield f"{one}measure(model, data, learn{self._readable}, device)"
        yield f"{one}joint = Joint(model) if several else model"
        yield f"{one}torch.manual_seed(SEED)"
        yield f"{one}for epoch in range(EPOCHS):"
        yield self._begin_sums(2)
        yield f"{two}for {'index, generator' if self.draws else 'index'} in batches(learn{self._lengths}, epoch):"
        yield from self._left(3)
        yield from self._batch(3, training=True)
        scaler = ", scaler" * ("make_scaler" in has) + ", target" * ("make_target" in has)
        yield f"{three}{self._got} = training_step(joint, losses, optimizers, batch{scaler})"
        yield from (three + row for row in script_games.after_step(has))
        yield from self._counted(3)
        yield f'{two}metrics = numbers("train", total, {self._number("learn")}{self._sums})'
        yield from [f"{two}{script_games.NUMBERS_OF_GAMES}"] * ("make_player" in has)
        swapped = "make_average" in has and (self.recipe.validation > 0 or "after_epoch" in has)
        if swapped:
            yield f"{two}average.swap()  # the mean of the weights is what is checked"
        if self.recipe.validation > 0:
            yield f"{two}metrics |= validate(joint, losses, data, validation{self._readable}, device)"
        if "after_epoch" in has:
            schedules = "schedules" if "make_schedules" in has else "{}"
            yield f"{two}after_epoch(model, {schedules}, {'stopping' if 'make_stopping' in has else 'None'}, metrics)"
        if swapped:
            yield f"{two}average.swap()"
        said = '", ".join(f"{name} {value:.4f}" for name, value in metrics.items())'
        yield f"{two}if not several or torch.distributed.get_rank() == 0:"
        yield f'{three}print(f"epoch {{epoch + 1}}:", {said})'
        if "make_stopping" in has:
            yield f"{two}if agreed(stopping.over, device) if several else stopping.over:"
            yield f"{three}break"
        if "make_average" in has:
            yield f"{one}average.swap()"
        if "make_stopping" in has:
            yield f"{one}stopping.finish(model)"
        yield f"{one}return model"

    def _beginning(self) -> Iterator[str]:
        one, recipe = INDENT, self.recipe
        threads = worth_threads(self.net, recipe)
        if threads is not None:  # another number adds up in another order, and so gives other numbers
            yield f"{one}# As many as Netloom takes: one core stays free."
            yield f'{one}free = 0 if "OMP_NUM_THREADS" in os.environ else 1'
            yield f"{one}torch.set_num_threads(max(1, min({threads}, torch.get_num_threads() - free)))"
        yield from meeting(recipe)
        chosen = '"cuda" if torch.cuda.is_available() else "cpu"' if recipe.device == "auto" else f'"{recipe.device}"'
        yield f"{one}device = torch.device({chosen})"
        also = {"parts": self.parts, "groups": self.whole and self.groups, "readable": self.unreadable}
        also["trims"] = "trims" if self.buckets else ""
        gives = ", ".join(["data", *(name for name, there in also.items() if there)])
        if self.fields or self.game is None:
            yield f"{one}{gives} = load_data()" if self.fields else f"{one}data = {{}}  # all of it is drawn anew"
        yield from [script_buckets.LENGTHS] * self.buckets
        first = f'data["{self.label or self.fields[0].key}"]' if self.fields else ""
        count = f"len({first})" if self.fields else "SAMPLES"
        if self.whole:
            yield from divided(
                self.data, self.recipe, bool(self.parts), bool(self.label), bool(self.groups), first, count
            )
        elif self.parts:
            yield from of_parts(self.data, self.recipe, self.splits, bool(self.label), first, count)
        elif recipe.validation > 0:
            yield f"{one}learn, validation = split({first if self.label else count})"
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
