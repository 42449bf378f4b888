"""Functions of a training program that do not depend on its model: the parts of the data, the numbers of an epoch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from app.core.compile.lines import INDENT, broken, docstring, numbers_in_rows
from app.core.compile.objectives import samples_of_step
from app.core.compile.plan import Plan, PlanSource
from app.core.compile.source import plain
from app.core.graph.recipe import Recipe
from app.data import folds, printed_functions, splits
from app.data.joined import ENDLESS, JoinedFeed
from app.training.script_games import samples_of_games
from nodes.modules.sources import source_of

# Names in the functions of the program.
TAKEN = frozenset(
    """add agreed alike arrived as_seen average batch batches classes count data device divide divide_fold drawn epoch
    functional generator groups has_bfloat16 hook in_buckets index joint known layer layers learn lengths
    load_data longest losses lost main math measure metrics model nn number numbers optimizers order parts parts_of
    played player read readable rest right samples scaler schedules several split stopping sums target together
    torch total totals train trained trimmed trims unreadable validate validation values values_of weight weights
    without""".split()
)


def title(plan: Plan, packages: Iterable[str]) -> list[str]:
    """What the program is, and the packages that its data needs."""
    needed = " and ".join(dict.fromkeys(["torch", *filter(None, packages)]))
    return [
        f'"""{plain(plan.title)}, drawn with Netloom: the model and its training.',
        "",
        f"Needs {needed}.",
        "Trains to the same numbers as Netloom does, and leaves the weights in weights.pt.",
        '"""',
    ]


def constants(recipe: Recipe, indexed: bool, game: PlanSource | None) -> Iterator[str]:
    """The numbers at the top; ``indexed`` says that there are samples with numbers of their own, ``game`` is what is
    played instead."""
    yield f"EPOCHS = {recipe.epochs}"
    yield f"BATCH_SIZE = {recipe.batch_size}"
    if recipe.accumulate > 1:
        yield f"ACCUMULATE = {recipe.accumulate}  # batches whose gradients are added up for a step"
    yield f"SEED = {recipe.seed}"
    if recipe.validation > 0 and recipe.folds < 2:
        yield f"VALIDATION = {recipe.validation!r}  # share of the data that is kept out of training"
    if recipe.test > 0:
        yield f"TEST = {recipe.test!r}  # share that is not looked at either"
    if game is not None:
        yield samples_of_games(game, recipe)
    elif not indexed:
        yield f"SAMPLES = {ENDLESS}  # of an epoch; all of them are drawn anew"


def size_of_step(plan: Plan, recipe: Recipe) -> str:
    """How many samples stand behind a step, in the numbers at the top."""
    turn = samples_of_step(plan, recipe) // recipe.step_size
    said = "BATCH_SIZE * ACCUMULATE" if recipe.accumulate > 1 else "BATCH_SIZE"
    return f"{said} * {turn}" if turn > 1 else said


def divisions(folded: bool) -> list[printed_functions.PrintedFunction]:
    """The whole functions that divide the data."""
    whole = printed_functions.printed(splits.divide, "divide")
    return [whole, printed_functions.printed(folds.divide_fold, "divide_fold")] if folded else [whole]


def divided(
    data: JoinedFeed, recipe: Recipe, brings_parts: bool, labelled: bool, grouped: bool, first: str, count: str
) -> Iterator[str]:
    """Which samples are learned from and held out, by the whole function. ``first`` are the labels."""
    folded = recipe.folds > 1
    validation = "VALIDATION" if recipe.validation > 0 else "0"
    first_said = [count, "TEST" if recipe.test > 0 else "0", "SEED"]
    if folded:
        first_said = ["divide", f"{recipe.folds}", f"{recipe.fold}", *first_said]
    else:
        first_said.insert(1, validation)
    said = []
    if labelled:
        said.append(f"labels={first}")
    if grouped:
        said.append("groups=groups")
    if data.ordered:
        said.append("ordered=True")
        if data.overlap:
            said.append(f"overlap={data.overlap}")
    if data.without is not None:
        yield from numbers_in_rows(f"{INDENT}without = torch.tensor(", data.without.tolist())
        said.append("without=without")
    if brings_parts:
        said.append("parts=parts")
    gives = "learn, validation, _" if recipe.validation > 0 else "learn, _, _"
    if folded:
        yield f"{INDENT}known = dict({', '.join(said)})"
        yield f"{INDENT}{gives} = divide_fold({', '.join([*first_said, 'known'])})"
    else:
        yield f"{INDENT}{gives} = divide({', '.join([*first_said, *said])})"


