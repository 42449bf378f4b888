"""Will a training fit in memory? An estimate from the drawing and its recipe alone; torch is not asked.

What a training step holds at its fullest moment::

    weights + gradients + optimizer state + batch · (values kept for the way back + 2 · largest value)

- Weights: four bytes each (float32). Gradients: as much for each weight that is trained; frozen ones have none.
- Optimizer state: so many numbers for each trained weight as its declaration says (``nodes/optimizers``). A loss that
  trains layers of its own, or asks for an optimizer of its own, has that one; weights that two of them train in turn
  have the state of both.
- Values kept for the way back: see ``saved_tensors.py``. The batch itself is among them.
- The largest value twice: on its way back its gradient stands beside the gradient of what it was made from; before
  that, the value that is being made stands beside those that are kept.
- Held-out samples go forward in batches ``VALIDATION_BATCHES`` times as large, without anything being kept; where that
  takes more than a step (shallow nets), it counts instead.
- Room to work in: a step's values beyond ``TINY`` once more, at most ``MOST_SPARE``. Small nets train faster where the
  process keeps what torch frees, and a heap that is kept has holes (``heap.py``) where values come and go; weights
  stay. Next to what a large net takes it is little.
- Holes: in such a kept heap each tensor of 2 MB or more begins at a multiple of 2 MB (``heap.large_pages``) and leaves
  half of a large page before it, on average. How much really is lost depends on where the system puts the heap: the
  same net grew by 71 to 96 MB. Only up to what is kept at most (``heap.SMALL``).
- What torch asks for and never writes to, as oneDNN does for an LSTM, is allocated but takes no memory.

Assumptions: float32 throughout; the optimizers of ``app.training``; the batch is full. Not counted: the data set,
running means of normalizations, and what torch itself takes once it is loaded. A process may grow by up to a quarter
more (``MARGIN``); it fits only where there is room for that too.
Next to what torch really allocates on a CPU the estimate is 0.9 to 1.4 times as much, room to work in
aside (``tests/core/test_memory.py``); what a process grows by is measured in ``tests/benchmarks/growth.py``.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from app.core.checks.problems import Problem, SetTraining
from app.core.compile.objectives import BadObjective, Objective, served
from app.core.graph.model import Node, Project
from app.core.graph.recipe import VALIDATION_BATCHES, Recipe
from app.core.graph.shared_weights import weights_owner
from app.core.heap import SMALL
from app.core.inference import GraphReport, NodeReport, Report
from app.core.machine import FreeMemory
from app.core.saved_tensors import SavedTensors, saved_at, saved_by
from nodes.api.registry import find
from nodes.api.saves import FLOAT

MARGIN = 1.25  # how much more than what torch allocates a process may come to take, besides room to work in
TINY, MOST_SPARE = 6 * 2**20, 24 * 2**20  # bytes
LARGE_PAGE = 2 * 2**20  # bytes; tensors from here on begin at a multiple of it


@dataclass(frozen=True, slots=True)
class Memory:
    """Bytes that a training takes. ``sample`` is what one sample more in the batch adds; ``spare`` is room to work
    in, for holes in the heap among others. ``untouched`` is what torch asks for in addition for each sample, but leaves
    as it is: no memory is lent for it. ``step`` is what a step of training takes of ``sample``."""

    weights: int
    gradients: int
    optimizer: int
    sample: int
    batch: int
    spare: int = 0
    untouched: int = 0
    step: int = field(default=0, compare=False)

    @property
    def values(self) -> int:
        """Values of the whole batch."""
        return self.sample * self.batch

    @property
    def total(self) -> int:
        """Everything together."""
        return self._taken + self.spare

    @property
    def _taken(self) -> int:
        return self.weights + self.gradients + self.optimizer + self.values

    @property
    def allocated(self) -> int:
        """What torch allocates."""
        return self._taken + self.untouched * self.batch

    def fits(self, room: FreeMemory) -> bool:
        """Whether there is room for it."""
        return self._taken * MARGIN + self.spare <= room.free

    def largest_batch(self, room: FreeMemory) -> int:
        """The largest batch that there is room for, a power of two; 0 if there is none for a single sample."""
        # In a smaller batch pieces may be used again, which have been written to.
        sample = (self.sample + self.untouched) * MARGIN
        left = room.free - (self._taken - self.values) * MARGIN
        if sample <= 0:
            return _power_of_two(self.batch)
        most = left / sample
        if self.spare:  # a smaller batch needs less of it
            most = min(most, max((left - MOST_SPARE) / sample, (left + TINY) / (sample + self.step + self.untouched)))
        return _power_of_two(int(most))


def _power_of_two(count: int) -> int:
    """The largest one up to there; 0 if there is none."""
    return 1 << (count.bit_length() - 1) if count > 0 else 0


def estimate(project: Project, report: Report) -> Memory:
    """What training this drawing with its recipe takes; what is not known because of problems does not count."""
    kept = saved_by(report.main)
    memory = replace(of_recipe(kept, project.recipe), optimizer=_states(kept, report.main, project.recipe))
    spare = min(max(memory.step * memory.batch - TINY, 0), MOST_SPARE)
    left = max(SMALL - memory.total - spare, 0)  # in a larger training no large piece stays in the heap
    return replace(memory, spare=spare + min(_holes(kept, memory), left))


def _holes(kept: SavedTensors, memory: Memory) -> int:
    """Bytes that large tensors leave unused before them in a heap that is kept."""
    copies = (memory.weights + memory.gradients + memory.optimizer) / max(memory.weights, 1)
    tensors = copies * sum(size >= LARGE_PAGE for size in kept.tensors)
    values = sum(size * memory.batch >= LARGE_PAGE for size in kept.pieces)
    return int((tensors + values) * LARGE_PAGE / 2)


def of_node(node: Node, known: NodeReport, recipe: Recipe) -> Memory:
    """What one layer or block takes in a training: its own weights, and its values for a batch."""
    kept = saved_at(node, known)
    return of_recipe(replace(kept, largest=0), replace(recipe, validation=0.0))


def _states(kept: SavedTensors, main: GraphReport, recipe: Recipe) -> int:
    """Bytes of the state of all optimizers; that of the recipe alone where losses ask for what cannot be made."""
    graph, losses = main.graph, {}
    for name, node in graph.nodes.items():
        layer = find(node.type)
        if layer is not None and layer.role == "loss" and not node.bypassed:
            losses[name] = layer.settings(node.params)
    owners = {node.name: (weights_owner(graph, node) or node).name for node in graph.nodes.values()}
    try:
        chosen = [(each.updates, *each.optimizer(recipe)) for each in served(losses, owners)]
    except BadObjective:
        chosen = []
    if not chosen:
        chosen = [(None, *Objective(()).optimizer(recipe))]
    total = 0
    for updates, optimizer, settings in chosen:
        trained = kept.trained
        if updates is not None:
            trained = sum(
                saved_at(graph.nodes[name], main.nodes[name]).trained for name in updates if name in main.nodes
            )
        total += trained * FLOAT * optimizer.keeps(settings)
    return total + (kept.trained * FLOAT if recipe.average else 0)


def of_recipe(kept: SavedTensors, recipe: Recipe) -> Memory:
    """What a training with this recipe takes, for a net that keeps so much."""
    trained = kept.trained * FLOAT
    chosen = recipe.optimizer_named()
    states = chosen.keeps(recipe.settings_of(chosen)) + (recipe.average > 0)
    # Pieces that stay with the process have been written to by somebody; only fresh ones are lent when they are used.
    untouched = kept.untouched if kept.values * recipe.batch_size > SMALL else 0
    sample = step = kept.values - untouched + 2 * kept.largest
    if recipe.validation:
        sample = max(sample, VALIDATION_BATCHES * (2 * kept.largest + kept.entering))
    weights = (kept.trained + kept.frozen) * FLOAT
    return Memory(weights, trained, trained * states, sample, recipe.batch_size, untouched=untouched, step=step)


def size_text(size: float) -> str:
    """Bytes for reading, in the units that torch and the system's tools count memory in: ``15 GiB``, ``1.2 GiB``,
    ``640 MiB``, ``12 KiB``. 1 MiB is 2²⁰ bytes."""
    for limit, unit in ((2**40, "TiB"), (2**30, "GiB"), (2**20, "MiB"), (2**10, "KiB")):
        if size >= limit * 0.95:
            return f"{size / limit:,.0f} {unit}" if size >= 9.95 * limit else f"{size / limit:.1f} {unit}"
    return f"{size:,.0f} bytes"


def of_text(size: int, whole: int) -> str:
    """Bytes of bytes: ``1.2 of 15 GiB``, ``640 MiB of 15 GiB``."""
    part, all_of_it = size_text(size), size_text(whole)
    unit = all_of_it.rsplit(" ", 1)[-1]
    return f"{part.removesuffix(' ' + unit)} of {all_of_it}" if part.endswith(unit) else f"{part} of {all_of_it}"


def refusal(memory: Memory, room: FreeMemory, where: str) -> str:
    """Why it will not fit and what would help, in sentences; empty if it fits. ``where`` names the device."""
    if memory.fits(room):
        return ""
    batch = memory.largest_batch(room)
    said = f"Training takes about {size_text(memory.total)}, but {where} has {size_text(room.free)} free."
    if 0 < batch < memory.batch:
        return f"{said} Use a batch size of {batch:,}."
    return f"{said} Even one sample at a time is too much: use fewer or smaller layers, or smaller images."


def too_little(memory: Memory, room: FreeMemory | None, where: str) -> Problem | None:
    """A note for a training that will not fit, with the batch that would; None if it fits, or nobody knows."""
    sentence = refusal(memory, room, where) if room is not None and memory.gradients else ""
    if room is None or not sentence:
        return None
    batch = memory.largest_batch(room)
    return Problem("", sentence, "memory", (SetTraining("batch_size", batch),) if 0 < batch < memory.batch else ())