def split_evenly(labelled: bool) -> Iterator[str]:
    """The short function that divides the data; ``labelled`` says that it has classes."""
    argument = "labels" if labelled else "count"
    yield f"def split({argument}):"
    kept = "of every class the same share" if labelled else "spread evenly"
    yield from docstring(f"The samples to learn from, and those that are held out to check the result: {kept}.")
    if labelled:
        yield f"{INDENT}count = len(labels)"
    yield f"{INDENT}order = torch.randperm(count, generator=torch.Generator().manual_seed(SEED))"
    if labelled:
        yield f"{INDENT}order = order[torch.argsort(labels[order], stable=True)]"
    yield f"{INDENT}validation = max(1, round(VALIDATION * count))"
    yield f"{INDENT}place = torch.arange(count)"
    yield f"{INDENT}chosen = (place + 1) * validation // count > place * validation // count  # like teeth of a comb"
    yield f"{INDENT}return order[~chosen].sort().values, order[chosen].sort().values"


def of_parts(data: JoinedFeed, recipe: Recipe, splits: bool, labelled: bool, first: str, count: str) -> Iterator[str]:
    """Which samples are learned from and held out, where the data brings parts of its own."""
    one, known = INDENT, data.parts
    if "train" in known:
        yield f'{one}learn = torch.as_tensor(parts["train"])'
    else:
        yield f"{one}rest = torch.ones({count}, dtype=torch.bool)"
        for name in known:
            yield f'{one}rest[torch.as_tensor(parts["{name}"])] = False'
        yield f"{one}learn = rest.nonzero().flatten()"
    if splits:
        yield f"{one}trained, validation = split({f'{first}[learn]' if labelled else 'len(learn)'})"
        yield f"{one}learn, validation = learn[trained], learn[validation]"
    elif recipe.validation > 0:
        yield f'{one}validation = torch.as_tensor(parts["validation"])'


def numbers_of(metrics: bool) -> Iterator[str]:
    """The functions that average what an epoch measures."""
    if metrics:
        yield "def add(sums, more):"
        yield from docstring("Adds up what the metrics count.")
        yield f"{INDENT}for name, value in more.items():"
        yield f"{INDENT * 2}sums[name] = sums.get(name, 0) + value"
        yield ""
        yield ""
    yield f"def numbers(part, total, samples{', sums' if metrics else ''}):"
    yield from docstring("The averages of an epoch, by name.")
    loss = 'f"{part}_loss": total / samples'
    if metrics:
        measured = '{f"{part}_{name}": value for name, value in metric_values(sums).items()}'
        yield f"{INDENT}return {{{loss}}} | {measured}"
    else:
        yield f"{INDENT}return {{{loss}}}"


def meeting(recipe: Recipe) -> Iterator[str]:
    """Where torchrun has started several processes, they meet."""
    yield f'{INDENT}several = int(os.environ.get("WORLD_SIZE", "1")) > 1'
    yield f"{INDENT}if several:"
    yield f"{INDENT * 2}torch.distributed.init_process_group()"
    if recipe.device != "cpu":
        yield f"{INDENT * 2}if torch.cuda.is_available():"
        yield f'{INDENT * 3}torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))'


def joined_by_others() -> Iterator[str]:
    """What several processes share a model by, and the end of the program, where the first one writes."""
    said = "# For several processes, which torchrun --standalone --nproc-per-node=2 FILE would start."
    yield from ("", "", said, "", "", *source_of("Joint").splitlines())
    yield from ("", "", 'if __name__ == "__main__":', f"{INDENT}trained = train()")
    yield f'{INDENT}if int(os.environ.get("RANK", "0")) == 0:'
    yield f'{INDENT * 2}torch.save(trained.state_dict(), "weights.pt")'
    # Else a thread of gloo now and then aborts the program on its way out; see ``processes.ended``.
    yield f"{INDENT}if torch.distributed.is_initialized():"
    yield f"{INDENT * 2}torch.distributed.destroy_process_group()"


def broken_rows(rows: Iterator[str]) -> list[str]:
    """The rows, those that are too long on several lines."""
    return [part for row in rows for part in broken(row)]
